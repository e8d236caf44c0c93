import uuid
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import DatabaseError, IntegrityError, transaction

from wallets import ledger_rules
from wallets.enums import AccountKind, TransferKind
from wallets.errors import (
    InsufficientPoints,
    InvalidTime,
    OverRefund,
    PointsOutOfRange,
    ReferenceConflict,
    SameAccount,
    UnknownAccount,
)
from wallets.models import Account, Lot, LotDraw, Transfer
from wallets.models.account import ACCOUNT_POINTS_MAX, TRANSFER_POINTS_MAX
from wallets.operations import accounts, holds, transfers
from wallets.operations.transfers import NewTransfer, post
from wallets.tests.factories import NOW, make_budget, make_wallet, move, new_reference
from wallets.tests.refusals import BAD_POINTS, BAD_REFERENCE, FUTURE, NO_ZONE, refusal

pytestmark = pytest.mark.django_db
TOO_EARLY = (
    InvalidTime,
    "Points must expire later than now, and after they are earned. Give a later `expires_at`.",
    None,
)
NEVER, SOON, LATER = None, NOW + timedelta(days=10), NOW + timedelta(days=90)


@pytest.fixture(autouse=True)
def _sound_ledger():
    """End every test with a ledger that has nothing to find."""
    yield
    assert list(ledger_rules.findings()) == []


def new(debit: Account, credit: Account, points: int, **fields: object) -> NewTransfer:
    fields = {"kind": TransferKind.CREDIT, "reference": new_reference()} | fields
    return NewTransfer(debit_id=debit.pk, credit_id=credit.pk, points=points, **fields)


def points_of(*accounts_: Account) -> list[int]:
    return [Account.objects.get(pk=account.pk).points for account in accounts_]


def lots_of(wallet: Account) -> list[tuple[int, int, datetime | None]]:
    return list(Lot.objects.filter(account=wallet).order_by("id").values_list("points", "remaining", "expires_at"))


def test_credit_moves_points_and_opens_a_lot():
    budget, wallet = make_budget(1000), make_wallet()
    [posting] = post([new(budget, wallet, 400, reference="test:same", expires_at=LATER)], at=NOW)
    transfer = Transfer.objects.get(reference="test:same")
    assert posting == transfers.Posting(
        reference="test:same",
        transfer_id=transfer.pk,
        debit_points_after=600,
        credit_points_after=400,
        credit_held=0,
        replayed=False,
        error=None,
        points=400,
        shortfall=0,
    )
    assert (transfer.debit_id, transfer.credit_id, transfer.points, transfer.kind, transfer.effective_at) == (
        budget.pk,
        wallet.pk,
        400,
        TransferKind.CREDIT,
        NOW,
    )
    assert (transfer.debit_points_after, transfer.credit_points_after, transfer.reverses_id) == (600, 400, None)
    lot = Lot.objects.get()
    assert (lot.account_id, lot.transfer_id, lot.points, lot.remaining, lot.earned_at, lot.expires_at) == (
        wallet.pk,
        transfer.pk,
        400,
        400,
        NOW,
        LATER,
    )
    wallet.refresh_from_db()
    assert (wallet.points, wallet.lifetime_earned, points_of(budget)) == (400, 400, [600])


def test_ids_are_uuid7_in_the_order_of_the_balances():
    budget, wallet = make_budget(), make_wallet()
    for _ in range(5):
        post([new(budget, wallet, 1) for _ in range(20)], at=NOW)
    after = list(Transfer.objects.filter(credit=wallet).order_by("id").values_list("credit_points_after", flat=True))
    assert after == list(range(1, 101))
    key = Transfer.objects.filter(credit=wallet).latest("id").pk
    assert (key.version, key.variant) == (7, uuid.RFC_4122)


def test_spending_takes_the_lots_that_expire_first_and_those_that_never_do_last():
    wallet = make_wallet((100, NEVER), (50, LATER), (30, SOON))
    redeemed = accounts.system(AccountKind.REDEEMED)
    posting = move(wallet, redeemed, 120, kind=TransferKind.REDEMPTION)
    assert lots_of(wallet) == [(100, 60, NEVER), (50, 0, LATER), (30, 0, SOON)]
    draws = LotDraw.objects.filter(transfer_id=posting.transfer_id).order_by("lot__expires_at")
    assert [draw.points for draw in draws] == [30, 50, 40]
    wallet.refresh_from_db()
    assert (wallet.points, wallet.lifetime_earned, wallet.lifetime_redeemed) == (60, 180, 120)


