"""Travel credits as booking systems draw on them: authorise, capture, release, refund, expire."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError, Error, IntegrityError, connection, transaction

from api import ids
from api.errors import NotFound
from api.models import ApiClient
from api.tests.factories import make_client
from people.enums import PersonStatus
from redemptions import errors
from redemptions.models import TravelCredit, TravelCreditAuthorisation, TravelCreditEntry
from redemptions.operations import travel_credits
from redemptions.tests.factories import make_travel_credit
from wallets.ledger_rules import findings

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sound_ledger(db: None) -> Iterator[None]:
    """Prove the ledger after each test."""
    yield
    assert list(findings()) == []


@pytest.fixture
def credit() -> TravelCredit:
    """Return a travel credit of €100.00."""
    return make_travel_credit(10_000, at=NOW)


@pytest.fixture
def client() -> ApiClient:
    return make_client()


def authorise(credit: TravelCredit, amount: int, reference: str = "B1", **fields: Any) -> TravelCreditAuthorisation:
    asked = {"amount": amount, "currency": "EUR", "reference": reference, "at": NOW}
    return travel_credits.authorise(travel_credit_id=credit.pk, **(asked | fields))


def capture(authorisation: TravelCreditAuthorisation, **fields: Any) -> TravelCreditAuthorisation:
    asked = {"travel_credit_id": authorisation.travel_credit_id, "currency": "EUR", "at": NOW + HOUR}
    return travel_credits.capture(authorisation.pk, **(asked | fields))


def release(authorisation: TravelCreditAuthorisation, **fields: Any) -> TravelCreditAuthorisation:
    asked = {"travel_credit_id": authorisation.travel_credit_id, "at": NOW + HOUR}
    return travel_credits.release(authorisation.pk, **(asked | fields))


def refund(credit: TravelCredit, amount: int, reference: str = "R1", **fields: Any) -> TravelCreditEntry:
    asked = {"amount": amount, "currency": "EUR", "reference": reference, "at": NOW + 2 * HOUR}
    return travel_credits.refund(travel_credit_id=credit.pk, **(asked | fields))


def stands(credit: TravelCredit) -> tuple[int, int]:
    """Return a credit's balance and what bookings hold of it."""
    credit.refresh_from_db(fields=["balance", "authorised"])
    return credit.balance, credit.authorised


def test_authorise_holds_and_leaves_the_balance(credit: TravelCredit) -> None:
    held = authorise(credit, 5000, description="Berlin to Lisbon")

    assert stands(credit) == (10_000, 5000)
    assert (held.status, held.amount, held.captured, held.closed_at) == ("open", 5000, 0, None)
    assert (held.expires_at, held.description) == (NOW + 7 * DAY, "Berlin to Lisbon")


def test_capture_takes_all_that_was_held(credit: TravelCredit) -> None:
    paid = capture(authorise(credit, 5000))

    assert stands(credit) == (5000, 0)
    assert (paid.status, paid.captured, paid.closed_at) == ("captured", 5000, NOW + HOUR)
    assert list(credit.entries.values_list("kind", "amount", "reference", "authorisation")) == [
        ("captured", 5000, "B1", paid.pk)
    ]


def test_capture_of_a_part_frees_the_rest(credit: TravelCredit) -> None:
    held = authorise(credit, 5000)
    paid = capture(held, amount=4420)

    assert stands(credit) == (5580, 0)
    assert (paid.status, paid.amount, paid.captured) == ("captured", 5000, 4420)
    with pytest.raises(errors.AuthorisationClosed):
        capture(held, amount=580, reference="B1-rest")


def test_release_frees_all_that_was_held(credit: TravelCredit) -> None:
    let_go = release(authorise(credit, 5000))

    assert stands(credit) == (10_000, 0)
    assert (let_go.status, let_go.closed_at, credit.entries.count()) == ("released", NOW + HOUR, 0)


def test_refund_gives_back_what_was_captured(credit: TravelCredit) -> None:
    capture(authorise(credit, 5000))
    back = refund(credit, 2000)

    assert stands(credit) == (7000, 0)
    assert (back.kind, back.amount, back.at, back.authorisation) == ("refunded", 2000, NOW + 2 * HOUR, None)


