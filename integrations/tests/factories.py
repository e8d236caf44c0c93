"""Makes connections for the tests of every room, and finds the samples."""

import itertools
from pathlib import Path
from typing import Any

from integrations import connections
from integrations.models import Connection

SAMPLES = Path(__file__).parent / "samples"
BASIC = {"kind": "basic", "username": "sf", "secret": "env:TEST_HOOK_SECRET"}
INTEGRATION_CENTER: dict[str, Any] = {
    "slug": "sf-ratings",
    "system": "successfactors",
    "credential": BASIC,
    "event": "performance.rating_submitted",
    "items": "records",
    "id": "formDataId",
    "recipient": "formSubjectId",
    "time": "formLastModifiedDate",
    "data": {
        "rating": {"path": "overallRating", "as": "number", "none_if": [-1972, -1971]},
        "period": {"path": "formReviewEndDate"},
        "form": {"path": "formTemplateId"},
    },
}
_numbers = itertools.count(1)


def sample(name: str) -> bytes:
    """Return a sample message as it would come."""
    return (SAMPLES / name).read_bytes()


def http_sample(name: str) -> tuple[str, dict[str, str]]:
    """Return the body of a sample request, and its headers without who sends it and where to."""
    head, _, body = sample(name).decode().replace("\r\n", "\n").partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.splitlines()[1:])
    return body.strip(), {name: value for name, value in headers.items() if name not in {"Authorization", "Host"}}


def make_connection(**change: Any) -> Connection:
    """Create a connection, in the configuration file's words; what is not given takes Integration Center's ratings."""
    entry = {**INTEGRATION_CENTER, "slug": f"connection-{next(_numbers)}", **change}
    return Connection.objects.create(**connections.fields(connections.normalise(entry)))