def test_a_refused_item_in_the_middle_leaves_the_others():
    budget, ana, ben = make_budget(100), make_wallet(), make_wallet()
    first, refused, last = post([new(budget, ana, 60), new(budget, ben, 41), new(budget, ben, 40)], at=NOW)
    assert (first.error, type(refused.error), last.error) == (None, InsufficientPoints, None)
    assert (refused.transfer_id, refused.debit_points_after, refused.credit_points_after) == (None, None, None)
    assert points_of(budget, ana, ben) == [0, 60, 40]


def test_items_are_judged_in_the_given_order():
    budget, ana, ben = make_budget(100), make_wallet(), make_wallet()
    give, take = new(budget, ana, 100), new(ana, ben, 100)
    assert [type(posting.error) for posting in post([take, give], at=NOW)] == [InsufficientPoints, type(None)]
    [taken] = post([take], at=NOW)
    assert (taken.error, points_of(budget, ana, ben)) == (None, [0, 0, 100])


def test_a_wallet_may_spend_what_the_same_list_gave_it():
    budget, wallet, redeemed = make_budget(), make_wallet((10, LATER)), accounts.system(AccountKind.REDEEMED)
    postings = post(
        [
            new(budget, wallet, 30, expires_at=SOON),
            new(wallet, redeemed, 35, kind=TransferKind.REDEMPTION),
            new(budget, wallet, 20, expires_at=SOON - timedelta(days=1)),
        ],
        at=NOW,
    )
    assert [(posting.debit_points_after, posting.error) for posting in postings[1:2]] == [(5, None)]
    assert lots_of(wallet) == [(10, 5, LATER), (30, 0, SOON), (20, 20, SOON - timedelta(days=1))]


def test_a_budget_is_exhausted_exactly():
    budget, wallets = make_budget(1000), [make_wallet() for _ in range(3)]
    postings = post([new(budget, wallets[i % 3], 7) for i in range(200)], at=NOW)
    assert [posting.error is None for posting in postings] == [True] * 142 + [False] * 58
    assert points_of(budget) == [6]
    assert post([new(budget, wallets[0], 6)], at=NOW)[0].debit_points_after == 0


def test_what_is_held_cannot_be_spent():
    wallet, redeemed = make_wallet(100), accounts.system(AccountKind.REDEEMED)
    holds.place(account_id=wallet.pk, points=60, reference="test:hold", at=NOW)
    more, all_left = post([new(wallet, redeemed, 41), new(wallet, redeemed, 40)], at=NOW)
    assert (type(more.error), all_left.error, points_of(wallet)) == (InsufficientPoints, None, [60])


def test_funding_has_no_floor_and_reports_what_a_wallet_holds():
    funding, wallet = accounts.system(AccountKind.FUNDING), make_wallet(100)
    holds.place(account_id=wallet.pk, points=30, reference="test:hold", at=NOW)
    posting = move(funding, wallet, TRANSFER_POINTS_MAX)
    assert (posting.credit_points_after, posting.credit_held) == (TRANSFER_POINTS_MAX + 100, 30)


def test_a_reference_with_quotes_and_backslashes_is_kept_as_it_is():
    budget, wallet = make_budget(), make_wallet()
    references = ['a"b', "a\\b", '\\"', "{a,b}", "NULL"]
    post([new(budget, wallet, 1, reference=reference) for reference in references], at=NOW)
    kept = Transfer.objects.filter(credit=wallet).values_list("reference", flat=True)
    assert sorted(kept) == sorted(references)


def test_the_same_reference_again_is_replayed_and_moves_nothing():
    budget, wallet = make_budget(100), make_wallet()
    item = new(budget, wallet, 60, expires_at=SOON)
    [first] = post([item], at=NOW)
    move(budget, wallet, 1)
    [again] = post([item], at=NOW + timedelta(days=1))
    assert again == transfers.Posting(
        reference=item.reference,
        transfer_id=first.transfer_id,
        debit_points_after=40,
        credit_points_after=60,
        credit_held=0,
        replayed=True,
        error=None,
        points=60,
        shortfall=0,
    )
    assert points_of(budget, wallet) == [39, 61]