def test_credit_can_be_used_to_the_last_cent(credit: TravelCredit) -> None:
    capture(authorise(credit, 9999))
    capture(authorise(credit, 1, "B2"))

    assert stands(credit) == (0, 0)


@pytest.mark.parametrize("amount", [10_001, 2**31, 10**14])
def test_authorise_more_than_there_is_refused(credit: TravelCredit, amount: int) -> None:
    with pytest.raises(errors.InsufficientCredit) as refused:
        authorise(credit, amount)

    assert stands(credit) == (10_000, 0)
    assert refused.value.pointer == "/amount"


def test_authorise_more_than_is_free_refused(credit: TravelCredit) -> None:
    authorise(credit, 6000)
    with pytest.raises(
        errors.InsufficientCredit, match=r"€40\.00 is free on this travel credit, €40\.01 was asked for"
    ):
        authorise(credit, 4001, "B2")
    authorise(credit, 4000, "B2")

    assert stands(credit) == (10_000, 10_000)


def test_capture_more_than_is_held_refused(credit: TravelCredit) -> None:
    held = authorise(credit, 5000)
    with pytest.raises(errors.InsufficientCredit, match=r"€50\.00 is held by this authorisation"):
        capture(held, amount=5001)

    assert stands(credit) == (10_000, 5000)


@pytest.mark.parametrize("amount", [0, -1])
def test_amount_of_nothing_refused(credit: TravelCredit, amount: int) -> None:
    held = authorise(credit, 5000)
    for draw in (lambda: authorise(credit, amount, "B2"), lambda: capture(held, amount=amount)):
        with pytest.raises(errors.AmountOutOfRange):
            draw()
    with pytest.raises(errors.AmountOutOfRange):
        refund(credit, amount)


def test_other_currency_refused(credit: TravelCredit) -> None:
    held = authorise(credit, 5000)
    with pytest.raises(errors.CurrencyMismatch) as refused:
        authorise(credit, 100, "B2", currency="USD")
    with pytest.raises(errors.CurrencyMismatch):
        capture(held, amount=100, currency="USD")
    with pytest.raises(errors.CurrencyMismatch):
        refund(credit, 100, currency="USD")

    assert refused.value.pointer == "/amount/currency"


@pytest.mark.parametrize("fields", [{}, {"description": "Porto"}, {"expires_at": NOW + DAY}])
def test_authorise_again_is_one_effect(credit: TravelCredit, fields: dict[str, Any]) -> None:
    first = authorise(credit, 5000, **fields)
    again = authorise(credit, 5000, at=NOW + HOUR, **fields)

    assert (again.pk, again.authorised_at) == (first.pk, NOW)
    assert stands(credit) == (10_000, 5000)


def test_authorise_again_after_it_closed_answers_what_came_of_it(credit: TravelCredit) -> None:
    capture(authorise(credit, 10_000), amount=9000)

    assert authorise(credit, 10_000, at=NOW + 8 * DAY).status == "captured"
    assert stands(credit) == (1000, 0)


@pytest.mark.parametrize("fields", [{"amount": 5001}, {"description": "Porto"}, {"expires_at": NOW + DAY}])
def test_authorise_again_with_other_content_refused(credit: TravelCredit, fields: dict[str, Any]) -> None:
    authorise(credit, 5000)
    with pytest.raises(errors.ReferenceConflict) as refused:
        authorise(credit, **({"amount": 5000} | fields))

    assert refused.value.pointer == "/reference"
    assert stands(credit) == (10_000, 5000)


@pytest.mark.parametrize("fields", [{}, {"amount": 4000}, {"amount": 4000, "reference": "P1"}])
def test_capture_again_is_one_effect(credit: TravelCredit, fields: dict[str, Any]) -> None:
    held = authorise(credit, 5000)
    first, again = capture(held, **fields), capture(held, at=NOW + DAY, **fields)

    assert (again.captured, again.closed_at) == (first.captured, NOW + HOUR)
    assert stands(credit) == (10_000 - first.captured, 0)


