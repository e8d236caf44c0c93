"""Earning in the HR admin: programmes with their budgets, rules, and what was asked for, decided and credited."""

from programs.admin.adjustments import AdjustmentAdmin
from programs.admin.budget_records import BudgetClosingAdmin, BudgetTransferAdmin, DepartmentBudgetAdmin
from programs.admin.points_requests import PointsRequestAdmin
from programs.admin.programmes import ProgrammeAdmin
from programs.admin.recognitions import AllowanceAdmin, RecognitionAdmin
from programs.admin.records import EventAdmin, FundingAdmin
from programs.admin.reversals import ReversalAdmin
from programs.admin.rule_changes import RuleChangeAdmin
from programs.admin.rules import RuleAdmin
from programs.admin.simulations import RuleSimulationAdmin
from programs.admin.uploads import UploadAdmin

__all__ = [
    "AdjustmentAdmin",
    "AllowanceAdmin",
    "BudgetClosingAdmin",
    "BudgetTransferAdmin",
    "DepartmentBudgetAdmin",
    "EventAdmin",
    "FundingAdmin",
    "PointsRequestAdmin",
    "ProgrammeAdmin",
    "RecognitionAdmin",
    "ReversalAdmin",
    "RuleAdmin",
    "RuleChangeAdmin",
    "RuleSimulationAdmin",
    "UploadAdmin",
]
