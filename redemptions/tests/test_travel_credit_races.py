"""Many booking systems at once on one travel credit, on a real database: it never goes below zero."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError

from redemptions import errors
from redemptions.models import TravelCredit, TravelCreditAuthorisation, TravelCreditEntry
from redemptions.operations import travel_credits
from redemptions.tests.factories import make_travel_credit
from redemptions.tests.racing import THREADS, all_at_once, threads
from wallets import ledger_rules

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROUNDS, CONTROL_ROUNDS = 10, 5
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Give threads that keep their database connection from round to round, and prove the ledger at the end."""
    with threads() as pool:
        yield pool
    assert list(ledger_rules.findings()) == []


def authorise(credit: TravelCredit, amount: int, reference: str, **fields: Any) -> TravelCreditAuthorisation:
    asked = {"amount": amount, "currency": "EUR", "reference": reference, "at": NOW} | fields
    return travel_credits.authorise(travel_credit_id=credit.pk, **asked)


def capture(authorisation: TravelCreditAuthorisation, **fields: Any) -> TravelCreditAuthorisation:
    return travel_credits.capture(
        authorisation.pk, travel_credit_id=authorisation.travel_credit_id, currency="EUR", at=NOW, **fields
    )


def stands(credit: TravelCredit) -> tuple[int, int]:
    credit.refresh_from_db(fields=["balance", "authorised"])
    return credit.balance, credit.authorised


def kinds(outcomes: list[Any]) -> dict[str, int]:
    """Return how often each kind of outcome came."""
    names = [type(outcome).__name__ for outcome in outcomes]
    return {name: names.count(name) for name in names}


def test_twenty_bookings_of_a_third_each_and_three_are_held(pool: ThreadPoolExecutor) -> None:
    for _ in range(ROUNDS):
        credit = make_travel_credit(10_000, at=NOW)

        outcomes = all_at_once(pool, lambda number, credit=credit: authorise(credit, 3000, f"B{number}"))

        assert kinds(outcomes) == {"TravelCreditAuthorisation": 3, "InsufficientCredit": THREADS - 3}
        assert stands(credit) == (10_000, 9000)


def book_and_pay(credit: TravelCredit, number: int) -> TravelCreditAuthorisation:
    return capture(authorise(credit, 3000, f"B{number}"), amount=2500)


def test_twenty_captures_on_one_credit_never_go_below_zero(pool: ThreadPoolExecutor) -> None:
    for _ in range(ROUNDS):
        credit = make_travel_credit(10_000, at=NOW)

        outcomes = all_at_once(pool, lambda number, credit=credit: book_and_pay(credit, number))

        paid = sum(isinstance(outcome, TravelCreditAuthorisation) for outcome in outcomes)
        assert (paid in {3, 4}, kinds(outcomes).get("InsufficientCredit")) == (True, THREADS - paid)
        assert stands(credit) == (10_000 - 2500 * paid, 0)


def test_twenty_captures_of_one_booking_take_once(pool: ThreadPoolExecutor) -> None:
    for _ in range(ROUNDS):
        credit = make_travel_credit(10_000, at=NOW)
        held = authorise(credit, 10_000, "B1")

        outcomes = all_at_once(pool, lambda number, held=held: capture(held, amount=1000, reference=f"P{number}"))

        assert kinds(outcomes) == {"TravelCreditAuthorisation": 1, "AuthorisationClosed": THREADS - 1}
        assert stands(credit) == (9000, 0)


def test_the_same_twenty_times_is_one_effect_and_all_see_it(pool: ThreadPoolExecutor) -> None:
    credit = make_travel_credit(10_000, at=NOW)
    held = all_at_once(pool, lambda _: authorise(credit, 9000, "B1"))
    paid = all_at_once(pool, lambda _: capture(held[0], amount=5000))
    back = all_at_once(
        pool,
        lambda _: travel_credits.refund(travel_credit_id=credit.pk, amount=1000, currency="EUR", reference="R", at=NOW),
    )

    assert [len({row.pk for row in outcomes}) for outcomes in (held, paid, back)] == [1, 1, 1]
    assert stands(credit) == (6000, 0)


def test_capture_release_and_expiry_at_once_is_one_of_them(pool: ThreadPoolExecutor) -> None:
    end = NOW + timedelta(hours=1)
    for number in range(ROUNDS):
        credit = make_travel_credit(10_000, at=NOW)
        held = authorise(credit, 4000, "B1", expires_at=end)
        works = [
            lambda held=held: capture(held),
            lambda held=held: travel_credits.release(held.pk, travel_credit_id=held.travel_credit_id, at=NOW),
            lambda: travel_credits.expire(at=end),
        ]

        all_at_once(pool, lambda which, works=works: works[which % 3](), 6)
        travel_credits.expire(at=end)  # what it skipped because somebody worked on it

        held.refresh_from_db()
        assert (held.status, *stands(credit)) in {
            ("captured", 6000, 0),
            ("released", 10_000, 0),
            ("expired", 10_000, 0),
        }, number


def test_sweeps_at_once_free_each_booking_once(pool: ThreadPoolExecutor) -> None:
    many = [make_travel_credit(10_000, at=NOW) for _ in range(10)]
    for credit in many:
        authorise(credit, 1000, "B1", expires_at=NOW + timedelta(hours=1))

    freed = all_at_once(pool, lambda _: travel_credits.expire(at=NOW + timedelta(hours=1)), 4)

    assert (sum(freed), {stands(credit) for credit in many}) == (10, {(10_000, 0)})


def without_the_lock(travel_credit_id: UUID) -> TravelCredit:
    """Read a credit as one would who decides and then writes, with nothing locked in between."""
    return TravelCredit.objects.select_related("order__person").get(pk=travel_credit_id)


def test_without_the_lock_the_same_race_overspends(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the races above can see what they look for."""
    monkeypatch.setattr(travel_credits, "_locked", without_the_lock)
    many = [make_travel_credit(10_000, at=NOW) for _ in range(CONTROL_ROUNDS)]
    held = [
        sum(
            isinstance(outcome, TravelCreditAuthorisation)
            for outcome in all_at_once(pool, lambda number, credit=credit: authorise(credit, 3000, f"B{number}"))
        )
        for credit in many
    ]

    assert max(held) > 3
    for credit in many:  # bring the rows back in step, so that the ledger is sound
        credit.authorisations.filter(status="open").update(status="released", closed_at=NOW)
        TravelCredit.objects.filter(pk=credit.pk).update(authorised=0)


def test_below_zero_is_refused_by_the_database_too(pool: ThreadPoolExecutor) -> None:
    credit = make_travel_credit(10_000, at=NOW)
    capture(authorise(credit, 9000, "B1"))
    with pytest.raises(IntegrityError, match="balance"):
        TravelCredit.objects.filter(pk=credit.pk).update(balance=-1)
    with pytest.raises(errors.InsufficientCredit):
        authorise(credit, 1001, "B2")

    assert TravelCreditEntry.objects.count() == 1