def test_capture_under_a_used_reference_refused(credit: TravelCredit) -> None:
    capture(authorise(credit, 1000, "B1"), reference="P1")
    authorise(credit, 1000, "B2")
    third = authorise(credit, 1000, "B3")
    for used in ("P1", "B2"):
        with pytest.raises(errors.ReferenceConflict):
            capture(third, reference=used)

    assert stands(credit) == (9000, 2000)


def test_capture_again_of_another_amount_refused(credit: TravelCredit) -> None:
    held = authorise(credit, 5000)
    capture(held, amount=4000)
    with pytest.raises(errors.AuthorisationClosed):
        capture(held, amount=4001)
    capture(authorise(credit, 1000, "B2"), reference="P2")
    with pytest.raises(errors.ReferenceConflict):
        capture(held, amount=1, reference="P2")

    assert stands(credit) == (5000, 0)


def test_release_again_is_one_effect(credit: TravelCredit) -> None:
    held = authorise(credit, 5000)
    authorise(credit, 1000, "B2")
    release(held)

    assert release(held, at=NOW + DAY).closed_at == NOW + HOUR
    assert stands(credit) == (10_000, 1000)


def test_closed_authorisation_neither_captured_nor_released(credit: TravelCredit) -> None:
    paid, let_go = authorise(credit, 1000, "B1"), authorise(credit, 1000, "B2")
    capture(paid), release(let_go)

    with pytest.raises(errors.AuthorisationClosed, match="captured"):
        release(paid)
    with pytest.raises(errors.AuthorisationClosed, match="released"):
        capture(let_go)
    assert stands(credit) == (9000, 0)


def test_refund_again_is_one_effect(credit: TravelCredit) -> None:
    capture(authorise(credit, 5000))

    assert refund(credit, 2000).pk == refund(credit, 2000, at=NOW + DAY).pk
    assert stands(credit) == (7000, 0)


def test_refund_under_a_used_reference_refused(credit: TravelCredit) -> None:
    paid = capture(authorise(credit, 5000))
    refund(credit, 2000)
    for fields in ({"amount": 1999}, {"amount": 2000, "authorisation_id": paid.pk}):
        with pytest.raises(errors.ReferenceConflict):
            refund(credit, **fields)
    with pytest.raises(errors.ReferenceConflict):
        refund(credit, 5000, "B1")
    with pytest.raises(errors.ReferenceConflict):
        authorise(credit, 2000, "R1")

    assert stands(credit) == (7000, 0)


def test_refund_of_more_than_was_captured_refused(credit: TravelCredit) -> None:
    capture(authorise(credit, 5000))
    authorise(credit, 3000, "B2")
    refund(credit, 4000)
    with pytest.raises(errors.RefundTooLarge, match=r"€10\.00 can be refunded"):
        refund(credit, 1001, "R2")
    refund(credit, 1000, "R2")

    assert stands(credit) == (10_000, 3000)


def test_refund_of_a_booking_is_bound_by_it(credit: TravelCredit) -> None:
    small, large = capture(authorise(credit, 1000)), capture(authorise(credit, 5000, "B2"))
    with pytest.raises(errors.RefundTooLarge):
        refund(credit, 1001, authorisation_id=small.pk)
    refund(credit, 1000, authorisation_id=small.pk)
    refund(credit, 4500, "R2")  # of no booking in particular
    with pytest.raises(errors.RefundTooLarge, match=r"€5\.00"):
        refund(credit, 501, "R3", authorisation_id=large.pk)

    assert stands(credit) == (9500, 0)


def test_authorisation_past_its_date_is_free_again(credit: TravelCredit) -> None:
    due = authorise(credit, 6000, expires_at=NOW + HOUR)
    later = authorise(credit, 3000, "B2", expires_at=NOW + 2 * HOUR)
    with pytest.raises(errors.AuthorisationClosed, match="expired"):
        capture(due, at=NOW + HOUR)
    assert travel_credits.expire(at=NOW + HOUR - timedelta(microseconds=1)) == 0

    assert travel_credits.expire(at=NOW + HOUR) == 1
    assert stands(credit) == (10_000, 3000)
    assert travel_credits.expire(at=NOW + HOUR) == 0
    due.refresh_from_db(), later.refresh_from_db()
    assert (due.status, due.closed_at, later.status) == ("expired", NOW + HOUR, "open")
    with pytest.raises(errors.AuthorisationClosed, match="expired"):
        release(due)


