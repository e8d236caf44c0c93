"""A message is tried: what would become of it is shown, and nothing is kept or credited."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection as database
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.errors import UnreadableMessage
from integrations.models import Connection, ReceivedMessage
from integrations.operations import received_messages, trials
from integrations.tests.factories import make_connection, sample
from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person
from programs.models import Event, PointsRequest
from programs.operations import rules
from programs.tests.factories import make_programme
from tests.pages import assert_strict, text
from wallets import queries as wallets

INTEGRATION_CENTER = sample("successfactors_integration_center.json").decode()
pytestmark = pytest.mark.django_db


@pytest.fixture
def asha() -> Person:
    return make_person(employee_number="104512", name="Asha Rao")


@pytest.fixture(autouse=True)
def _rule() -> None:
    rules.write(
        programme=make_programme(slug="reviews"),
        slug="top",
        event_type="performance.rating_submitted",
        when="event.rating >= 4.0",
        points="500",
        reason="Rated {event.rating}",
        once_per=[],
        by=None,
    )


def run(connection: Connection, message: Any) -> trials.Trial:
    written = message if isinstance(message, str) else json.dumps(message)
    return trials.run(connection=connection, message=written, at=timezone.now())


def staff(client: Client, role: str) -> None:
    person = make_person(is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)


def page(connection: Connection) -> str:
    return reverse("admin:integrations_connection_try", args=[connection.pk])


def record(**change: Any) -> dict[str, Any]:
    return {"formDataId": "1", "formSubjectId": "104512", "overallRating": "4.0", **change}


def test_trial_of_a_connection_that_is_turned_off_says_all_and_keeps_nothing(asha: Person) -> None:
    trial = run(make_connection(active=False), INTEGRATION_CENTER)
    rated, unrated = trial.records
    assert (trial.received, rated.status, unrated.status) == (2, "credited", "no_match")
    assert (rated.person, unrated.person, rated.matches[0]["points_request"]["points"]) == (asha, None, 500)
    assert [(each.name, each.found, each.value, each.none) for each in unrated.readings][:1] == [
        ("id", "58232", "58232", "")
    ]
    assert [each.none for each in unrated.readings if each.name == "event.rating"] == ["-1972 counts as none"]
    kept = (Event.objects.count(), PointsRequest.objects.count(), ReceivedMessage.objects.count())
    assert (kept, wallets.wallet(asha).available) == ((0, 0, 0), 0)


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"overallRating": "Exceeds"}, "refused", 'rating: "Exceeds" is not a number.'),
        ({"formDataId": None}, "refused", "id: `formDataId` finds no value in this record."),
        ({"overallRating": None}, "no_match", None),
        ({"overallRating": "-1972"}, "no_match", None),
        ({"overallRating": 3}, "no_match", None),
        ({"formSubjectId": "nobody"}, "refused", None),
        ({}, "credited", None),
    ],
)
def test_trial_says_of_each_record_what_a_sender_would_hear(
    asha: Person, change: dict[str, Any], status: str, error: str | None
) -> None:
    connection = make_connection()
    [tried] = run(connection, {"records": [record(**change)]}).records
    assert (tried.status, tried.error and tried.error.detail) == (status, error)
    received = received_messages.receive(
        connection=connection, body=json.dumps({"records": [record(**change)]}).encode(), at=timezone.now()
    )
    assert received.taken.results[0]["status"] == status


def test_trial_finds_the_person_also_of_a_record_that_cannot_be_read(asha: Person) -> None:
    [tried] = run(make_connection(), {"records": [record(overallRating="soon")]}).records
    assert (tried.person, tried.event) == (asha, None)


def test_trial_tells_what_came_before(asha: Person) -> None:
    connection = make_connection()
    body = json.dumps({"records": [record()]})
    received_messages.receive(connection=connection, body=body.encode(), at=timezone.now())
    message = {"records": [record(), record(formDataId="2"), record(formDataId="2")]}
    assert [tried.came_before for tried in run(connection, message).records] == [True, False, True]


def test_trial_reads_no_more_than_a_page_can_bear() -> None:
    trial = run(make_connection(), {"records": [record(formDataId=str(n)) for n in range(30)]})
    assert (trial.received, len(trial.records)) == (30, trials.RECORDS_MAX)


def test_trial_of_text_that_says_another_encoding_than_it_was_pasted_in() -> None:
    connection = make_connection(system="xml", items="a.b", id="c", recipient="d", time=None, data={"rating": "c"})
    [tried] = run(connection, '<?xml version="1.0" encoding="UTF-16"?><a><b><c>é</c></b></a>').records
    assert tried.readings[0].value == "é"


@pytest.mark.parametrize("message", ["{", "<a>", "", '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', '{"rows": []}'])
def test_trial_of_what_cannot_be_read_keeps_nothing(message: str) -> None:
    with pytest.raises(UnreadableMessage):
        run(make_connection(), message)
    assert ReceivedMessage.objects.count() == 0


def test_page_shows_fields_event_person_rules_and_points(client: Client, asha: Person) -> None:
    staff(client, "Integrations")
    connection = make_connection(active=False)
    assert page(connection) in client.get(f"/admin/integrations/connection/{connection.pk}/change/").content.decode()
    empty = client.get(page(connection))
    assert (empty.status_code, "The connection is turned off" in text(empty)) == (200, True)  # type: ignore[arg-type]
    answer: HttpResponse = client.post(page(connection), {"message": INTEGRATION_CENTER})  # type: ignore[assignment]
    said = text(answer)
    for expected in (
        "The message holds 2 records. Nothing was kept, nothing was credited.",
        "Record 1: 58231 Would be credited: 500",
        "Asha Rao (104512)",
        "performance.rating_submitted",
        "event.rating overallRating 4.0 4",
        "reviews / top, version 1 500 Rated 4",
        "Record 2: 58232 No rule wants it",
        "none: -1972 counts as none",
        "Nobody is known by this name",
    ):
        assert expected in said
    assert_strict(answer)
    assert (Event.objects.count(), ReceivedMessage.objects.count(), wallets.wallet(asha).available) == (0, 0, 0)


def test_page_says_who_left_and_masks_secrets(client: Client) -> None:
    staff(client, "Integrations")
    make_person(employee_number="104512", name="Asha Rao", status=PersonStatus.LEFT)
    connection = make_connection(data={"key": "api_key", "rating": {"path": "overallRating", "as": "number"}})
    message = json.dumps({"records": [record(api_key="AKIA-FAKE-1")]})
    answer: HttpResponse = client.post(page(connection), {"message": message})  # type: ignore[assignment]
    assert "Asha Rao (104512), left" in text(answer)
    assert answer.content.decode().count("AKIA-FAKE-1") == 1  # in the form, as it was pasted


def test_page_says_why_a_message_cannot_be_read(client: Client) -> None:
    staff(client, "Integrations")
    answer: HttpResponse = client.post(page(make_connection()), {"message": '{"rows": [1]}'})  # type: ignore[assignment]
    assert (answer.status_code, "`records` finds nothing in this message." in text(answer)) == (200, True)


@pytest.mark.parametrize("role", ["Auditors", "HR administrators", "HR approvers", "Finance"])
def test_page_is_for_those_who_may_change_a_connection(client: Client, role: str) -> None:
    connection = make_connection()
    assert client.get(page(connection)).status_code == 302
    staff(client, role)
    for answer in (client.get(page(connection)), client.post(page(connection), {"message": "{}"})):
        assert answer.status_code == 403
    if role == "Auditors":
        seen = client.get(f"/admin/integrations/connection/{connection.pk}/change/")
        assert (seen.status_code, "/try/" in seen.content.decode()) == (200, False)


def test_page_of_no_connection_is_not_found(client: Client) -> None:
    staff(client, "Integrations")
    assert client.get("/admin/integrations/connection/0/try/").status_code == 404


def test_number_of_statements_of_a_trial_does_not_grow_with_the_records(asha: Person) -> None:
    connection = make_connection()

    def statements(count: int) -> int:
        with CaptureQueriesContext(database) as captured:
            run(connection, {"records": [record(formDataId=str(n)) for n in range(count)]})
        return len(captured)

    statements(1)
    assert statements(1) == statements(15)
