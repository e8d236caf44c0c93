"""What HR systems answer when they are asked, posted to a connection: read as it is, and never credited by a guess."""

import json
from pathlib import Path
from typing import Any

import pytest
import structlog
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from structlog.testing import capture_logs

from integrations.errors import UnreadableMessage
from integrations.models import Connection, ReceivedMessage
from integrations.operations import received_messages, trials
from integrations.tests import documentation
from integrations.tests.factories import SAMPLES, make_connection, sample
from integrations.tests.test_samples import HOOKED
from integrations.tests.test_samples_of_events import MODES
from people.tests.factories import make_person
from programs.models import Event
from programs.operations import rules
from programs.tests.factories import make_programme

pytestmark = pytest.mark.django_db
RATING = {"path": "rating", "as": "number", "none_if": [-1972, -1971]}
EMPLOYEE_LIST: dict[str, Any] = {
    "system": "darwinbox",
    "items": "employee_data",
    "id": ["employee_id", "latest_modified_timestamp"],
    "recipient": "employee_id",
    "time": "latest_modified_timestamp",
    "time_zone": "Asia/Kolkata",
    "data": {"joined": {"path": "date_of_joining", "as": "date"}, "left": {"path": "date_of_exit", "as": "date"}},
}
DETAILS: list[tuple[str, dict[str, Any], str, str, dict[str, Any]]] = [  # file, mapping, id, subject, data
    (
        "successfactors_odata_overall_rating.json",
        {"items": "d", "id": ["formDataId", "formContentId"], "recipient": "userId", "time": None,
         "data": {"r": RATING}},
        "58231/91002",
        "",
        {"r": 4},
    ),
    (
        "successfactors_odata_user.json",
        {"items": "d.results", "id": "userId", "recipient": "userId", "time": "lastModifiedDateTime",
         "data": {"hired": {"path": "hireDate", "as": "date"}, "active": {"path": "status", "as": "boolean"}}},
        "104512",
        "104512",
        {"hired": "2020-09-21", "active": True},
    ),
    (
        "workday_rest_performance_reviews.json",
        {"system": "json", "items": "data", "id": ["id", "completedDate"], "recipient": "worker.employeeID",
         "time": "completedDate", "data": {"rating": {"path": "overallRating.descriptor", "as": "number"}}},
        "9f6b0c6f1d3e10000aa1c5c4f9c60000/2026-11-22",
        "",
        {"rating": 4},
    ),
    (
        "darwinbox_masterapi_employee.json",
        EMPLOYEE_LIST,
        "EMP001/22-11-2026 18:44:05",
        "EMP001",
        {"joined": "2020-09-21"},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("file", "mapping", "record", "subject", "data"), DETAILS, ids=lambda value: str(value)[:40])
def test_sample_of_a_detail_becomes_one_event_and_names_nobody_it_does_not_say(
    file: str, mapping: dict[str, Any], record: str, subject: str, data: dict[str, Any]
) -> None:
    connection = make_connection(**mapping)
    [result] = received_messages.receive(connection=connection, body=sample(file), at=timezone.now()).taken.results
    event = Event.objects.get()
    assert (result["record"], event.subject, event.data) == (record, subject, data)
    assert result["status"] == ("no_match" if subject else "refused")
    if not subject:
        assert result["matches"][0]["problem"]["code"] == "unknown_recipient"


def test_sample_of_an_error_that_came_with_200_is_refused_whole() -> None:
    connection = make_connection(**EMPLOYEE_LIST)
    with pytest.raises(UnreadableMessage, match="`employee_data` finds nothing"):
        received_messages.receive(
            connection=connection, body=sample("darwinbox_masterapi_error.json"), at=timezone.now()
        )
    assert (ReceivedMessage.objects.get().status, Event.objects.count()) == ("unreadable", 0)


def test_api_key_in_a_body_is_masked_where_it_is_seen_and_in_no_log(client: Client) -> None:
    connection = make_connection(**EMPLOYEE_LIST)
    body = {"api_key": "obviously-fake-key", **json.loads(sample("darwinbox_masterapi_employee.json"))}
    structlog.contextvars.clear_contextvars()
    with capture_logs() as said:
        received_messages.receive(connection=connection, body=json.dumps(body).encode(), at=timezone.now())
        with pytest.raises(UnreadableMessage):
            received_messages.receive(
                connection=connection, body=b'{"api_key": "obviously-fake-key", ', at=timezone.now()
            )
    assert [line["event"] for line in said] == ["message_settled", "message_settled"]
    assert "obviously-fake-key" not in json.dumps(said, default=str)
    staff = make_person(is_staff=True)
    staff.groups.add(Group.objects.get(name="Integrations"))
    client.force_login(staff)
    for message in ReceivedMessage.objects.all():
        assert b"obviously-fake-key" not in bytes(message.body)
        assert "obviously-fake-key" not in json.dumps(message.results) + message.error
        page = client.get(reverse("admin:integrations_receivedmessage_body", args=[message.pk])).content.decode()
        assert ("obviously-fake-key" in page, "•••" in page) == (False, True)


def test_workday_row_with_several_reviews_makes_each_a_record(tmp_path: Path) -> None:
    documentation.make_live(tmp_path, "workday")
    make_person(employee_number="21508")
    report = json.loads(sample("workday_raas_reviews.json"))
    [review] = report["Report_Entry"][0]["Reviews_-_All_Completed_group"]
    reviews = [{**review, "Employee_ID": "21508", "Review_Template": template} for template in ("2025", "2026")]
    report["Report_Entry"][0]["Reviews_-_All_Completed_group"] = reviews
    connection = Connection.objects.get(slug="wd-each-review")
    received = received_messages.receive(connection=connection, body=json.dumps(report).encode(), at=timezone.now())
    assert [(each["record"].split("/")[1], each["status"]) for each in received.taken.results] == [
        ("2025", "credited"),
        ("2026", "credited"),
    ]


@pytest.mark.parametrize("forms", [{"formDataId": "1"}, [{"formDataId": "1"}, {"formDataId": "2"}]])
@pytest.mark.parametrize("several", [False, True])
def test_multimap_of_one_or_several_messages_with_one_or_several_forms(forms: Any, several: bool) -> None:
    connection = make_connection(
        items='to_array("multimap:Messages"."multimap:Message1")[].to_array(FormHeader.FormHeader)[]', data={}
    )
    one = {"FormHeader": {"FormHeader": forms}}
    message = {"multimap:Messages": {"multimap:Message1": [one, one] if several else one}}
    found = trials.run(connection=connection, message=json.dumps(message), at=timezone.now()).received
    assert found == (len(forms) if isinstance(forms, list) else 1) * (2 if several else 1)


@pytest.mark.parametrize(
    ("target", "achieved", "status"),
    [("12", "12", "credited"), ("12", "12.5", "credited"), ("12.5", "12", "no_match"), ("116.67", "116.7", "credited")],
)
def test_kpi_is_compared_as_numbers_whole_or_not(target: str, achieved: str, status: str) -> None:
    make_person(employee_number="EMP001")
    make_kpi_rule()
    connection = make_connection(
        system="darwinbox", items=None, id="id", recipient="who", time=None, event="kpi.achieved",
        data={"target": {"path": "target", "as": "number"}, "achieved": {"path": "achieved", "as": "number"}},
    )  # fmt: skip
    message = json.dumps({"id": "1", "who": "EMP001", "target": target, "achieved": achieved})
    [tried] = trials.run(connection=connection, message=message, at=timezone.now()).records
    assert tried.status == status


def make_kpi_rule() -> None:
    rules.write(
        programme=make_programme(), slug="kpi", event_type="kpi.achieved", when="event.achieved >= event.target",
        points="250", reason="KPI", once_per=[], by=None,
    )  # fmt: skip


def test_every_sample_is_a_test() -> None:
    tested = {each.file for each in HOOKED} | {file for file, *_ in DETAILS}
    tested |= {f"cloudevents_{mode}.{'http' if mode == 'binary' else 'json'}" for mode in MODES}
    elsewhere = {"darwinbox_masterapi_error.json", "successfactors_intelligent_event_ack.xml"}  # above; test_hooks.py
    assert {path.name for path in SAMPLES.iterdir()} == tested | elsewhere