def test_next_booking_needs_no_sweep_for_what_is_due(credit: TravelCredit) -> None:
    authorise(credit, 10_000, expires_at=NOW + HOUR)
    with pytest.raises(errors.InsufficientCredit):
        authorise(credit, 1, "B2")
    authorise(credit, 10_000, "B2", at=NOW + HOUR)

    assert stands(credit) == (10_000, 10_000)


@pytest.mark.parametrize("count", [1, 3])
def test_expire_costs_the_same_whatever_the_number(count: int, django_assert_num_queries: Any) -> None:
    for _ in range(count):
        authorise(make_travel_credit(at=NOW), 1000, expires_at=NOW + HOUR)

    with django_assert_num_queries(6):  # two are its transaction's
        assert travel_credits.expire(at=NOW + HOUR) == count


def test_authorisation_ends_with_the_credit_at_the_latest(credit: TravelCredit) -> None:
    end = credit.expires_at
    assert end is not None
    for expires_at in (NOW, NOW - DAY, end + timedelta(microseconds=1)):
        with pytest.raises(errors.AuthorisationTime):
            authorise(credit, 100, expires_at=expires_at)

    assert authorise(credit, 100, expires_at=end).expires_at == end
    assert authorise(credit, 100, "B2", at=end - HOUR).expires_at == end


def test_expired_credit_takes_no_booking_but_what_comes_back(credit: TravelCredit) -> None:
    assert credit.expires_at is not None
    capture(authorise(credit, 5000))
    with pytest.raises(errors.CreditExpired):
        authorise(credit, 100, "B2", at=credit.expires_at)
    refund(credit, 5000, at=credit.expires_at + DAY)

    assert stands(credit) == (10_000, 0)


@pytest.mark.parametrize("status", [PersonStatus.SUSPENDED, PersonStatus.LEFT])
def test_credit_of_somebody_inactive_takes_no_new_booking(credit: TravelCredit, status: PersonStatus) -> None:
    held, other = authorise(credit, 5000), authorise(credit, 1000, "B2")
    person = credit.order.person
    person.status = status
    person.save(update_fields=["status"])
    with pytest.raises(errors.CreditSuspended):
        authorise(credit, 100, "B3")
    capture(held), release(other), refund(credit, 500)

    assert stands(credit) == (5500, 0)


def test_bookings_are_the_client_s_own(credit: TravelCredit, client: ApiClient) -> None:
    held = authorise(credit, 5000, client=client)
    stranger = make_client()
    for draw in (capture, release):
        for other in (stranger, None):
            with pytest.raises(NotFound):
                draw(held, client=other)
    capture(held, client=client)
    with pytest.raises(errors.RefundTooLarge):
        refund(credit, 1, client=stranger)
    with pytest.raises(NotFound) as refused:
        refund(credit, 1, client=stranger, authorisation_id=held.pk)

    assert refused.value.pointer == "/authorisation"
    assert stands(credit) == (5000, 0)


def test_reference_is_one_per_client_and_credit(credit: TravelCredit, client: ApiClient) -> None:
    other = make_travel_credit(at=NOW)
    made = {
        authorise(credit, 100, "B1").pk,
        authorise(credit, 100, "B1", client=client).pk,
        authorise(credit, 100, "B1", client=make_client()).pk,
        authorise(other, 100, "B1", client=client).pk,
    }

    assert len(made) == 4


def test_authorisation_of_another_credit_not_found(credit: TravelCredit) -> None:
    held = authorise(credit, 5000)
    other = make_travel_credit(at=NOW)
    for draw in (capture, release):
        with pytest.raises(NotFound):
            draw(held, travel_credit_id=other.pk)
    with pytest.raises(NotFound):
        travel_credits.authorise(travel_credit_id=uuid4(), amount=1, currency="EUR", reference="B", at=NOW)


