"""The inbox, page by page."""

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from messaging import queries
from messaging.models import Message
from messaging.operations import inbox
from people.models import Person
from people.tests.factories import make_person

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Person:
    return make_person()


def message(person: Person, number: int, at: datetime = AT) -> Message:
    return Message.objects.create(person=person, kind="note", title=f"{number}", reference=f"n:{number}", created_at=at)


def titles(page: list[Message]) -> list[str]:
    return [each.title for each in page]


def test_inbox_is_newest_first_and_ones_own(ana: Person) -> None:
    message(ana, 1), message(ana, 2, AT + timedelta(days=1)), message(make_person(), 3)

    assert titles(queries.inbox(ana)) == ["2", "1"]


def test_inbox_pages_lose_and_repeat_nothing_of_one_moment(ana: Person) -> None:
    for number in range(5):
        message(ana, number)
    first = queries.inbox(ana, limit=2)
    second = queries.inbox(ana, limit=2, before=first[-1].pk)
    third = queries.inbox(ana, limit=2, before=second[-1].pk)

    assert titles(first + second + third) == ["4", "3", "2", "1", "0"]
    assert queries.inbox(ana, before=third[-1].pk) == []


def test_inbox_before_somebody_elses_message_is_empty(ana: Person) -> None:
    message(ana, 1)

    assert queries.inbox(ana, before=message(make_person(), 2).pk) == []


@pytest.mark.parametrize("count", [1, 3])
def test_inbox_is_one_query(ana: Person, count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(count):
        message(ana, number)

    with django_assert_num_queries(1):
        assert len(queries.inbox(ana)) == count


def test_unread_counts_what_was_not_read(ana: Person) -> None:
    first = message(ana, 1)
    message(ana, 2)
    message(make_person(), 3)
    assert queries.unread(ana) == 2

    inbox.read(first.pk, person=ana, at=AT)
    assert queries.unread(ana) == 1


def test_reading_twice_keeps_the_date_and_somebody_elses_is_not_read(ana: Person) -> None:
    theirs, mine = message(make_person(), 1), message(ana, 2)

    inbox.read(mine.pk, person=ana, at=AT)
    assert inbox.read(mine.pk, person=ana, at=AT + timedelta(days=1)) == mine
    assert inbox.read(theirs.pk, person=ana, at=AT) is None

    mine.refresh_from_db(), theirs.refresh_from_db()
    assert (mine.read_at, theirs.read_at) == (AT, None)


def test_reading_all_reads_ones_own(ana: Person) -> None:
    message(ana, 1), message(ana, 2)
    theirs = message(make_person(), 3)

    assert inbox.read_all(person=ana, at=AT) == 2
    theirs.refresh_from_db()
    assert theirs.read_at is None