@pytest.mark.parametrize("change", ["points", "kind", "credit", "reverses_id"])
def test_the_same_reference_for_something_else_is_a_conflict(change):
    budget, ana, ben = make_budget(), make_wallet(), make_wallet()
    fields = {"debit": budget, "credit": ana, "points": 60, "kind": TransferKind.CREDIT, "reference": "test:same"}
    first = move(**fields)
    changed = {"points": 61, "kind": TransferKind.ADJUSTMENT, "credit": ben, "reverses_id": first.transfer_id}
    [posting] = post([new(**fields | {change: changed[change]})], at=NOW)
    assert (type(posting.error), posting.replayed, points_of(ana, ben)) == (ReferenceConflict, False, [60, 0])


def test_a_reference_twice_in_one_list_has_one_effect():
    budget, wallet = make_budget(100), make_wallet()
    item = new(budget, wallet, 60)
    other = new(budget, wallet, 61, reference=item.reference)
    first, again, conflict = post([item, item, other], at=NOW)
    assert (first.replayed, again.replayed, again.transfer_id) == (False, True, first.transfer_id)
    assert (again.debit_points_after, again.credit_points_after) == (40, 60)
    assert (type(conflict.error), points_of(budget, wallet)) == (ReferenceConflict, [40, 60])


def test_a_refused_reference_may_be_used_by_the_next_item():
    budget, wallet = make_budget(100), make_wallet()
    refused = new(budget, wallet, 101)
    taken = new(budget, wallet, 100, reference=refused.reference)
    assert [type(posting.error) for posting in post([refused, taken], at=NOW)] == [InsufficientPoints, type(None)]


def test_unknown_accounts_are_refused_on_either_side():
    budget, wallet, nobody = make_budget(), make_wallet(), Account(id=uuid.UUID(int=0))
    low, high = post([new(nobody, wallet, 1), new(budget, Account(), 1)], at=NOW)
    assert (type(low.error), type(high.error)) == (UnknownAccount, UnknownAccount)
    assert points_of(wallet) == [0]


def test_an_account_never_holds_more_than_json_can_say():
    funding, budget = accounts.system(AccountKind.FUNDING), make_budget(0)
    times = ACCOUNT_POINTS_MAX // TRANSFER_POINTS_MAX
    postings = post([new(funding, budget, TRANSFER_POINTS_MAX) for _ in range(times + 1)], at=NOW)
    assert [posting.error is None for posting in postings] == [True] * times + [False]
    assert type(postings[-1].error) is PointsOutOfRange


def test_a_refund_lowers_what_was_redeemed_and_never_below_nothing():
    wallet, redeemed = make_wallet(100), accounts.system(AccountKind.REDEEMED)
    move(make_wallet(50), redeemed, 50, kind=TransferKind.REDEMPTION)
    spent = move(wallet, redeemed, 40, kind=TransferKind.REDEMPTION)
    refund = {"kind": TransferKind.REFUND, "reverses_id": spent.transfer_id, "expires_at": LATER}
    first, over = post([new(redeemed, wallet, 25, **refund), new(redeemed, wallet, 16, **refund)], at=NOW)
    assert (first.error, type(over.error)) == (None, OverRefund)
    wallet.refresh_from_db()
    assert (wallet.points, wallet.lifetime_earned, wallet.lifetime_redeemed) == (85, 100, 15)


