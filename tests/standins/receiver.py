"""A stand-in for a client system that is told of what happens, and knows us by Standard Webhooks."""

from collections.abc import Iterator
from contextlib import contextmanager

from standardwebhooks.webhooks import Webhook

from tests.standins.web import Hang, Request, Reset, Status, WebStandIn

__all__ = ["Hang", "Receiver", "Reset", "Status", "receiver"]
PATH = "hooks"

Behaviour = Status | Hang | Reset


class Receiver(WebStandIn):
    """A client system. `requests` holds all that came."""

    @property
    def url(self) -> str:
        """Return what an endpoint's `url` has to be."""
        return f"{self.origin}/{PATH}"

    @property
    def ids(self) -> list[str]:
        """Return the `webhook-id` of each request, in the order in which they came."""
        return [request.headers["webhook-id"] for request in self.requests]

    def next(self, *behaviours: Behaviour) -> None:
        """Say how the next requests go; after them all are taken."""
        self.script_next(PATH, *behaviours)

    def answer(self, request: Request) -> Status:
        """Take whatever comes."""
        return Status(204)


def verified(request: Request, secret: str) -> bool:
    """Return whether a request is signed by this secret, now; by the standard's own library."""
    try:
        Webhook(secret).verify(request.raw, request.headers)
    except Exception:
        return False
    return True


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Run a client system for the length of a test."""
    system = Receiver()
    system.start()
    try:
        yield system
    finally:
        system.stop()
