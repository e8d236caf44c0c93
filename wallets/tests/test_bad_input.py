"""What no account could take: a named error each, and nothing written."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone as clock

from wallets import ledger_rules
from wallets.enums import AccountKind, TransferKind
from wallets.errors import InvalidReference, InvalidTime, PointsOutOfRange, SameAccount, UnknownAccount
from wallets.models import Account, Hold, Lot, Transfer
from wallets.models.account import TRANSFER_POINTS_MAX
from wallets.operations import accounts, holds, lots, refunds, reversals, transfers
from wallets.operations.transfers import CLOCK_SKEW_SECONDS, NewTransfer, post
from wallets.tests.factories import NOW, make_budget, make_wallet, move

pytestmark = pytest.mark.django_db

POINTS = {
    "zero": 0,
    "negative": -1,
    "one too many": TRANSFER_POINTS_MAX + 1,
    "2^63": 2**63,
    "huge": 10**100,
    "true": True,
    "float": 1.0,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "text": "1",
    "Decimal": Decimal(1),
    "bytes": b"1",
    "list": [1],
}
REFERENCES = {
    "empty": "",
    "too long": "x" * (transfers.REFERENCE_LENGTH_MAX + 1),
    "NUL": "a\0b",
    "line break": "a\nb",
    "half a character": "a\ud800",
    "bytes": b"test:1",
    "number": 1,
    "none": None,
}
TIMES = {
    "without a zone": lambda: datetime(2026, 6, 1),  # noqa: DTZ001
    "tomorrow": lambda: clock.now() + timedelta(days=1),
    "a little too early": lambda: clock.now() + timedelta(seconds=CLOCK_SKEW_SECONDS + 5),
    "tomorrow in another zone": lambda: (clock.now() + timedelta(days=1)).astimezone(timezone(timedelta(hours=-12))),
    "text": lambda: "2026-06-01T12:00:00Z",
    "number": lambda: 1780315200,
    "none": lambda: None,
}


class Ledger:
    """A ledger with a bit of everything, and each operation called with one thing changed."""

    def __init__(self) -> None:
        self.budget, self.wallet = make_budget(1000), make_wallet(1000)
        self.credit_id = move(self.budget, self.wallet, 100).transfer_id
        self.redeemed = accounts.system(AccountKind.REDEEMED)
        self.redemption_id = move(self.wallet, self.redeemed, 100, kind=TransferKind.REDEMPTION).transfer_id
        self.hold_id = holds.place(account_id=self.wallet.pk, points=1, reference="test:held", at=NOW).pk

    def post(self, points: object = 1, reference: object = "test:new", at: object = NOW, **fields: object) -> None:
        good = {"debit_id": self.budget.pk, "credit_id": self.wallet.pk, "points": 1, "kind": TransferKind.CREDIT}
        first = NewTransfer(**good, reference="test:first")
        [_, posting] = post([first, NewTransfer(**(good | {"points": points, "reference": reference} | fields))], at=at)
        if posting.error:
            raise posting.error

    def place(self, points: object = 1, reference: object = "test:new", at: object = NOW, **fields: object) -> None:
        holds.place(**{"account_id": self.wallet.pk, "points": points, "reference": reference, "at": at} | fields)

    def reverse(self, points: object = 1, reference: object = "test:new", at: object = NOW) -> None:
        reversals.reverse(self.credit_id, points=points, reference=reference, at=at)

    def refund(self, points: object = 1, reference: object = "test:new", at: object = NOW) -> None:
        refunds.refund(self.redemption_id, points=points, reference=reference, at=at)

    def rows(self) -> list[object]:
        """Return everything that an operation could have written."""
        return [list(model.objects.order_by("pk").values()) for model in (Account, Transfer, Lot, Hold)]


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


def refused(ledger: Ledger, error: type[Exception], operation: Callable[[], object]) -> None:
    """Assert that an operation is refused with this error, and that nothing was written."""
    before = ledger.rows()
    with pytest.raises(error):
        operation()
    assert ledger.rows() == before
    assert list(ledger_rules.findings()) == []


OPERATIONS = ["post", "place", "reverse", "refund"]


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("points", list(POINTS))
def test_points_that_cannot_be(ledger, name, points):
    refused(ledger, PointsOutOfRange, lambda: getattr(ledger, name)(points=POINTS[points]))


@pytest.mark.parametrize("name", ["post", "place"])
def test_points_must_be_named_but_for_all_that_is_left_of_a_transfer(ledger, name):
    refused(ledger, PointsOutOfRange, lambda: getattr(ledger, name)(points=None))


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("reference", list(REFERENCES))
def test_references_that_cannot_be(ledger, name, reference):
    refused(ledger, InvalidReference, lambda: getattr(ledger, name)(reference=REFERENCES[reference]))


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("time", list(TIMES))
def test_times_that_cannot_be(ledger, name, time):
    refused(ledger, InvalidTime, lambda: getattr(ledger, name)(at=TIMES[time]()))


@pytest.mark.parametrize("time", list(TIMES))
def test_times_that_cannot_be_of_what_ends(ledger, time):
    for operation in (
        lambda at: holds.capture(ledger.hold_id, at=at),
        lambda at: holds.release(ledger.hold_id, at=at),
        lambda at: holds.expire(at=at),
        lambda at: lots.expire(at=at),
        lambda at: accounts.close(ledger.budget.pk, at=at),
    ):
        refused(ledger, InvalidTime, lambda operation=operation: operation(TIMES[time]()))


@pytest.mark.parametrize("time", [name for name in TIMES if name != "none"])
def test_times_from_which_a_transfer_cannot_count(ledger, time):
    refused(ledger, InvalidTime, lambda: ledger.post(effective_at=TIMES[time]()))


@pytest.mark.parametrize(
    "expires_at",
    [NOW, NOW - timedelta(days=1), datetime(2027, 6, 1), "2027-06-01T12:00:00Z"],  # noqa: DTZ001
)
def test_times_at_which_nothing_can_expire(ledger, expires_at):
    refused(ledger, InvalidTime, lambda: ledger.post(expires_at=expires_at))
    refused(ledger, InvalidTime, lambda: ledger.place(expires_at=expires_at))


def test_points_that_would_be_overdue_at_once(ledger):
    long_ago = {"effective_at": NOW - timedelta(days=9), "expires_at": NOW - timedelta(days=1)}
    refused(ledger, InvalidTime, lambda: ledger.post(**long_ago))


def test_a_clock_that_is_a_little_ahead_is_fine(ledger):
    ledger.post(at=clock.now() + timedelta(seconds=CLOCK_SKEW_SECONDS - 5))


def test_accounts_that_cannot_be(ledger):
    refused(ledger, SameAccount, lambda: ledger.post(credit_id=ledger.budget.pk))
    refused(ledger, UnknownAccount, lambda: ledger.place(account_id=UUID(int=0)))
    refused(ledger, UnknownAccount, lambda: ledger.place(account_id=ledger.budget.pk))
    [posting] = post(
        [
            NewTransfer(
                debit_id=UUID(int=0),
                credit_id=ledger.wallet.pk,
                points=1,
                kind=TransferKind.CREDIT,
                reference="test:new",
                at_most=True,
            )
        ],
        at=NOW,
    )
    assert type(posting.error) is UnknownAccount


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("points", "0"),
        ("points", "-1"),
        ("points", str(TRANSFER_POINTS_MAX + 1)),
        ("points", "9223372036854775808"),
        ("points", "'NaN'::float8"),
        ("points", "'1.5 points'"),
        ("shortfall", "-1"),
        ("credit_id", "debit_id"),
        ("kind", "'gift'"),
        ("reference", "''"),
        ("reference", "repeat('x', 81)"),
        ("effective_at", "NULL"),
    ],
)
def test_the_database_refuses_the_same_of_a_transfer(ledger, column, value):
    """Write past every operation: a copy of a transfer with one column changed."""
    columns = [field.column for field in Transfer._meta.concrete_fields]
    changed = {"id": "gen_random_uuid()", "reference": "'test:copy'"} | {column: value}
    sql = f"""
        INSERT INTO wallets_transfer ({", ".join(columns)})
        SELECT {", ".join(changed.get(name, name) for name in columns)} FROM wallets_transfer WHERE id = %s
    """
    before = ledger.rows()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, [ledger.credit_id])
    assert ledger.rows() == before
