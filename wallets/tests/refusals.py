"""What somebody is told whose request is refused, in one value to compare."""

from collections.abc import Callable

import pytest

from api.errors import PortalError

Refusal = tuple[type[PortalError], str, str | None]


def refusal(operation: Callable[[], object]) -> Refusal:
    """Return the error of an operation that must be refused: its class, its whole sentence, the member it is about."""
    with pytest.raises(PortalError) as refused:
        operation()
    return type(refused.value), refused.value.detail, refused.value.pointer
