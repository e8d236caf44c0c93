import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db import connection as database
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations import connections
from integrations.models import Connection, ReceivedMessage
from integrations.operations import received_messages
from integrations.tests.factories import INTEGRATION_CENTER, make_connection, sample
from people.models import Person
from people.tests.factories import make_person
from programs.operations import rules
from programs.tests.factories import make_programme
from wallets import queries as wallets

FORM = {
    "slug": "sf-ratings",
    "system": "successfactors",
    "is_active": "on",
    "credential": json.dumps(INTEGRATION_CENTER["credential"]),
    "event_type": "performance.rating_submitted",
    "items": "records",
    "id_paths": '["formDataId"]',
    "recipient": "formSubjectId",
    "time": "",
    "time_zone": "Europe/Berlin",
    "data": '{"rating": "overallRating"}',
}
LIST = "/admin/integrations/receivedmessage/"
pytestmark = pytest.mark.django_db


def staff(client: Client, role: str) -> Person:
    person = make_person(is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)
    return person


def receive(body: bytes = b"", connection: Connection | None = None) -> ReceivedMessage:
    received_messages.receive(
        connection=connection or make_connection(),
        body=body or sample("successfactors_integration_center.json"),
        content_type="application/json",
        correlation_id="b3d1f7e0",
        at=timezone.now(),
    )
    return ReceivedMessage.objects.latest("received_at")


def page(client: Client, message: ReceivedMessage, name: str) -> str:
    return reverse(f"admin:integrations_receivedmessage_{name}", args=[message.pk])


def errors(answer: HttpResponse) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)  # type: ignore[attr-defined]


def test_connection_is_added_with_defaults_filled_in(client: Client) -> None:
    staff(client, "Integrations")
    answer = client.post("/admin/integrations/connection/add/", FORM)
    assert (answer.status_code, Connection.objects.count()) == (302, 1)
    exported = connections.exported(Connection.objects.get())
    assert (exported["data"], exported["id"], exported["time"], exported["time_zone"]) == (
        {"rating": {"path": "overallRating"}},
        "formDataId",
        None,
        "Europe/Berlin",
    )


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        (
            {"credential": '{"kind": "basic", "username": "sf", "secret": "hunter2"}'},
            "credential",
            "secret: Write a reference",
        ),
        ({"items": "records["}, "items", "is not a JMESPath"),
        ({"id_paths": "[]"}, "id_paths", ""),
        ({"id_paths": '["a", "b."]'}, "id_paths", "1: `b.` is not a JMESPath"),
        ({"data": '{"rating": {"path": "a", "as": "float"}}'}, "data", "rating.as: float is not known here."),
        ({"data": "{"}, "data", "valid JSON"),
        ({"time_zone": "Mars"}, "time_zone", "IANA"),
    ],
)
def test_connection_with_a_wrong_value_is_refused_beside_its_field(
    client: Client, change: dict[str, str], field: str, said: str
) -> None:
    staff(client, "Integrations")
    answer = client.post("/admin/integrations/connection/add/", {**FORM, **change})
    found = errors(answer)  # type: ignore[arg-type]
    assert (answer.status_code, list(found), Connection.objects.count()) == (200, [field], 0)
    assert said in found[field][0]


def test_connection_keeps_its_name_and_is_changed(client: Client) -> None:
    staff(client, "Integrations")
    connection = make_connection(slug="sf-ratings")
    address = f"/admin/integrations/connection/{connection.pk}/change/"
    assert b"/api/v1/hooks/sf-ratings" in client.get(address).content
    client.post(address, {**FORM, "slug": "other", "data": '{"r": {"path": "x", "none_if": [0]}}', "is_active": ""})
    connection.refresh_from_db()
    assert (connection.slug, connection.is_active, connection.data) == (
        "sf-ratings",
        False,
        {"r": {"path": "x", "none_if": [0]}},
    )


