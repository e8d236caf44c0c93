"""Every sample message of an HR system or middleware, through the mapping of its page, and its hostile brothers."""

import base64
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from api.operations import clients
from integrations.models import Connection, ReceivedMessage
from integrations.operations import received_messages
from integrations.tests import documentation
from integrations.tests.conftest import SECRET
from integrations.tests.factories import http_sample, sample
from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person
from programs.models import Event, PointsRequest
from wallets import queries as wallets

pytestmark = pytest.mark.django_db
SECRETS = ("SF", "WORKDAY", "DARWINBOX", "BOOMI")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A sample message and what its page promises of it.

    Args:
        file: its name.
        page: the page in docs/integrations/.
        connection: the slug of the page's connection that takes it.
        person: the employee number of whom its first record is about.
        results: (record, status) of each, in order.
        points: what that person gets.
        mark: a text that its first record is known by; without it there is no id.
        at: the members that lead to its list of records; none where the document is the record.
        tag: the XML element that is a record, in place of `at`.
        rating: the text of the value that decides, with {} for the value; "" where there is none.
        value: what stands there.
    """

    file: str
    page: str
    connection: str
    person: str
    results: list[tuple[str, str]]
    points: int
    mark: str
    at: tuple[str, ...] = ()
    tag: str = ""
    rating: str = ""
    value: str = ""
    has_scale: bool = True  # a KPI has none

    def read(self) -> tuple[str, dict[str, str]]:
        """Return its body, JSON in one style, and the headers that came with it."""
        if self.file.endswith(".http"):
            body, headers = http_sample(self.file)
        else:
            body, headers = sample(self.file).decode(), {}
        media_type = "text/xml; charset=utf-8" if self.tag else "application/json; charset=utf-8"
        return body if self.tag else json.dumps(json.loads(body)), {"Content-Type": media_type} | headers

    @property
    def decisive(self) -> str:
        """Return the text that holds the value that decides."""
        return self.rating.format(self.value)


SF_EVENT = "b7c3b3a4-1a77-4c43-9b0f-0e9d5f7d7a10"
SF_AWARD = "1c2d3e4f-9d0c-4f8a-b9f5-7a0b1b7e4f0f"
WD_DONE, WD_REVIEW = "2026-11-22T13:14:05.120-08:00", "9f6b0c6f1d3e10000aa1c5c4f9c60000"
WD_ASHA, WD_BEN = "3aa5550b7fe348b98d7b5741afc65534", "0e44c92412d34b01ace61e80a47aaf6d"
MIDDLEWARE_TIME = "2026-11-22T21:14:05.120Z"
FOLDED = ("ExternalEvent", "events", "event")
MULTIMAP = ("multimap:Messages", "multimap:Message1", "FormHeader", "FormHeader")
HOOKED = [
    Sample(
        file="successfactors_integration_center.json", page="successfactors", connection="sf-ratings", person="104512",
        results=[("58231", "credited"), ("58232", "no_match")], points=500, mark="58231", at=("records",),
        rating='"overallRating": {}', value='"4.0"',
    ),
    Sample(
        file="successfactors_intelligent_event_spot_award.xml", page="successfactors", connection="sf-spot-awards",
        person="104512", results=[(SF_AWARD, "credited")], points=250, mark=SF_AWARD, tag="ns3:event",
    ),
    Sample(
        file="successfactors_intelligent_event.xml", page="successfactors", connection="sf-spot-awards",
        person="104512", results=[(SF_EVENT, "no_match")], points=0, mark=SF_EVENT, tag="ns3:event",
    ),
    Sample(
        file="successfactors_intelligent_event.json", page="successfactors", connection="sf-spot-awards",
        person="104512", results=[(SF_EVENT, "no_match")], points=0, mark=SF_EVENT, at=FOLDED,
    ),
    Sample(
        file="successfactors_odata_formheader.json", page="successfactors", connection="sf-forms", person="104512",
        results=[("58231", "credited")], points=500, mark="58231", at=("d", "results"),
        rating='"rating": {}', value='"4.0"',
    ),
    Sample(
        file="workday_raas_reviews.json", page="workday", connection="wd-reviews", person="21508",
        results=[(f"{WD_ASHA}/{WD_DONE}", "credited"), (f"{WD_BEN}/not reviewed", "no_match")], points=500,
        mark=WD_ASHA, at=("Report_Entry",),
        rating='"Overall_Rating_-_Manager": {}', value='"4 - Exceeds Expectations"',
    ),
    Sample(
        file="workday_review_completed.xml", page="workday", connection="wd-reviews-xml", person="21508",
        results=[(f"{WD_REVIEW}/{WD_DONE}", "credited")], points=500, mark=WD_DONE, tag="wd:Report_Entry",
        rating='<wd:Overall_Rating_-_Manager wd:Descriptor="{}">', value="4 - Exceeds Expectations",
    ),
    Sample(
        file="workday_review_completed.json", page="workday", connection="wd-orchestration", person="21508",
        results=[(f"{WD_REVIEW}/{WD_DONE}", "credited")], points=500, mark=WD_REVIEW,
        rating='"value": {}', value="4",
    ),
    Sample(
        file="darwinbox_kpi_webhook.json", page="darwinbox", connection="dbx-kpis", person="EMP001",
        results=[("a6a4cc0c2b4e8d", "credited")], points=250, mark="a6a4cc0c2b4e8d",
        rating='"achieved": {}', value='"14"', has_scale=False,
    ),
    Sample(
        file="middleware_boomi.xml", page="middleware", connection="boomi-reviews", person="21508",
        results=[("WORKDAY/REVIEW_COMPLETED/21508/20261122 211405.120", "credited")], points=500,
        mark="20261122 211405.120", tag="RewardEvent", rating="<Rating>{}</Rating>", value="4",
    ),
    Sample(
        file="middleware_mulesoft.http", page="middleware", connection="mule-reviews", person="21508",
        results=[(f"WORKDAY/PerformanceReviewCompleted/21508/{MIDDLEWARE_TIME}", "credited")], points=500,
        mark=MIDDLEWARE_TIME, rating='"overallRating": {}', value='"4 - Exceeds Expectations"',
    ),
    Sample(
        file="middleware_sap_integration_suite.http", page="middleware", connection="sap-is-forms", person="104512",
        results=[("58231", "credited")], points=500, mark="58231", at=MULTIMAP, rating='"rating": {}', value='"4.0"',
    ),
]  # fmt: skip
RATED = [each for each in HOOKED if each.rating]
every_sample = pytest.mark.parametrize("of", HOOKED, ids=lambda of: of.file)
every_rated_sample = pytest.mark.parametrize("of", RATED, ids=lambda of: of.file)


@pytest.fixture(autouse=True)
def _secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(f"{name}_HOOK_SECRET", SECRET)


@pytest.fixture
def live(of: Sample, tmp_path: Path) -> Connection:
    """Make the page live, and return the connection that takes the sample."""
    documentation.make_live(tmp_path, of.page)
    return Connection.objects.get(slug=of.connection)


def token(client: Client) -> str:
    made = clients.create(name="Middleware", scopes=["events:write"], at=timezone.now())
    basic = base64.b64encode(f"{made.client_id}:{made.client_secret}".encode()).decode()
    form = {"grant_type": "client_credentials"}
    answer = client.post("/oauth/token", form, headers={"Authorization": f"Basic {basic}"})
    return str(answer.json()["access_token"])


def authorised(client: Client, credential: dict[str, str]) -> dict[str, str]:
    """Return the headers by which a connection knows its sender."""
    if credential["kind"] == "header":
        return {credential["name"]: SECRET}
    if credential["kind"] == "bearer":
        return {"Authorization": f"Bearer {token(client)}"}
    pair = f"{credential['username']}:{SECRET}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


def post(client: Client, connection: Connection, body: str | bytes, headers: dict[str, str]) -> HttpResponse:
    sent = dict(headers)
    media_type = sent.pop("Content-Type")
    raw = body if isinstance(body, bytes) else body.encode()
    sent |= authorised(client, connection.credential)
    path = f"/api/v1/hooks/{connection.slug}"
    return client.generic("POST", path, raw, content_type=media_type, headers=sent)  # type: ignore[return-value]


def came() -> list[tuple[str | None, str]]:
    """Return (record, status) of each record of the newest message."""
    newest = ReceivedMessage.objects.latest("received_at")
    return [(each["record"], each["status"]) for each in newest.results]


def codes() -> set[str]:
    """Return the codes of the problems of the newest message."""
    newest = ReceivedMessage.objects.latest("received_at")
    problems = [
        [each.get("problem"), *(match["problem"] for match in each.get("matches", []))] for each in newest.results
    ]
    return {problem["code"] for each in problems for problem in each if problem}


@contextmanager
def undone() -> Iterator[None]:
    """Undo what is done inside, so that the next value finds the same world."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def points_of(person: Person) -> int:
    return wallets.wallet(person).available


