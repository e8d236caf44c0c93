"""An event that gave nothing is decided again from its page in the admin, after what stood in its way was mended."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from api import ids
from people.models import Person
from people.tests.factories import make_person
from programs.models import Event
from programs.operations import events, rules
from programs.operations.events import NewEvent
from programs.tests.factories import AT, make_programme
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db


def browser(role: str) -> Client:
    person = make_person(is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def refused() -> Event:
    """An event about somebody whom nobody knew yet."""
    rule = {"slug": "rated", "event_type": "performance.rating_submitted", "when": "true", "points": "500"}
    programme = make_programme(unknown_recipients="refuse")
    rules.write(programme=programme, **rule, reason="Rated", once_per=[], by=make_person())
    told = NewEvent(
        source="/sf",
        source_id="form-1",
        type="performance.rating_submitted",
        subject="E-late",
        time=AT,
        data={"rating": 5, "period": "2026-09-30", "form": "annual"},
    )
    [answer] = events.receive([told], at=AT)
    assert answer.event.status == "refused"
    return answer.event


def replay(client: Client, event: Event) -> Any:
    return client.post(reverse("admin:programs_event_replay", args=[event.pk]), follow=True)


def page(client: Client, event: Event) -> str:
    return client.get(reverse("admin:programs_event_change", args=[event.pk])).content.decode()


def test_it_is_credited_once_what_stood_in_its_way_is_mended(refused: Event) -> None:
    client = browser("Integrations")
    assert "Before: Refused. Now: Refused." in replay(client, refused).content.decode()
    late: Person = make_person(employee_number="E-late")
    assert "Before: Refused. Now: Credited." in replay(client, refused).content.decode()
    replay(client, refused)  # what gave points is not asked again
    refused.refresh_from_db()
    assert (refused.status, refused.person, refused.points_requests.count()) == ("credited", late, 1)
    assert "/replay/" not in page(client, refused)
    assert list(findings()) == []


@pytest.mark.parametrize("role", ["Auditors", "HR approvers", "Finance"])
def test_others_see_no_button_and_have_no_way_around_it(refused: Event, role: str) -> None:
    client = browser(role)
    make_person(employee_number="E-late")
    assert replay(client, refused).status_code == 403
    assert "/replay/" not in page(client, refused)
    refused.refresh_from_db()
    assert refused.status == "refused"


def test_it_needs_a_post_and_an_event(refused: Event) -> None:
    client = browser("Integrations")
    assert "/replay/" in page(client, refused)
    assert client.get(reverse("admin:programs_event_replay", args=[refused.pk])).status_code == 405
    refused.pk = ids.new()
    assert replay(client, refused).status_code == 404


BROKEN = {"when": "true", "reason": "Rated", "once_per": [], "event_type": "performance.rating_submitted"}


def told(source_id: str, person: Person) -> NewEvent:
    return NewEvent(
        source="/sf", source_id=source_id, type=BROKEN["event_type"], subject=person.employee_number, time=AT,
        data={"rating": 5, "none": None},
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"when": "event.missing > 1"},
        {"when": "event.rating"},
        {"points": "event.rating / 0 > 1 ? 1 : 2"},
        {"points": 'event.rating > 1 ? "many" : "few"'},
        {"points": "event.rating * 1.1"},
        {"reason": "Rated {event.none}"},
        {"once_per": ["event.missing"]},
        {"reason": 'Rated {"a\\u0000b"}'},
        {"once_per": ['"a\\u0000b"']},
        {"once_per": ["event"]},
    ],
)
def test_each_kind_of_rule_error_is_a_refused_match_and_mended_by_a_replay(change: dict[str, Any]) -> None:
    programme, person = make_programme(), make_person()
    rules.write(programme=programme, slug="r", by=None, **{**BROKEN, "points": "5", **change})
    [answer] = events.receive([told("1", person)], at=AT)
    assert (answer.event.status, answer.matches[0]["problem"]["code"]) == ("refused", "rule_error")
    rules.write(programme=programme, slug="r", by=None, **BROKEN, points="5")
    [again] = events.replay([answer.event.pk], at=AT)
    assert again.event.status == "credited"


def test_a_rule_that_fails_beside_one_that_gave_is_found_and_mended_and_nothing_is_given_twice() -> None:
    programme, person = make_programme(slug="p"), make_person()
    rules.write(programme=programme, slug="a", by=None, **BROKEN, points="5")
    rules.write(programme=programme, slug="b", by=None, **BROKEN, points="event.missing")
    [first] = events.receive([told("1", person)], at=AT)
    assert [first.event.status, *(each["problem"] is None for each in first.matches)] == ["credited", True, False]
    client = browser("HR administrators")
    found = client.get(reverse("admin:programs_event_changelist"), {"refused": "rule_error"}).content.decode()
    assert "event.missing is missing." in found
    rules.write(programme=programme, slug="b", by=None, **BROKEN, points="7")
    for _ in range(2):
        answer = client.post(
            reverse("admin:programs_event_changelist"),
            {"action": "replay", "_selected_action": [str(first.event.pk)]},
            follow=True,
        )
        assert "The rules were asked again about 1: 1 credited." in answer.content.decode()
    first.event.refresh_from_db()
    assert [match["rule"] for match in first.event.outcome] == ["a", "b"]
    assert sorted(first.event.points_requests.values_list("points", flat=True)) == [5, 7]
    assert list(findings()) == []


def test_many_are_replayed_with_as_many_statements_as_one() -> None:
    programme = make_programme()
    rules.write(programme=programme, slug="r", by=None, **BROKEN, points="event.missing")
    answers = events.receive([told(str(number), make_person()) for number in range(6)], at=AT)
    rules.write(programme=programme, slug="r", by=None, **BROKEN, points="5")
    counts = []
    for keys in ([answers[0].event.pk], [answer.event.pk for answer in answers[1:]]):
        with CaptureQueriesContext(connection) as captured:
            assert {each.event.status for each in events.replay(keys, at=AT)} == {"credited"}
        counts.append(len(captured))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("code", ["rule_error", "unknown_recipient", "no such"])
def test_the_list_is_filtered_by_why(refused: Event, code: str) -> None:
    shown = browser("HR administrators").get(reverse("admin:programs_event_changelist"), {"refused": code})
    assert shown.status_code == 200
    assert ("E-late" in shown.content.decode()) == (code != "rule_error")