def test_messages_are_listed_newest_first_with_what_came_of_them(client: Client) -> None:
    staff(client, "Integrations")
    receive()
    receive(b'{"records": []}')
    content = client.get(LIST).content.decode()
    assert "2 records: 2 no match" in content
    assert content.index("No records") < content.index("2 records")


def test_message_page_shows_outcomes_and_no_body(client: Client) -> None:
    staff(client, "Integrations")
    content = client.get(page(client, receive(), "change")).content.decode()
    assert ("58231" in content, "rating is empty" in content, "asha.rao" in content) == (True, False, False)
    assert ("See the body" in content, "Replay" in content, "<script>" in content) == (True, True, False)


def test_body_is_shown_to_those_who_may_and_written_down(client: Client) -> None:
    person = staff(client, "Integrations")
    message = receive(b'{"records": [], "api_key": "hunter2"}')
    answer = client.get(page(client, message, "body"))
    content = answer.content.decode()
    assert (answer.status_code, "hunter2" in content, "•••" in content) == (200, False, True)
    assert "no-store" in answer.headers["Cache-Control"]
    entry = LogEntry.objects.get()
    assert (entry.user_id, entry.object_id, entry.get_change_message()) == (person.pk, str(message.pk), "Saw the body.")


@pytest.mark.parametrize("role", ["Auditors", "HR administrators"])
def test_body_and_replay_are_refused_to_others(client: Client, role: str) -> None:
    staff(client, role)
    message = receive()
    assert client.get(page(client, message, "body")).status_code == 403
    assert client.post(page(client, message, "replay")).status_code == 403
    assert LogEntry.objects.count() == 0
    if role == "Auditors":
        content = client.get(page(client, message, "change")).content.decode()
        assert ("See the body" in content, "replay/" in content) == (False, False)


def test_body_and_replay_need_a_sign_in(client: Client) -> None:
    message = receive()
    assert client.get(page(client, message, "body")).status_code == 302
    assert client.post(page(client, message, "replay")).status_code == 302


def test_replay_takes_the_message_again_and_says_what_came_of_it(client: Client) -> None:
    staff(client, "Integrations")
    message = receive()
    person = make_person(employee_number="104512")
    rules.write(
        programme=make_programme(),
        slug="top",
        event_type="performance.rating_submitted",
        when="event.rating >= 4.0",
        points="500",
        reason="Rated {event.rating}",
        once_per=[],
        by=None,
    )
    assert client.get(page(client, message, "replay")).status_code == 405
    answer = client.post(page(client, message, "replay"), follow=True)
    assert "Replayed. 2 records: 1 credited, 1 no match." in answer.content.decode()
    assert wallets.wallet(person).available == 500
    assert LogEntry.objects.get().get_change_message() == "Replayed."


def test_replay_of_what_is_still_unreadable_says_so(client: Client) -> None:
    staff(client, "Integrations")
    connection: Any = make_connection()
    with pytest.raises(Exception, match="not JSON"):
        receive(b"{", connection)
    answer = client.post(page(client, ReceivedMessage.objects.get(), "replay"), follow=True)
    assert "Replayed, and still not taken: The message is not JSON" in answer.content.decode()


def test_messages_cannot_be_added_changed_or_deleted(client: Client) -> None:
    person = make_person(is_staff=True, is_superuser=True)
    client.force_login(person)
    message = receive()
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(page(client, message, "change"), {"error": "x"}).status_code == 403
    assert client.post(page(client, message, "delete"), {"post": "yes"}).status_code == 403


def test_number_of_statements_of_the_list_does_not_grow_with_its_rows(client: Client) -> None:
    staff(client, "Integrations")

    def statements() -> int:
        with CaptureQueriesContext(database) as captured:
            client.get(LIST)
        return len(captured)

    receive(connection=make_connection())
    first = statements()
    for _ in range(2):
        receive(connection=make_connection())
    assert statements() == first
