"""Why points were not given. The codes are the API's for ever; each sentence says what to do."""

from api.errors import PortalError


class UnknownProgramme(PortalError):
    """No programme has this slug, or this client may not use it: both look the same from outside."""

    code = "unknown_programme"
    title = "There is no such programme"


class ProgrammeNotActive(PortalError):
    """The programme is a draft, paused or ended, or today is outside its dates."""

    code = "programme_not_active"
    title = "The programme gives no points now"


class UnknownRecipient(PortalError):
    """Nobody has this employee number, e-mail address or SCIM id, and the programme does not park points."""

    code = "unknown_recipient"
    title = "There is nobody of this name"


class RecipientInactive(PortalError):
    """The person is suspended or has left."""

    code = "recipient_inactive"
    title = "This person cannot earn points now"


class NotEligible(PortalError):
    """The programme's `eligible` expression is false for this person."""

    code = "not_eligible"
    title = "This programme is not for this person"


class PointsOutOfRange(PortalError):
    """Not a whole number of points that one request may carry."""

    code = "points_out_of_range"
    title = "That is not a possible number of points"


class OverRequestLimit(PortalError):
    """More points than the programme allows in one request."""

    code = "over_request_limit"
    title = "Too many points in one request"


class OverPersonLimit(PortalError):
    """More points than the programme allows for one person within its window of days."""

    code = "over_person_limit"
    title = "Too many points for one person"


class OverBudget(PortalError):
    """The budget does not hold enough points."""

    code = "over_budget"
    title = "The budget does not hold enough points"


class ExternalIdConflict(PortalError):
    """The client used this external_id before, for something else."""

    code = "external_id_conflict"
    title = "This external_id stands for something else"
    status = 409


class AlreadyCredited(PortalError):
    """A rule's `once_per` allows one credit for these values, and the person has it."""

    code = "already_credited"
    title = "Credited before"
    status = 409
