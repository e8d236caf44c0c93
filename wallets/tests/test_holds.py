from datetime import datetime, timedelta
from uuid import UUID

import pytest

from wallets import ledger_rules
from wallets.enums import AccountKind, HoldStatus, TransferKind
from wallets.errors import (
    HoldClosed,
    InsufficientPoints,
    InvalidTime,
    ReferenceConflict,
    UnknownAccount,
    UnknownHold,
)
from wallets.models import Account, Hold, Lot, Transfer
from wallets.operations import accounts, holds
from wallets.tests.factories import NOW, make_budget, make_wallet, move
from wallets.tests.refusals import BAD_POINTS, BAD_REFERENCE, NO_ZONE, refusal

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _sound_ledger():
    """End every test with a ledger that has nothing to find."""
    yield
    assert list(ledger_rules.findings()) == []


def place(wallet: Account, points: int = 60, reference: str = "hold:1", **fields: object) -> Hold:
    return holds.place(**{"account_id": wallet.pk, "points": points, "reference": reference, "at": NOW} | fields)


def points_and_held(wallet: Account) -> tuple[int, int]:
    wallet.refresh_from_db()
    return wallet.points, wallet.held


def test_place_sets_points_aside():
    wallet = make_wallet(100)
    hold = place(wallet, expires_at=NOW + HOUR)
    hold.refresh_from_db()
    assert (hold.status, hold.points, hold.placed_at, hold.expires_at, hold.closed_at, hold.transfer_id) == (
        HoldStatus.PLACED,
        60,
        NOW,
        NOW + HOUR,
        None,
        None,
    )
    assert points_and_held(wallet) == (100, 60)


def test_place_takes_the_last_point_and_not_one_more():
    wallet = make_wallet(100)
    said = "100 points are available, 101 are needed. Choose something smaller."
    assert refusal(lambda: place(wallet, 101)) == (InsufficientPoints, said, None)
    place(wallet, 100)
    said = "0 points are available, 1 are needed. Choose something smaller."
    assert refusal(lambda: place(wallet, 1, "hold:2")) == (InsufficientPoints, said, None)
    assert points_and_held(wallet) == (100, 100)


def test_place_again_with_the_same_reference_is_the_same_hold():
    wallet = make_wallet(100)
    hold = place(wallet)
    assert (place(wallet).pk, points_and_held(wallet)) == (hold.pk, (100, 60))
    for other in (lambda: place(wallet, 61), lambda: place(make_wallet(100))):
        said = "The reference holds other points already. Use a new one."
        assert refusal(other) == (ReferenceConflict, said, None)
    holds.release(hold.pk, at=NOW)
    assert (place(wallet).status, points_and_held(wallet)) == (HoldStatus.RELEASED, (100, 0))


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"points": 0}, BAD_POINTS),
        ({"points": -5}, BAD_POINTS),
        ({"points": True}, BAD_POINTS),
        ({"points": 5.0}, BAD_POINTS),
        ({"points": "5"}, BAD_POINTS),
        ({"reference": ""}, BAD_REFERENCE),
        ({"reference": "x" * 81}, BAD_REFERENCE),
        ({"at": datetime(2026, 6, 1)}, NO_ZONE),  # noqa: DTZ001
        ({"expires_at": datetime(2026, 7, 1)}, NO_ZONE),  # noqa: DTZ001
        (
            {"expires_at": NOW},
            (InvalidTime, "A hold must expire after it is placed. Give a later `expires_at`.", None),
        ),
    ],
)
def test_place_refuses_what_no_wallet_could_hold(fields, refused):
    wallet = make_wallet(100)
    assert refusal(lambda: place(wallet, **fields)) == refused
    assert (points_and_held(wallet), Hold.objects.count()) == ((100, 0), 0)


def test_place_needs_a_wallet():
    for account_id in (make_budget(100).pk, UUID(int=0)):
        refused = refusal(lambda: holds.place(account_id=account_id, points=1, reference="hold:1", at=NOW))  # noqa: B023
        assert refused == (UnknownAccount, "There is no such wallet. Open it first.", None)


def test_capture_redeems_what_was_held_out_of_the_earliest_lots():
    wallet = make_wallet((100, NOW + 2 * HOUR), (50, NOW + HOUR))
    hold = holds.capture(place(wallet, 60).pk, at=NOW + timedelta(minutes=1))
    transfer = Transfer.objects.get(reference="hold:1")
    hold.refresh_from_db()
    assert (hold.status, hold.closed_at, hold.transfer_id) == (
        HoldStatus.CAPTURED,
        NOW + timedelta(minutes=1),
        transfer.pk,
    )
    assert (transfer.kind, transfer.points, transfer.debit_id, transfer.credit_id, transfer.debit_points_after) == (
        TransferKind.REDEMPTION,
        60,
        wallet.pk,
        accounts.system(AccountKind.REDEEMED).pk,
        90,
    )
    assert list(Lot.objects.order_by("expires_at").values_list("remaining", flat=True)) == [0, 90]
    assert (points_and_held(wallet), wallet.lifetime_redeemed) == ((90, 0), 60)


