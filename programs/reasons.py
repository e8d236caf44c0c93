"""Why somebody gets or loses points, as they read it."""

from programs.errors import ReasonMissing

REASON_CHARACTERS = 500


def checked_reason(reason: str) -> str:
    """Return a reason without the blanks around it.

    Raises:
        ReasonMissing: it is empty or too long.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= REASON_CHARACTERS:
        raise ReasonMissing(
            f"reason: say why, in 1 to {REASON_CHARACTERS} characters; the person reads it.", pointer="/reason"
        )
    return reason
