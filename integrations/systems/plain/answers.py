"""What a caller hears: how many records were received, and what came of each, for whoever reads the job's log."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpResponse, JsonResponse

from integrations.documents import Document


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A message that was taken, for whoever words the answer.

    Args:
        document: the message as read.
        things: what became one event each.
        results: what came of each, in the same order: {"id", "status", "matches" or "problem"}.
        at: when it was received the first time.
    """

    document: Document
    things: list[Any]
    results: list[dict[str, Any]]
    at: datetime


def answer(taken: Taken) -> HttpResponse:
    """Return 200 with each record's result, also where some were refused: the message itself was taken."""
    return JsonResponse({"received": len(taken.results), "results": taken.results})
