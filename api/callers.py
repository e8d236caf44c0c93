"""Whose call a request is, for the log of calls. DRF loads this while it loads its views: import no views here."""

from dataclasses import dataclass

from django.http import HttpRequest
from rest_framework.request import Request

from api.models import ApiClient


@dataclass(frozen=True, kw_only=True, slots=True)
class Caller:
    """Who called, as far as that is known when the call is answered.

    Args:
        client: the client system; None for a hook, and for whoever showed nothing that we know.
        name: what it called as, where it is no client: an HR system's connection.
        is_known: whether it proved to be that; of others only a few a second are written down.
        asked: the request as the API read it; None where there is none to read.
    """

    client: ApiClient | None = None
    name: str = ""
    is_known: bool = False
    asked: Request | None = None


def note(request: HttpRequest, caller: Caller) -> None:
    """Keep with a request whose it is, so that its answer is written down."""
    request.api_caller = caller  # type: ignore[attr-defined]


def of(request: HttpRequest) -> Caller | None:
    """Return whose request it is; None where it is nothing for the log of calls."""
    return getattr(request, "api_caller", None)