BROKEN = [
    ("authorisation_amount_positive", "authorisation", "amount = 0"),
    ("authorisation_reference_given", "authorisation", "reference = ''"),
    ("authorisation_status_known", "authorisation", "status = 'lost', closed_at = now()"),
    ("authorisation_captured_within_amount", "authorisation", "captured = 1"),
    ("authorisation_captured_within_amount", "authorisation", "status = 'captured', closed_at = now()"),
    (
        "authorisation_captured_within_amount",
        "authorisation",
        "status = 'captured', captured = 5001, closed_at = now()",
    ),
    ("authorisation_closed_at_when_closed", "authorisation", "status = 'released'"),
    ("authorisation_closed_at_when_closed", "authorisation", "closed_at = now()"),
    ("authorisation_expires_after_authorised", "authorisation", "expires_at = authorised_at"),
    ("credit_entry_amount_positive", "entry", "amount = 0"),
    ("credit_entry_reference_given", "entry", "reference = ''"),
    ("credit_entry_kind_known", "entry", "kind = 'lost'"),
    ("credit_entry_capture_of_booking", "entry", "authorisation_id = NULL"),
    ("travel_credit_authorised_covered", "", "authorised = balance + 1"),
    ("travel_credit_balance_range", "", "balance = face_value + 1"),
    ("redemptions_travelcredit_balance_check", "", "authorised = 0, balance = -1"),
]


@pytest.mark.parametrize(("constraint", "table", "change"), BROKEN)
def test_database_refuses(credit: TravelCredit, constraint: str, table: str, change: str) -> None:
    authorise(credit, 5000), capture(authorise(credit, 1000, "B2"))
    which = " WHERE status = 'open'" if table == "authorisation" else ""
    with pytest.raises(IntegrityError, match=constraint):
        past_the_triggers(f"UPDATE redemptions_travelcredit{table} SET {change}{which}")


def past_the_triggers(statement: str) -> None:
    """Run a statement as if there were no trigger, to see what the constraints alone hold."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)


def test_database_refuses_a_reference_twice(credit: TravelCredit) -> None:
    paid = capture(authorise(credit, 5000))
    again = {"travel_credit": credit, "reference": "B1", "amount": 1}
    with pytest.raises(IntegrityError, match="authorisation_reference_once"), transaction.atomic():
        TravelCreditAuthorisation.objects.create(**again, authorised_at=NOW, expires_at=NOW + DAY)
    with pytest.raises(IntegrityError, match="credit_entry_reference_once"), transaction.atomic():
        TravelCreditEntry.objects.create(**again, kind="refunded", at=NOW)
    with pytest.raises(IntegrityError, match="credit_entry_captured_once"), transaction.atomic():
        TravelCreditEntry.objects.create(
            **again | {"reference": "P2"}, kind="captured", authorisation=paid, at=NOW, id=ids.new()
        )


KEPT = [
    "UPDATE redemptions_travelcreditentry SET amount = 1",
    "DELETE FROM redemptions_travelcreditentry",
    "TRUNCATE redemptions_travelcreditentry",
    "UPDATE redemptions_travelcreditauthorisation SET amount = 1 WHERE status = 'open'",
    "UPDATE redemptions_travelcreditauthorisation SET status = 'open', captured = 0, closed_at = NULL"
    " WHERE status = 'captured'",
    "DELETE FROM redemptions_travelcreditauthorisation",
    "TRUNCATE redemptions_travelcreditauthorisation, redemptions_travelcreditentry",
]


@pytest.mark.parametrize("statement", KEPT)
def test_what_was_written_is_kept(credit: TravelCredit, statement: str) -> None:
    capture(authorise(credit, 5000)), authorise(credit, 1000, "B2")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or TRUNCATE would be refused for another reason
    with pytest.raises(Error, match="kept as they were written"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_too_long_a_reference_is_not_cut(credit: TravelCredit) -> None:
    with pytest.raises(DataError), transaction.atomic():
        authorise(credit, 100, "B" * 121)
