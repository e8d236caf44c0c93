"""Why points were not given. The codes are the API's for ever; /problems/<code> shows these docstrings to callers."""

from api.errors import PointsOutOfRange, PortalError

__all__ = [
    "AlreadyCredited",
    "AlreadyReversed",
    "BudgetClosed",
    "DepartmentHasBudget",
    "ExternalIdConflict",
    "NotCredited",
    "NotEligible",
    "OverAllowance",
    "OverBudget",
    "OverPersonLimit",
    "OverProgrammeLimit",
    "OverRequestLimit",
    "OverReversal",
    "OwnRecognition",
    "OwnWallet",
    "PointsOutOfRange",
    "ProgrammeNotActive",
    "ReasonMissing",
    "RecipientInactive",
    "RuleUnchanged",
    "SameBudget",
    "SimulationClosed",
    "SimulationTooLarge",
    "TooManySimulations",
    "UnknownBudget",
    "UnknownProgramme",
    "UnknownRecipient",
    "UnknownValue",
    "UnreadableUpload",
    "UploadClosed",
    "UploadHasBadRows",
    "UploadHasNoRows",
    "YearClosed",
]


class UnknownProgramme(PortalError):
    """No programme has this slug, or this client may not use it: from outside both look the same.

    Check the slug in the admin, or ask whoever runs the portal to let the client use the programme.
    """

    code, title = "unknown_programme", "There is no such programme"


class ProgrammeNotActive(PortalError):
    """The programme is a draft, paused or ended, or today (in UTC) is outside its dates.

    HR sets status and dates in the admin or in the configuration file.
    """

    code, title = "programme_not_active", "The programme gives no points now"


class UnknownRecipient(PortalError):
    """Nobody has this employee number, e-mail address or SCIM id, and the programme does not park points for strangers.

    Employee numbers are texts: leading zeros count. Provision the person first, or let the programme park.
    """

    code, title = "unknown_recipient", "Nobody is known by this name"


class RecipientInactive(PortalError):
    """The person is suspended or has left. The wallet stays; it earns nothing more."""

    code, title = "recipient_inactive", "This person earns no points now"


class NotEligible(PortalError):
    """The programme is not for this person: its `eligible` expression is false for them."""

    code, title = "not_eligible", "The programme is not for this person"


class OverRequestLimit(PortalError):
    """More points than the programme gives in one request. Ask for fewer, or have it raised."""

    code, title = "over_request_limit", "Too many points in one request"


class OverPersonLimit(PortalError):
    """More points than the programme gives one person within its window of days.

    Points that wait for approval count too. Ask for fewer, or wait until earlier ones fall out of the window.
    """

    code, title = "over_person_limit", "Too many points for one person"


class OverProgrammeLimit(PortalError):
    """More points than the programme gives all people together within its days (UTC, today among them).

    Points that wait for approval count too. Ask for fewer, wait until earlier days fall out, or have it raised.
    """

    code, title = "over_programme_limit", "Too many points for the programme's limit"


class OverBudget(PortalError):
    """The programme's budget holds fewer points. Not one point moved; ask HR to fund it."""

    code, title = "over_budget", "The budget does not hold enough points"


class BudgetClosed(PortalError):
    """The budget is closed for ever: nothing goes in or out. Choose another one."""

    code, title, status = "budget_closed", "This budget is closed", 409


class UnknownBudget(PortalError):
    """No programme and no department has this budget."""

    code, title = "unknown_budget", "There is no such budget"


class SameBudget(PortalError):
    """Points move from one budget to another one."""

    code, title = "same_budget", "These are the same budget"


class DepartmentHasBudget(PortalError):
    """A department has one budget in a programme. Fill that one, or close it first."""

    code, title, status = "department_has_budget", "This department has a budget already", 409


class YearClosed(PortalError):
    """A year is closed once, after those before it, and not before it has begun."""

    code, title, status = "year_closed", "This year cannot be closed", 409


class ExternalIdConflict(PortalError):
    """This client used the `external_id` before, for other content. It stands for that for ever.

    To repeat a call, send the same content again: it answers with the first resource. For something new, use a new id.
    """

    code, title, status = "external_id_conflict", "This external_id stands for something else", 409


class NotCredited(PortalError):
    """The points of this request never reached anybody, so there is nothing to take back.

    One that waits for approval is rejected instead; one that is parked never credits once its date has passed.
    """

    code, title, status = "not_credited", "There is nothing to take back", 409


class AlreadyReversed(PortalError):
    """The request was taken back as a whole before, for another reason or another number of points.

    Read it to see what was taken and what had been spent. The same call again answers with what happened.
    """

    code, title, status = "already_reversed", "Taken back before", 409


class OverReversal(PortalError):
    """More points than the request gave, or than earlier reversals left of it. Take back fewer, or all that is left."""

    code, title = "over_reversal", "More would be taken back than was given"


class AlreadyCredited(PortalError):
    """The rule gives points once for these values (`once_per`), and this person has them or waits for approval."""

    code, title, status = "already_credited", "Credited before", 409


class OwnWallet(PortalError):
    """Nobody proposes points for themselves. Ask a colleague to."""

    code, title, status = "own_wallet", "You cannot adjust your own wallet", 403


class OwnRecognition(PortalError):
    """Nobody gives points to themselves. Choose a colleague."""

    code, title, status = "own_recognition", "You cannot recognise yourself", 403


class OverAllowance(PortalError):
    """More points than the giver's allowance of this month holds. Give fewer, or wait for the first of the next month.

    What waits for approval counts too; what is not approved comes back.
    """

    code, title = "over_allowance", "Your allowance does not hold enough points"


class UnknownValue(PortalError):
    """The programme offers no company value of this name. Choose one of those it lists."""

    code, title = "unknown_value", "There is no such value"


class ReasonMissing(PortalError):
    """Whoever loses or gets points reads why. Write the reason in a sentence, at most 500 characters."""

    code, title = "reason_missing", "A reason is needed"


class UnreadableUpload(PortalError):
    """The file as a whole cannot be taken, so none of its rows was: not CSV or XLSX, a wrong header, or too large.

    The detail says what to change in the file. Nothing was credited.
    """

    code, title = "unreadable_upload", "This file cannot be read"


class UploadHasBadRows(PortalError):
    """Some rows cannot be credited, and it was not said that they may be left out. Not one point moved.

    Mend the rows and upload the file again, or confirm that only the good ones are to be credited.
    """

    code, title, status = "upload_has_bad_rows", "Some rows cannot be credited", 409


class UploadHasNoRows(PortalError):
    """No row of the upload is left to be credited: each is bad, or was credited before."""

    code, title, status = "upload_has_no_rows", "There is nothing to credit", 409


class UploadClosed(PortalError):
    """The upload was cancelled, or has gone too far for what was asked. Upload the file again to start anew."""

    code, title, status = "upload_closed", "This upload is closed", 409


class RuleUnchanged(PortalError):
    """The live version of the rule says exactly this, so there is nothing to turn on. Change something first."""

    code, title, status = "rule_unchanged", "The rule says this already", 409


class SimulationTooLarge(PortalError):
    """A simulation looks at a limited number of days and events. Choose a shorter period."""

    code, title = "simulation_too_large", "The period is too long to simulate"


class TooManySimulations(PortalError):
    """Several simulations of this person run already. Wait for one of them, or cancel it."""

    code, title, status = "too_many_simulations", "Too many simulations at once", 409


class SimulationClosed(PortalError):
    """The simulation is over, so there is nothing to cancel or to go on with. Start a new one."""

    code, title, status = "simulation_closed", "This simulation is over", 409
