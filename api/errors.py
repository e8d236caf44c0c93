"""The root of every error that a caller is told about."""

from typing import ClassVar


class PortalError(Exception):
    """Something a caller did that we refuse, with a code that never changes and a sentence that says what to do.

    Each room keeps a small tree of these in its `errors.py`; `api.problems` turns any of them into an RFC 9457 problem,
    and pages show the sentence.

    Args:
        detail: what is wrong and what to do, for the person who reads it.
        pointer: the member of the request it is about, as a JSON Pointer (RFC 6901), such as `/points`.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    status: ClassVar[int] = 422

    def __init__(self, detail: str = "", *, pointer: str | None = None) -> None:
        self.detail = detail or self.title
        self.pointer = pointer
        super().__init__(self.detail)