def changed(of: Sample, value: Any) -> str:
    """Return the sample with another value where the one that decides stands."""
    body, _ = of.read()
    assert of.decisive in body
    written = ("" if value is None else str(value)) if of.tag else json.dumps(value)
    return body.replace(of.decisive, of.rating.format(written), 1)


def with_a_bad_one(of: Sample) -> str:
    """Return the sample with one more record after its first: the same, without what its id is read from."""
    body, _ = of.read()
    if of.tag:
        element = re.search(rf"<{of.tag}>.*?</{of.tag}>", body, re.DOTALL)
        assert element
        return body.replace(element.group(), element.group() + element.group().replace(of.mark, ""), 1)
    document = json.loads(body)
    around = {"": document}
    *path, name = ("", *of.at)
    for member in path:
        around = around[member]
    records = around[name] if isinstance(around[name], list) else [around[name]]
    bad = json.loads(json.dumps(records[0]).replace(of.mark, ""))
    around[name] = [records[0], bad, *records[1:]]
    return json.dumps(document if of.at else around[""])


@every_sample
def test_sample_becomes_what_its_page_says(client: Client, of: Sample, live: Connection) -> None:
    person = make_person(employee_number=of.person)
    body, headers = of.read()
    answer = post(client, live, body, headers)
    assert (answer.status_code, came(), points_of(person)) == (200, of.results, of.points)
    sent = headers.get("X-Correlation-ID") or headers.get("SAP_MplCorrelationId") or ""
    assert (answer.headers.get("X-Correlation-ID", ""), ReceivedMessage.objects.get().correlation_id) == (sent, sent)
    call_command("check_ledger")


