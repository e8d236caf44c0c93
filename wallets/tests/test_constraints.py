"""Each promise of the database is broken once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from people.tests.factories import make_person
from wallets.enums import AccountKind, TransferKind
from wallets.models import Account, Hold, Lot, LotDraw, LotReturn, Transfer
from wallets.models.account import ACCOUNT_POINTS_MAX, TRANSFER_POINTS_MAX
from wallets.operations import accounts, holds, refunds
from wallets.tests.factories import NOW, make_budget, make_wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet() -> Account:
    """Give a wallet of 300 points with a lot, a draw, a captured hold and an open one of 50."""
    wallet = make_wallet((400, NOW + timedelta(days=1)))
    taken = holds.place(account_id=wallet.pk, points=100, reference="hold:taken", at=NOW)
    holds.capture(taken.pk, at=NOW)
    holds.place(account_id=wallet.pk, points=50, reference="hold:open", at=NOW)
    return wallet


def refused(match: str, write: Callable[[], object]) -> None:
    """Assert that the database refuses a write with an integrity error that names the constraint."""
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        write()


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("account_held_not_negative", {"held": -1}),
        ("account_above_floor", {"points": 49}),
        ("account_above_floor", {"held": 301}),
        ("account_wallet_floor_is_zero", {"floor": -1}),
        ("account_wallet_floor_is_zero", {"floor": None}),
        ("account_points_range", {"points": ACCOUNT_POINTS_MAX + 1}),
        ("account_lifetime_not_negative", {"lifetime_earned": -1}),
        ("account_lifetime_not_negative", {"lifetime_redeemed": -1}),
        ("account_lifetime_not_negative", {"lifetime_expired": -1}),
        ("account_closed_is_empty", {"closed_at": NOW}),
    ],
)
def test_account_checks(wallet, constraint, fields):
    refused(constraint, lambda: Account.objects.filter(pk=wallet.pk).update(**fields))


def test_account_kinds_are_known_and_wallets_alone_have_a_person():
    refused("account_kind_known", lambda: Account.objects.create(kind="purse"))
    refused("account_wallet_has_person", lambda: Account.objects.create(kind=AccountKind.WALLET))
    person = make_person()
    refused("account_wallet_has_person", lambda: Account.objects.create(kind=AccountKind.BUDGET, person=person))


@pytest.mark.parametrize("kind", sorted(accounts.SYSTEM_KINDS))
def test_there_is_one_account_of_each_system_kind(kind):
    accounts.system(kind)
    refused("account_one_of_each_system_kind", lambda: Account.objects.create(kind=kind))


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("transfer_points_range", {"points": 0}),
        ("transfer_points_range", {"points": TRANSFER_POINTS_MAX + 1}),
        ("transfer_two_accounts", {"credit": "debit"}),
        ("transfer_kind_known", {"kind": "gift"}),
        ("transfer_shortfall_not_negative", {"shortfall": -1}),
        ("transfer_reference_not_empty", {"reference": ""}),
        ("transfer_reference_once", {"reference": "hold:taken"}),
    ],
)
def test_transfer_checks(wallet, constraint, fields):
    budget = make_budget()
    if fields.get("credit") == "debit":
        fields = {"credit": budget}
    good = {
        "debit": budget,
        "credit": wallet,
        "points": 1,
        "kind": TransferKind.CREDIT,
        "reference": "test:new",
        "effective_at": NOW,
        "debit_points_after": 0,
        "credit_points_after": 0,
    }
    refused(constraint, lambda: Transfer.objects.create(**(good | fields)))


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("lot_points_positive", {"points": 0, "remaining": 0}),
        ("lot_remaining_range", {"remaining": -1}),
        ("lot_remaining_range", {"remaining": 101}),
        ("lot_expires_after_earned", {"expires_at": NOW}),
        ("wallets_lot_transfer_id_key", {"transfer": None}),
    ],
)
def test_lot_checks(wallet, constraint, fields):
    capture = Transfer.objects.get(reference="hold:taken")
    good = {"account": wallet, "transfer": capture, "points": 100, "remaining": 100, "earned_at": NOW}
    if "transfer" in fields:
        fields = {"transfer": Lot.objects.get().transfer}
    refused(constraint, lambda: Lot.objects.create(**(good | fields)))


def test_draw_checks(wallet):
    lot, draw = Lot.objects.get(), LotDraw.objects.get()
    other = Transfer.objects.exclude(pk=draw.transfer_id).first()
    refused("lot_draw_points_positive", lambda: LotDraw.objects.create(lot=lot, transfer=other, points=0))
    twice = LotDraw(lot_id=draw.lot_id, transfer_id=draw.transfer_id, points=1)
    refused("wallets_lotdraw_pkey", lambda: LotDraw.objects.bulk_create([twice]))


@pytest.mark.parametrize(
    ("constraint", "fields"),
    [
        ("hold_points_positive", {"points": 0}),
        ("hold_reference_not_empty", {"reference": ""}),
        ("hold_status_known", {"status": "lost", "closed_at": NOW}),
        ("hold_closed_at_when_closed", {"closed_at": NOW}),
        ("hold_closed_at_when_closed", {"status": "released"}),
        ("hold_transfer_when_captured", {"status": "captured", "closed_at": NOW}),
        ("hold_transfer_when_captured", {"status": "released", "closed_at": NOW, "transfer": "credit"}),
        ("wallets_hold_reference_key", {"reference": "hold:open"}),
    ],
)
def test_hold_checks(wallet, constraint, fields):
    if "transfer" in fields:
        fields = fields | {"transfer": Lot.objects.get().transfer}
    good = {"account": wallet, "points": 1, "reference": "hold:new", "placed_at": NOW}
    refused(constraint, lambda: Hold.objects.create(**(good | fields)))


@pytest.mark.parametrize("table", ["transfer", "lotdraw", "lotreturn", "hold", "lot", "account"])
def test_nothing_of_the_ledger_is_deleted_or_emptied(wallet, table):
    refunds.refund(Hold.objects.get(status="captured").transfer_id, points=1, reference="test:refund", at=NOW)
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    refused("refuses DELETE: its rows are kept", lambda: execute(f"DELETE FROM wallets_{table}"))
    refused("refuses TRUNCATE: its rows are kept", lambda: execute(f"TRUNCATE wallets_{table} CASCADE"))


def test_transfers_and_draws_never_change(wallet):
    refused("wallets_transfer refuses UPDATE", lambda: Transfer.objects.update(effective_at=NOW))
    refused("wallets_lotdraw refuses UPDATE", lambda: LotDraw.objects.update(points=1))


def test_a_closed_hold_never_changes_and_an_open_one_only_closes(wallet):
    closed, opened = Hold.objects.filter(status="captured"), Hold.objects.filter(status="placed")
    other = make_wallet()
    refused("wallets_hold refuses UPDATE", lambda: closed.update(status="released", transfer=None))
    for fields in (
        {"points": 49},
        {"account": other},
        {"reference": "hold:x"},
        {"expires_at": NOW},
        {"placed_at": NOW},
    ):
        changed = fields | ({"placed_at": NOW + timedelta(days=1)} if "placed_at" in fields else {})
        refused("wallets_hold refuses UPDATE", lambda changed=changed: opened.update(**changed))
    assert opened.update(status="released", closed_at=NOW) == 1


def test_a_lot_only_runs_down(wallet):
    rows = Lot.objects.filter(account=wallet)
    later = NOW + timedelta(days=9)
    for fields in (
        {"remaining": 301},
        {"points": 500},
        {"expires_at": later},
        {"earned_at": NOW - timedelta(days=999)},
    ):
        refused("wallets_lot refuses UPDATE", lambda fields=fields: rows.update(**fields))


def test_a_lot_fills_by_a_return_and_never_beyond_what_it_began_with(wallet):
    taken, [lot] = Hold.objects.get(status="captured"), Lot.objects.filter(account=wallet)
    refund = refunds.refund(taken.transfer_id, points=60, reference="test:refund", at=NOW)
    lot.refresh_from_db()
    assert (lot.remaining, LotReturn.objects.get(lot=lot).points) == (360, 60)
    refused("wallets_lot refuses UPDATE", lambda: Lot.objects.filter(pk=lot.pk).update(remaining=361))
    other = Transfer.objects.exclude(pk=refund.transfer_id).first()
    refused("lot_remaining_range", lambda: LotReturn.objects.create(lot=lot, transfer=other, points=41))
    refused("lot_return_points_positive", lambda: LotReturn.objects.create(lot=lot, transfer=other, points=0))
    refused("wallets_lotreturn refuses UPDATE", lambda: LotReturn.objects.update(points=1))


def test_a_closed_account_stays_closed_and_empty():
    account = accounts.close(accounts.open_budget("Spot awards").pk, at=NOW)
    rows = Account.objects.filter(pk=account.pk)
    refused("wallets_account refuses UPDATE", lambda: rows.update(closed_at=None))
    refused("account_closed_is_empty", lambda: rows.update(points=1))


def test_an_account_keeps_its_kind_and_its_owner(wallet):
    rows = Account.objects.filter(pk=wallet.pk)
    other = make_person()
    refused("wallets_account refuses UPDATE", lambda: rows.update(person=other))
    refused("wallets_account refuses UPDATE", lambda: rows.update(kind="budget", person=None))
    assert rows.update(name="Kept") == 1
