"""Why somebody could not decide."""

from api.errors import PortalError


class MayNotDecide(PortalError):
    """The person asked for it, gains from it, is not in the group that decides, or no longer works here."""

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
