from datetime import timedelta
from uuid import UUID

import pytest

from wallets import ledger_rules
from wallets.enums import AccountKind, TransferKind
from wallets.errors import (
    InvalidReference,
    InvalidTime,
    OverRefund,
    PointsOutOfRange,
    ReferenceConflict,
    UnknownTransfer,
)
from wallets.models import Account, Lot, LotReturn, Transfer
from wallets.operations import accounts, holds, lots, reversals
from wallets.operations.refunds import REFUND_GRACE_DAYS, refund
from wallets.operations.transfers import NewTransfer, post
from wallets.tests.factories import NOW, make_wallet, move
from wallets.tests.refusals import refusal

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
GRACE = timedelta(days=REFUND_GRACE_DAYS)
EARLY, LATE = NOW + DAY, NOW + 50 * DAY


@pytest.fixture(autouse=True)
def _sound_ledger():
    """End every test with a ledger that has nothing to find."""
    yield
    assert list(ledger_rules.findings()) == []


@pytest.fixture
def wallet() -> Account:
    """Give a wallet of 30 points that expire early, 50 that expire late and 20 that never do."""
    return make_wallet((30, EARLY), (50, LATE), 20)


def spend(wallet: Account, points: int, kind: TransferKind = TransferKind.REDEMPTION) -> UUID:
    return move(wallet, accounts.system(AccountKind.REDEEMED), points, kind=kind).transfer_id


def lots_of(wallet: Account) -> dict[str, int]:
    """Return what remains in each lot, by when it expires; lots of grace are the third kind of date."""
    names = {EARLY: "early", LATE: "late", None: "never"}
    rows = Lot.objects.filter(account=wallet).values_list("expires_at", "remaining")
    return {names.get(expires_at, "grace"): remaining for expires_at, remaining in rows}


@pytest.mark.parametrize(
    ("spent", "refunds", "in_time", "too_late"),
    [
        (100, [None], (30, 50, 20, 0), (0, 50, 20, 30)),
        (100, [20], (0, 0, 20, 0), (0, 0, 20, 0)),
        (100, [21], (0, 1, 20, 0), (0, 1, 20, 0)),
        (100, [69, 2], (1, 50, 20, 0), (0, 50, 20, 1)),
        (100, [1, 1, 1, None], (30, 50, 20, 0), (0, 50, 20, 30)),
        (40, [None], (30, 50, 20, 0), (0, 50, 20, 30)),
        (40, [10], (0, 50, 20, 0), (0, 50, 20, 0)),
        (40, [11], (1, 50, 20, 0), (0, 50, 20, 1)),
        (40, [15, 15], (20, 50, 20, 0), (0, 50, 20, 20)),
        (30, [30], (30, 50, 20, 0), (0, 50, 20, 30)),
    ],
)
@pytest.mark.parametrize("is_late", [False, True])
def test_what_was_drawn_last_comes_back_first_into_its_lot_or_with_a_grace(
    wallet, spent, refunds, in_time, too_late, is_late
):
    redemption, at = spend(wallet, spent), EARLY if is_late else NOW
    for number, points in enumerate(refunds):
        refund(redemption, points=points, reference=f"test:refund:{number}", at=at)
    expected = dict(zip(("early", "late", "never"), too_late if is_late else in_time, strict=False))
    grace = list(
        Lot.objects.filter(account=wallet, expires_at=EARLY + GRACE).order_by("id").values_list("points", "remaining")
    )
    assert {name: points for name, points in lots_of(wallet).items() if name != "grace"} == expected
    assert sum(points for points, _ in grace) == sum(left for _, left in grace) == (too_late if is_late else in_time)[3]
    back = spent if None in refunds else sum(refunds)
    wallet.refresh_from_db()
    assert (wallet.points, wallet.lifetime_earned, wallet.lifetime_redeemed) == (100 - spent + back, 100, spent - back)


def test_a_refund_is_a_transfer_that_names_the_redemption_and_its_returns_say_where_it_went(wallet):
    redemption = spend(wallet, 90)
    posting = refund(redemption, points=75, reference="test:refund", at=EARLY)
    transfer = Transfer.objects.get(reference="test:refund")
    assert (posting.transfer_id, posting.points, posting.credit_points_after) == (transfer.pk, 75, 85)
    assert (transfer.kind, transfer.debit_id, transfer.credit_id, transfer.reverses_id) == (
        TransferKind.REFUND,
        accounts.system(AccountKind.REDEEMED).pk,
        wallet.pk,
        redemption,
    )
    returns = LotReturn.objects.filter(transfer=transfer).order_by("points").values_list("points", "lot__expires_at")
    assert list(returns) == [(10, None), (50, LATE)]
    grace = Lot.objects.get(transfer=transfer)
    assert (grace.points, grace.earned_at, grace.expires_at) == (15, EARLY, EARLY + GRACE)


def test_a_payout_that_came_back_is_refunded(wallet):
    payout = spend(wallet, 40, TransferKind.PAYOUT)
    refund(payout, points=None, reference="test:refund", at=NOW)
    wallet.refresh_from_db()
    assert (wallet.points, wallet.lifetime_redeemed) == (100, 0)


