"""Other people's programs as clients: the CloudEvents SDK, and a client generated from openapi.yaml."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from rewards_portal.processes import ROOT
from tests.api.conftest import Api

RULE = """
from programs.models import Programme
from programs.operations import rules
rules.write(
    programme=Programme.objects.get(slug="spot"), slug="sdk", event_type="sdk.rated", when="event.rating >= 4.0",
    points="500", reason="Rated {event.rating}", once_per=[], by=None,
)
"""
SCOPES = "points:write points:read wallets:read budgets:write programmes:read"


def rated(number: str) -> CloudEvent:
    """Return an event whose attributes need the SDK's escapes: a space, a quote, a per cent sign, an umlaut."""
    attributes = {"id": f'{number} "100 %" für', "source": "urn:acme:sdk", "type": "sdk.rated", "subject": "E2"}
    return CloudEvent(attributes, {"rating": 4.5})


@pytest.fixture
def bus(served: Api) -> Iterator[requests.Session]:
    [(known,)] = served.rows("SELECT count(*) FROM programs_rule WHERE slug = 'sdk'")
    if not known:
        served.portal.run_manage("shell", "--no-imports", "-c", RULE)
    with served.session("events:write") as session:
        yield session


def told(served: Api, bus: requests.Session, body: Any, headers: dict[str, str]) -> requests.Response:
    return bus.post(f"{served.url}/events", data=body, headers=headers, timeout=30)


@pytest.mark.parametrize("write", [to_structured, to_binary])
def test_the_cloudevents_sdk_sends_one_event(served: Api, bus: requests.Session, write: Any) -> None:
    message = write(rated(write.__name__), JSONFormat())
    first = told(served, bus, message.body, dict(message.headers))
    again = told(served, bus, message.body, dict(message.headers))
    assert (first.status_code, first.json()["status"]) == (200, "credited"), first.text
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")


def test_the_modes_of_one_event_are_one_event(served: Api, bus: requests.Session) -> None:
    event = rated("both")
    messages = [write(event, JSONFormat()) for write in (to_structured, to_binary)]
    answers = [told(served, bus, message.body, dict(message.headers)) for message in messages]
    assert answers[0].json() == answers[1].json()
    assert "Idempotent-Replayed" in answers[1].headers


def test_the_cloudevents_sdk_sends_a_batch(served: Api, bus: requests.Session) -> None:
    """The SDK writes events one by one; a batch is a list of what it writes (JSON format, §4)."""
    events = [json.loads(JSONFormat().write(rated(f"batch {number}"))) for number in range(3)]
    answer = told(
        served, bus, json.dumps(events), {"Content-Type": "application/cloudevents-batch+json; charset=UTF-8"}
    )
    assert [each["status"] for each in answer.json()] == ["credited"] * 3


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return the package that openapi-python-client makes of openapi.yaml."""
    programs = Path(sys.executable).parent  # where it finds ruff
    done = subprocess.run(
        [
            *(programs / "openapi-python-client", "generate", "--path", ROOT / "openapi.yaml"),
            *("--output-path", tmp_path / "generated_client", "--meta", "none"),
        ],
        env=os.environ | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module
    for name in [name for name in sys.modules if name.startswith("generated_client")]:
        del sys.modules[name]


def test_a_generated_client_runs_the_story_of_getting_started(
    served: Api, generated: Any, request: pytest.FixtureRequest
) -> None:
    with served.session(SCOPES) as session:
        token = str(session.headers["Authorization"]).removeprefix("Bearer ")
    client = generated("generated_client").AuthenticatedClient(
        base_url=served.portal.base_url, token=token, raise_on_unexpected_status=True
    )
    models = generated("generated_client.models")

    def call(operation: str, *path: str, **arguments: Any) -> Any:
        tag, _, _ = operation.partition(" ")
        module = generated(f"generated_client.api.{tag}.{operation.replace(' ', '_')}")
        return module.sync_detailed(*path, client=client, **arguments)

    request.addfinalizer(client.get_httpx_client().close)
    funding = models.FundingRequest(external_id="sdk-1", points=1000, reference="Q4")
    assert call("programmes fundings_create", "spot", body=funding).status_code == 201
    before = call("wallets retrieve", "E3").parsed.available
    asked = models.PointsRequestRequest(
        external_id="sdk-1", programme="spot", recipient="E3", points=50, reason="Thank you"
    )
    credited = call("points_requests create", body=asked, idempotency_key="sdk-1")
    assert (credited.status_code, credited.parsed.status.value) == (201, "credited")
    again = call("points_requests create", body=asked)
    assert (again.status_code, again.parsed.id) == (200, credited.parsed.id)
    assert call("wallets retrieve", "E3").parsed.available - before == 50
    listed = call("points_requests list", external_id="sdk-1").parsed.results
    assert [each.id for each in listed] == [credited.parsed.id]
    refused = call("points_requests create", body=models.PointsRequestRequest("spot", "E404", 50, "Thanks"))
    assert (refused.status_code, refused.parsed.code) == (422, "unknown_recipient")
    assert served.findings() == "0 findings"
