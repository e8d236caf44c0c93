"""A stand-in for a flow of Power Automate that posts cards to people in Teams."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs

from tests.standins.web import Hang, Request, Reset, Status, WebStandIn

__all__ = ["SIGNATURE", "Hang", "Reset", "Status", "TeamsStandIn", "teams_standin"]
SIGNATURE = "kG7stand-in-signature"
TRIGGER = "workflows/8a1/triggers/manual/paths/invoke"
CARD_TYPE = "application/vnd.microsoft.card.adaptive"
REQUEST_BYTES_MAX = 28 * 1024

Behaviour = Status | Hang | Reset


class TeamsStandIn(WebStandIn):
    """A flow. `messages` holds what it took, oldest first; `runs` the tracking id of each, in the same order."""

    def __init__(self) -> None:
        super().__init__()
        self.messages: list[dict[str, Any]] = []
        self.runs: list[str] = []
        self._numbers = itertools.count(1)

    @property
    def url(self) -> str:
        """Return what TEAMS_WORKFLOW_URL has to be."""
        return f"{self.origin}/{TRIGGER}?api-version=2016-06-01&sp=%2Ftriggers&sv=1.0&sig={SIGNATURE}"

    def environment(self) -> dict[str, str]:
        """Return the variables that point a portal here."""
        return {"TEAMS_WORKFLOW_URL": self.url}

    def next(self, *behaviours: Behaviour) -> None:
        """Say how the next requests go; after them it answers as a flow does."""
        self.script_next(TRIGGER, *behaviours)

    def answer(self, request: Request) -> Status:
        """Start a run, or refuse as a flow does; what it posts, it posts after it answered."""
        if request.method != TRIGGER or parse_qs(request.query).get("sig") != [SIGNATURE]:
            return Status(401, json.dumps({"error": {"code": "DirectApiAuthorizationRequired"}}))
        if len(json.dumps(request.body)) > REQUEST_BYTES_MAX:
            return Status(413, "Request Entity too large")
        if [each.get("contentType") for each in request.body.get("attachments", [])] != [CARD_TYPE]:
            return Status(400, json.dumps({"error": {"code": "TriggerInputSchemaMismatch"}}))
        with self.lock:
            self.messages.append(request.body)
            self.runs.append(request.headers.get("x-ms-client-tracking-id", ""))
            run = f"08584{next(self._numbers):04d}"
        return Status(202, headers={"x-ms-workflow-run-id": run})


@contextmanager
def teams_standin() -> Iterator[TeamsStandIn]:
    """Run a flow for the length of a test."""
    teams = TeamsStandIn()
    teams.start()
    try:
        yield teams
    finally:
        teams.stop()