def test_a_reversal_lowers_what_was_earned():
    budget, wallet = make_budget(), make_wallet()
    credit = move(budget, wallet, 100)
    reversed_account = accounts.system(AccountKind.REVERSED)
    move(wallet, reversed_account, 30, kind=TransferKind.REVERSAL, reverses_id=credit.transfer_id)
    wallet.refresh_from_db()
    assert (wallet.points, wallet.lifetime_earned, points_of(reversed_account)) == (70, 70, [30])


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"points": 0}, BAD_POINTS),
        ({"points": -1}, BAD_POINTS),
        ({"points": True}, BAD_POINTS),
        ({"points": 1.0}, BAD_POINTS),
        ({"points": float("nan")}, BAD_POINTS),
        ({"points": "1"}, BAD_POINTS),
        ({"points": None}, BAD_POINTS),
        ({"points": TRANSFER_POINTS_MAX + 1}, BAD_POINTS),
        ({"reference": ""}, BAD_REFERENCE),
        ({"reference": "x" * 81}, BAD_REFERENCE),
        ({"reference": "a\0b"}, BAD_REFERENCE),
        ({"effective_at": datetime(2026, 6, 1)}, NO_ZONE),  # noqa: DTZ001
        ({"expires_at": datetime(2027, 6, 1)}, NO_ZONE),  # noqa: DTZ001
        ({"expires_at": NOW}, TOO_EARLY),
        ({"expires_at": SOON, "effective_at": SOON}, TOO_EARLY),
    ],
)
def test_what_no_account_could_take_is_refused_before_the_database_is_asked(fields, refused, django_assert_num_queries):
    budget, wallet = make_budget(100), make_wallet()
    good, bad = new(budget, wallet, 1), new(**({"debit": budget, "credit": wallet, "points": 1} | fields))
    with django_assert_num_queries(0):
        assert refusal(lambda: post([good, bad], at=NOW)) == refused
    assert points_of(wallet) == [0]


def test_a_transfer_to_itself_and_a_naive_now_are_refused(django_assert_num_queries):
    budget, wallet = make_budget(), make_wallet()
    said = "Points cannot move from an account to itself. Name two accounts."
    with django_assert_num_queries(0):
        assert refusal(lambda: post([new(budget, budget, 1)], at=NOW)) == (SameAccount, said, None)
        assert refusal(lambda: post([new(budget, wallet, 1)], at=NOW.replace(tzinfo=None))) == NO_ZONE


@pytest.mark.parametrize("length", [1, 80])
def test_a_reference_may_be_as_short_and_as_long_as_it_says(length):
    budget, wallet = make_budget(100), make_wallet()
    [posting] = post([new(budget, wallet, 1, reference="x" * length)], at=NOW)
    assert (posting.error, Transfer.objects.get(credit=wallet).reference) == (None, "x" * length)


def test_a_clock_may_be_ten_seconds_ahead_and_no_more():
    budget, wallet = make_budget(), make_wallet()
    with time_machine.travel(NOW, tick=False):
        post([new(budget, wallet, 1)], at=NOW + timedelta(seconds=10))
        late = NOW + timedelta(seconds=10, microseconds=1)
        assert refusal(lambda: post([new(budget, wallet, 1)], at=late)) == FUTURE


def test_more_than_one_transaction_may_hold_is_refused(monkeypatch):
    monkeypatch.setattr(transfers, "TRANSFERS_MAX", 1)
    budget, wallet = make_budget(), make_wallet()
    with pytest.raises(ValueError, match=r"^At most 1 transfers are posted at once\.$"):
        post([new(budget, wallet, 1), new(budget, wallet, 1)], at=NOW)


@pytest.mark.parametrize("count", [0, 1, 100])
def test_any_number_of_items_is_one_statement(count, django_assert_num_queries):
    budget, wallets = make_budget(), [make_wallet((100, LATER)), make_wallet()]
    items = [new(budget, wallets[i % 2], 1, expires_at=SOON) for i in range(count)]
    with django_assert_num_queries(min(count, 1)):
        postings = post(items, at=NOW)
    assert [posting.error for posting in postings] == [None] * count


def test_lots_that_do_not_add_up_stop_a_spend():
    wallet, redeemed = make_wallet(100), accounts.system(AccountKind.REDEEMED)
    with transaction.atomic():
        Lot.objects.filter(account=wallet).update(remaining=99)
        with pytest.raises(DatabaseError, match="run check_ledger"):
            move(wallet, redeemed, 100, kind=TransferKind.REDEMPTION)
        transaction.set_rollback(True)


def test_two_wallets_for_one_person_are_refused_by_the_database():
    wallet = make_wallet()
    with pytest.raises(IntegrityError, match="wallets_account_person_id"), transaction.atomic():
        Account.objects.create(kind=AccountKind.WALLET, person=wallet.person)