@every_sample
def test_sample_that_comes_again_credits_once(client: Client, of: Sample, live: Connection) -> None:
    person = make_person(employee_number=of.person)
    body, headers = of.read()
    first, again = (post(client, live, body, headers | {"X-Correlation-ID": f"run-{run}"}) for run in (1, 2))
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    kept = (Event.objects.count(), ReceivedMessage.objects.count(), PointsRequest.objects.count())
    assert (points_of(person), *kept) == (of.points, len(of.results), 2, 1 if of.points else 0)
    assert "Idempotent-Replayed" not in first.headers


@every_sample
def test_sample_about_somebody_unknown_or_left_is_refused_and_says_so(
    client: Client, of: Sample, live: Connection
) -> None:
    body, headers = of.read()
    for status, code in ((None, "unknown_recipient"), (PersonStatus.LEFT, "recipient_inactive")):
        with undone():
            if status:
                make_person(employee_number=of.person, status=status)
            assert post(client, live, body, headers).status_code == 200
            assert came() == [(record, "refused" if said == "credited" else said) for record, said in of.results]
            assert (codes(), ReceivedMessage.objects.count()) == ({code} if of.points else set(), 1)
            assert PointsRequest.objects.filter(credited_at__isnull=False).count() == 0


@every_sample
def test_sample_with_one_good_and_one_bad_record_credits_the_good(client: Client, of: Sample, live: Connection) -> None:
    person = make_person(employee_number=of.person)
    _, headers = of.read()
    assert post(client, live, with_a_bad_one(of), headers).status_code == 200
    assert came() == [of.results[0], (None, "refused"), *of.results[1:]]
    assert (codes(), points_of(person)) == ({"unmapped_record"}, of.points)


