"""The nouns of earning."""

from programs.models.adjustment import Adjustment
from programs.models.budget_closing import BudgetClosing
from programs.models.budget_transfer import BudgetTransfer
from programs.models.counted_day import CountedDay
from programs.models.department_budget import DepartmentBudget
from programs.models.event import Event
from programs.models.funding import Funding
from programs.models.low_budget import LowBudget
from programs.models.occasion import OccasionWatch
from programs.models.points_request import PointsRequest
from programs.models.programme import ApprovalStep, Programme
from programs.models.recognition import Allowance, AllowancePolicy, CompanyValue, Recognition
from programs.models.reversal import Reversal
from programs.models.rule import Rule, RuleVersion
from programs.models.rule_change import RuleChange
from programs.models.rule_simulation import RuleSimulation, SimulatedMatch
from programs.models.upload import Upload, UploadLayout, UploadPiece, UploadRow

__all__ = [
    "Adjustment",
    "Allowance",
    "AllowancePolicy",
    "ApprovalStep",
    "BudgetClosing",
    "BudgetTransfer",
    "CompanyValue",
    "CountedDay",
    "DepartmentBudget",
    "Event",
    "Funding",
    "LowBudget",
    "OccasionWatch",
    "PointsRequest",
    "Programme",
    "Recognition",
    "Reversal",
    "Rule",
    "RuleChange",
    "RuleSimulation",
    "RuleVersion",
    "SimulatedMatch",
    "Upload",
    "UploadLayout",
    "UploadPiece",
    "UploadRow",
]