def test_release_gives_the_points_back():
    wallet = make_wallet(100)
    hold = holds.release(place(wallet).pk, at=NOW + HOUR)
    hold.refresh_from_db()
    assert (hold.status, hold.closed_at, hold.transfer_id) == (HoldStatus.RELEASED, NOW + HOUR, None)
    assert (points_and_held(wallet), wallet.lifetime_redeemed) == ((100, 0), 0)


@pytest.mark.parametrize("close", [holds.capture, holds.release])
@pytest.mark.parametrize("again", [holds.capture, holds.release])
def test_a_hold_closes_once(close, again):
    wallet = make_wallet(100)
    hold = place(wallet)
    status = close(hold.pk, at=NOW).status
    before = points_and_held(wallet)
    said = f"These points are no longer held: the hold was {status}."
    assert refusal(lambda: again(hold.pk, at=NOW)) == (HoldClosed, said, None)
    assert points_and_held(wallet) == before


@pytest.mark.parametrize("close", [holds.capture, holds.release])
def test_closing_an_unknown_hold_is_an_error(close):
    assert refusal(lambda: close(UUID(int=0), at=NOW)) == (UnknownHold, "There is no such hold.", None)


def test_capture_refuses_a_reference_that_another_transfer_took():
    wallet = make_wallet(200)
    hold = place(wallet)
    move(wallet, accounts.system(AccountKind.REDEEMED), 60, kind=TransferKind.REDEMPTION, reference="hold:1")
    said = "Another transfer took the reference of this hold."
    assert refusal(lambda: holds.capture(hold.pk, at=NOW)) == (ReferenceConflict, said, None)
    holds.release(hold.pk, at=NOW)


def test_expire_gives_back_what_is_over_at_its_very_moment():
    ana, ben = make_wallet(100), make_wallet(100)
    due, later = place(ana, 30, "hold:1", expires_at=NOW + HOUR), place(ana, 20, "hold:2", expires_at=NOW + 2 * HOUR)
    also_due, for_ever = place(ben, 5, "hold:3", expires_at=NOW + HOUR), place(ben, 6, "hold:4")
    assert holds.expire(at=NOW + HOUR - timedelta(microseconds=1)) == 0
    assert holds.expire(at=NOW + HOUR) == 2
    assert holds.expire(at=NOW + HOUR) == 0
    statuses = [Hold.objects.get(pk=hold.pk).status for hold in (due, also_due, later, for_ever)]
    assert statuses == [HoldStatus.EXPIRED, HoldStatus.EXPIRED, HoldStatus.PLACED, HoldStatus.PLACED]
    assert (points_and_held(ana), points_and_held(ben)) == ((100, 20), (100, 6))
    assert Hold.objects.get(pk=due.pk).closed_at == NOW + HOUR


def test_expire_goes_on_where_its_limit_stopped():
    wallet = make_wallet(100)
    for number in range(5):
        place(wallet, 1, f"hold:{number}", expires_at=NOW + HOUR)
    assert [holds.expire(at=NOW + HOUR, limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert points_and_held(wallet) == (100, 0)


def test_a_hold_whose_time_is_over_cannot_be_captured_also_before_it_was_swept():
    wallet = make_wallet(100)
    hold = place(wallet, expires_at=NOW + HOUR)
    said = "These points are no longer held: the hold ran out. Place a new one."
    assert refusal(lambda: holds.capture(hold.pk, at=NOW + HOUR)) == (HoldClosed, said, None)
    assert (points_and_held(wallet), Hold.objects.get(pk=hold.pk).status) == ((100, 60), HoldStatus.PLACED)
    holds.capture(hold.pk, at=NOW + HOUR - timedelta(microseconds=1))
    assert points_and_held(wallet) == (40, 0)


def test_a_hold_whose_time_is_over_stays_set_aside_until_it_is_released_or_swept():
    wallet = make_wallet(100)
    first, second = (
        place(wallet, 60, "hold:1", expires_at=NOW + HOUR),
        place(wallet, 30, "hold:2", expires_at=NOW + HOUR),
    )
    with pytest.raises(InsufficientPoints, match="10 points are available"):
        place(wallet, 11, "hold:3", at=NOW + HOUR)
    holds.release(first.pk, at=NOW + HOUR)
    assert (holds.expire(at=NOW + HOUR), points_and_held(wallet)) == (1, (100, 0))
    for close in (holds.release, holds.capture):
        with pytest.raises(HoldClosed, match="the hold was expired"):
            close(second.pk, at=NOW + HOUR)