DOCTYPES = {
    "xxe": '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    "entity bomb": '<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;&l;&l;"><!ENTITY x "&m;&m;&m;&m;">]>',
}


def hostile(of: Sample, body: str) -> dict[str, tuple[bytes, str]]:
    """Return the brothers of a sample that no reader takes, each with how its reason begins."""
    at = body.index("<", body.rindex("-->") if "-->" in body else body.find("?>") + 1) if of.tag else 0
    document = body[at:].replace(of.mark, "&x;") if of.tag else "<a>&x;</a>"
    declared = {
        name: (f"{body[:at]}{doctype}{document}".encode(), "The message declares a DTD or entities")
        for name, doctype in DOCTYPES.items()
    }
    return declared | {
        "truncated": (body.encode()[: len(body.encode()) * 2 // 3], "The message is not "),
        "wrong charset": (body.replace(of.mark, f"é{of.mark}").encode("latin-1"), "The message is not "),
        "empty": (b"", "The message is empty."),
    }


@every_sample
def test_hostile_brothers_of_a_sample_are_refused_whole_and_kept(client: Client, of: Sample, live: Connection) -> None:
    person = make_person(employee_number=of.person)
    body, headers = of.read()
    for name, (raw, reason) in hostile(of, body).items():
        with undone():
            answer = post(client, live, raw, headers)
            kept = ReceivedMessage.objects.get()
            said = (answer.status_code, answer.headers["Content-Type"], json.loads(answer.content)["code"])
            assert (name, *said) == (name, 400, "application/problem+json", "unreadable_message")
            assert (name, kept.error[: len(reason)]) == (name, reason)
            assert (kept.status, kept.results, received_messages.body(kept)) == ("unreadable", [], raw)
            assert (points_of(person), Event.objects.count()) == (0, 0)


NO_VALUES = (-1971, -1972, "-1972.0", None, "", "n/a", "Unrated")
NO_NUMBERS = ("Exceeds", "1,234", "4.5.6")
OUT_OF_SCALE = ("99", "-5")


@every_rated_sample
def test_sample_with_no_value_where_it_decides_never_credits(client: Client, of: Sample, live: Connection) -> None:
    person = make_person(employee_number=of.person)
    _, headers = of.read()
    for value in NO_VALUES:
        with undone():
            answer = post(client, live, changed(of, value), headers)
            expected = [(of.results[0][0], "no_match"), *of.results[1:]]
            assert (value, answer.status_code, came(), points_of(person)) == (value, 200, expected, 0)
            [match] = ReceivedMessage.objects.get().results[0]["matches"]
            assert " is empty (" in match["explanation"]["summary"]


@every_rated_sample
def test_sample_with_a_value_out_of_scale_or_no_number_is_refused(client: Client, of: Sample, live: Connection) -> None:
    person = make_person(employee_number=of.person)
    _, headers = of.read()
    for value in NO_NUMBERS + OUT_OF_SCALE * of.has_scale:
        with undone():
            answer = post(client, live, changed(of, value), headers)
            expected = [(None, "refused"), *of.results[1:]]
            assert (value, answer.status_code, came(), codes()) == (value, 200, expected, {"unmapped_record"})
            assert points_of(person) == 0
