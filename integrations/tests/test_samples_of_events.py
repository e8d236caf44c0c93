"""The CloudEvents samples through POST /events and the rules of their page, and their hostile brothers."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client

from integrations.tests import documentation
from integrations.tests.factories import http_sample, sample
from integrations.tests.test_samples import DOCTYPES, token
from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person
from programs.models import Event
from wallets import queries as wallets

STRUCTURED = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
MODES = ("structured", "binary", "batch")
SUBJECTS = {"structured": "21508", "binary": "Zoë O'Neil", "batch": "21508"}
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _live(tmp_path: Path) -> None:
    documentation.make_live(tmp_path, "cloudevents")


def message(mode: str) -> tuple[str, dict[str, str]]:
    """Return the body of a sample and the headers that came with it."""
    if mode == "binary":
        return http_sample("cloudevents_binary.http")
    return sample(f"cloudevents_{mode}.json").decode(), BATCH if mode == "batch" else STRUCTURED


def post(client: Client, body: str | bytes, headers: dict[str, str]) -> HttpResponse:
    sent = headers | {"Authorization": f"Bearer {token(client)}"}
    media_type = sent.pop("Content-Type")
    raw = body if isinstance(body, bytes) else body.encode()
    return client.generic("POST", "/api/v1/events", raw, content_type=media_type, headers=sent)  # type: ignore[return-value]


def statuses(answer: HttpResponse) -> list[str]:
    content = json.loads(answer.content)
    return [each["status"] for each in (content if isinstance(content, list) else [content])]


def codes(answer: HttpResponse) -> list[str]:
    content = json.loads(answer.content)
    answers = content if isinstance(content, list) else [content]
    return [match["problem"]["code"] for each in answers for match in each["matches"] if match["problem"]]


def points_of(person: Person) -> int:
    return wallets.wallet(person).available


@pytest.mark.parametrize(
    ("mode", "number", "status", "points"),
    [("structured", "21508", "credited", 500), ("binary", "Zoë O'Neil", "credited", 1000)],
)
def test_sample_of_one_event_is_credited_once(client: Client, mode: str, number: str, status: str, points: int) -> None:
    person = make_person(employee_number=number)
    body, headers = message(mode)
    first, again = post(client, body, headers), post(client, body, headers)
    assert (first.status_code, statuses(first), points_of(person)) == (200, [status], points)
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    call_command("check_ledger")


def test_sample_of_a_batch_is_credited_each_by_its_rule(client: Client) -> None:
    asha, ben = make_person(employee_number="21508"), make_person(employee_number="21509")
    answer = post(client, *message("batch"))
    assert (statuses(answer), points_of(asha), points_of(ben)) == (["credited", "credited"], 500, 250)
    assert post(client, *message("structured")).headers["Idempotent-Replayed"] == "true"  # its first, with the same id
    assert points_of(asha) == 500


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("left", "code"), [(False, "unknown_recipient"), (True, "recipient_inactive")])
def test_sample_about_somebody_unknown_or_left_is_refused(client: Client, mode: str, left: bool, code: str) -> None:
    if left:
        for number in (SUBJECTS[mode], "21509"):
            make_person(employee_number=number, status=PersonStatus.LEFT)
    answer = post(client, *message(mode))
    assert (set(statuses(answer)), set(codes(answer))) == ({"refused"}, {code})


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("how", ["truncated", "wrong charset", *DOCTYPES])
def test_hostile_brother_of_a_sample_is_a_problem_and_keeps_nothing(client: Client, mode: str, how: str) -> None:
    body, headers = message(mode)
    if how == "truncated":
        raw = body.encode()[: len(body) // 2]
    elif how == "wrong charset":
        raw = body.replace("2026-YE", "é").encode("latin-1")
    else:
        raw = f"{DOCTYPES[how]}<a>&x;</a>".encode()
    answer = post(client, raw, headers)
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "application/problem+json")
    assert (json.loads(answer.content)["code"], Event.objects.count()) == ("malformed_body", 0)


@pytest.mark.parametrize("value", [-1971, -1972, None, "", "n/a", "4", 3.9, True, [5]])
def test_rating_that_is_none_or_no_number_never_credits(client: Client, value: Any) -> None:
    person = make_person(employee_number="21508")
    event = json.loads(sample("cloudevents_structured.json"))
    event["data"]["rating"] = value
    answer = post(client, json.dumps(event), STRUCTURED)
    assert (answer.status_code, points_of(person)) == (200, 0)
    number = isinstance(value, float | int) and not isinstance(value, bool)
    assert statuses(answer) == (["no_match"] if number else ["refused"])
    assert codes(answer) == ([] if number else ["rule_error"])


def test_batch_with_one_good_and_one_unknown_credits_the_good(client: Client) -> None:
    asha = make_person(employee_number="21508")
    answer = post(client, *message("batch"))
    assert (statuses(answer), codes(answer), points_of(asha)) == (["credited", "refused"], ["unknown_recipient"], 500)


def test_header_that_is_not_utf_8_is_a_problem(client: Client) -> None:
    body, headers = message("binary")
    answer = post(client, body, headers | {"ce-subject": "employee/%C0%A0"})
    assert (answer.status_code, json.loads(answer.content)["code"]) == (400, "malformed_body")