def test_what_came_back_can_be_spent_expire_and_come_back_again(wallet):
    refund(spend(wallet, 40), points=None, reference="test:refund:1", at=NOW)
    again = spend(wallet, 40)
    refund(again, points=25, reference="test:refund:2", at=NOW)
    assert (lots_of(wallet), lots.expire(at=EARLY)) == ({"early": 15, "late": 50, "never": 20}, 1)
    refund(again, points=15, reference="test:refund:3", at=EARLY)
    assert lots_of(wallet) == {"early": 0, "late": 50, "never": 20, "grace": 15}


def test_a_lot_that_began_to_expire_never_fills_again_whatever_the_clock_says(wallet):
    redemption = spend(wallet, 10)
    lots.expire(at=EARLY)
    refund(redemption, points=None, reference="test:refund", at=NOW)
    assert lots_of(wallet) == {"early": 0, "late": 50, "never": 20, "grace": 10}


def test_what_a_capture_took_comes_back(wallet):
    hold = holds.place(account_id=wallet.pk, points=40, reference="test:hold", at=NOW)
    captured = holds.capture(hold.pk, at=EARLY)
    refund(captured.transfer_id, points=None, reference="test:refund", at=EARLY)
    assert lots_of(wallet) == {"early": 0, "late": 50, "never": 20, "grace": 30}


@pytest.mark.parametrize("points", [None, 25])
def test_the_same_reference_again_gives_nothing_and_answers_the_same(wallet, points):
    redemption = spend(wallet, 40)
    first = refund(redemption, points=points, reference="test:refund", at=NOW)
    again = refund(redemption, points=points, reference="test:refund", at=NOW + DAY)
    assert (again.replayed, again.transfer_id, again.points) == (True, first.transfer_id, first.points)
    wallet.refresh_from_db()
    assert wallet.points == 60 + first.points
    with pytest.raises(ReferenceConflict):
        refund(redemption, points=24, reference="test:refund", at=NOW)


@pytest.mark.parametrize(("before", "points"), [(0, 41), (30, 11), (40, 1), (40, None)])
def test_no_more_comes_back_than_was_taken(wallet, before, points):
    redemption = spend(wallet, 40)
    spend(wallet, 50)  # of which nothing can come back under the first one's name
    if before:
        refund(redemption, points=before, reference="test:refund:1", at=NOW)
    with pytest.raises(OverRefund):
        refund(redemption, points=points, reference="test:refund:2", at=NOW)
    wallet.refresh_from_db()
    assert (wallet.points, LotReturn.objects.exists()) == (10 + before, before > 0)


def test_one_list_gives_back_no_more_than_was_taken_and_may_spend_it(wallet):
    redemption, redeemed = spend(wallet, 100), accounts.system(AccountKind.REDEEMED)

    def new(number: int, points: int | None) -> NewTransfer:
        return NewTransfer(
            debit_id=redeemed.pk,
            credit_id=wallet.pk,
            points=points,
            kind=TransferKind.REFUND,
            reference=f"test:refund:{number}",
            reverses_id=redemption,
            expires_at=EARLY + GRACE,
        )

    again = NewTransfer(
        debit_id=wallet.pk,
        credit_id=redeemed.pk,
        points=80,
        kind=TransferKind.REDEMPTION,
        reference="test:again",
    )
    postings = post([new(1, 60), new(2, 41), new(3, None), new(4, None), again], at=EARLY)
    assert [(type(each.error), each.points) for each in postings] == [
        (type(None), 60),
        (OverRefund, 0),
        (type(None), 40),
        (OverRefund, 0),
        (type(None), 80),
    ]
    assert lots_of(wallet) == {"early": 0, "late": 0, "never": 20, "grace": 0}


def test_only_what_took_points_from_a_wallet_can_be_refunded(wallet):
    credit = Transfer.objects.filter(credit=wallet).first()
    reversal = reversals.reverse(credit.pk, points=5, reference="test:reversal", at=NOW)
    other = "There is no such redemption. Name a transfer that took points from a wallet."
    took_back = "There is no transfer that gave these points. Name a credit to reverse, or a redemption to refund."
    for transfer_id, said in (
        (credit.pk, other),
        (credit.debit.pk, other),
        (reversal.transfer_id, took_back),
        (UUID(int=0), other),
    ):
        refused = refusal(lambda: refund(transfer_id, points=1, reference="test:refund", at=NOW))  # noqa: B023
        assert refused == (UnknownTransfer, said, None)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"points": 0}, PointsOutOfRange),
        ({"points": -1}, PointsOutOfRange),
        ({"points": True}, PointsOutOfRange),
        ({"points": "1"}, PointsOutOfRange),
        ({"reference": "x" * 81}, InvalidReference),
        ({"at": NOW.replace(tzinfo=None)}, InvalidTime),
    ],
)
def test_refund_refuses_what_cannot_be(wallet, fields, error):
    redemption = spend(wallet, 40)
    with pytest.raises(error):
        refund(redemption, **({"points": 1, "reference": "test:refund", "at": NOW} | fields))
    wallet.refresh_from_db()
    assert wallet.points == 60
