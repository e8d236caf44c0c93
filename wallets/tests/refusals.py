"""What somebody is told whose request is refused, in one value to compare."""

from collections.abc import Callable

import pytest

from api.errors import PortalError
from wallets.errors import InvalidReference, InvalidTime, PointsOutOfRange

Refusal = tuple[type[PortalError], str, str | None]
BAD_POINTS: Refusal = (PointsOutOfRange, "Points must be a whole number from 1 to 1000000000000.", "/points")
BAD_REFERENCE: Refusal = (InvalidReference, "A reference has 1 to 80 printable characters.", "/reference")
NO_ZONE: Refusal = (InvalidTime, "The time has no zone. Give an aware datetime.", None)
FUTURE: Refusal = (InvalidTime, "The time is in the future. Give the present one.", None)


def refusal(operation: Callable[[], object]) -> Refusal:
    """Return the error of an operation that must be refused: its class, its whole sentence, the member it is about."""
    with pytest.raises(PortalError) as refused:
        operation()
    return type(refused.value), refused.value.detail, refused.value.pointer
