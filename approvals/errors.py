"""Why somebody could not decide."""

from api.errors import PortalError


class MayNotDecide(PortalError):
    """The person asked for it, gains from it, was not asked to decide, or no longer works here."""

    code = "may_not_decide"
    title = "You may not decide this"
    status = 403


class AlreadyDecided(PortalError):
    """It is decided, or this person has said what they think."""

    code = "already_decided"
    title = "This is decided already"
    status = 409


class ContentChanged(PortalError):
    """What waits is no longer what the person saw, or what was asked."""

    code = "content_changed"
    title = "This changed since it was asked"
    status = 409


class DelegationInvalid(PortalError):
    """Nobody can be the delegate of somebody so: it is the person, somebody away or gone, or the dates are none."""

    code = "delegation_invalid"
    title = "This cannot be delegated so"
    status = 422


class NoteMissing(PortalError):
    """Something would be rejected without a word to whoever asked. Write why."""

    code = "note_missing"
    title = "A note is missing"
    status = 422
