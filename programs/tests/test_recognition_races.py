"""An allowance is exact to the point, whoever gives at the same moment."""

import threading
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from api.errors import PortalError
from people.models import Person
from people.tests.factories import make_person
from programs import allowances
from programs.models import Recognition
from programs.operations import recognitions
from programs.tests.factories import AT
from programs.tests.test_races import THREADS, at_once, make_earner
from programs.tests.test_recognitions import left, make_recognition_programme
from wallets.ledger_rules import findings
from wallets.queries import wallet

pytestmark = pytest.mark.django_db(transaction=True)


def make_giver() -> Person:
    return make_person(joined_on=date(2020, 1, 1))


def ten_gifts(giver: Person, receivers: list[Person], programme: Any, forms: list[Any]) -> list[str]:
    """Give 100 points ten times at once; return the codes of what was refused."""

    def work(index: int) -> str:
        try:
            recognitions.give(
                programme=programme.slug,
                receiver=receivers[index],
                points=100,
                reason="Thanks",
                form_id=forms[index],
                by=giver,
                at=AT,
            )
        except PortalError as error:
            return error.code
        return "given"

    return sorted(at_once(work))


def test_ten_gifts_out_of_an_allowance_for_three_are_three() -> None:
    programme, giver = make_recognition_programme(everyone=300), make_giver()
    receivers = [make_earner() for _ in range(THREADS)]
    came = ten_gifts(giver, receivers, programme, [uuid4() for _ in range(THREADS)])
    assert came == ["given"] * 3 + ["over_allowance"] * 7
    assert left(programme, giver) == 0
    assert sum(wallet(person).available for person in receivers) == 300
    assert list(findings()) == []


def test_without_the_lock_more_than_the_allowance_would_be_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the same ten, each having looked before any of them gave."""
    looked, of = threading.Barrier(THREADS), allowances.of

    def look_together(*args: Any, **options: Any) -> Any:
        found = of(*args, **options)
        looked.wait(timeout=10)
        return found

    monkeypatch.setattr(recognitions, "lock_allowance", lambda policy, giver: None)
    monkeypatch.setattr(recognitions.allowances, "of", look_together)
    programme, giver = make_recognition_programme(everyone=300), make_giver()
    receivers = [make_earner() for _ in range(THREADS)]
    came = ten_gifts(giver, receivers, programme, [uuid4() for _ in range(THREADS)])
    assert came == ["given"] * THREADS


def test_one_form_sent_ten_times_at_once_is_one_recognition() -> None:
    programme, giver, receiver, form_id = make_recognition_programme(everyone=300), make_giver(), make_earner(), uuid4()
    came = ten_gifts(giver, [receiver] * THREADS, programme, [form_id] * THREADS)
    assert came == ["given"] * THREADS
    assert (Recognition.objects.count(), wallet(receiver).available, left(programme, giver)) == (1, 100, 200)


def test_two_who_recognise_each_other_both_get_theirs() -> None:
    programme = make_recognition_programme(everyone=500, per_person_limit=5000, per_person_limit_days=30)
    a, b = make_earner(), make_earner()

    def work(index: int) -> Any:
        giver, receiver = (a, b) if index % 2 else (b, a)
        return recognitions.give(
            programme=programme.slug, receiver=receiver, points=100, reason="Thanks", form_id=uuid4(), by=giver, at=AT
        )

    at_once(work)
    assert (wallet(a).available, wallet(b).available) == (500, 500)
    assert list(findings()) == []
