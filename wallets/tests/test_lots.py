from datetime import timedelta

import pytest

from wallets import ledger_rules, tasks
from wallets.enums import AccountKind, HoldStatus, TransferKind
from wallets.errors import InvalidTime
from wallets.models import Account, Hold, Lot, LotDraw, Transfer
from wallets.operations import accounts, holds, lots
from wallets.tests.factories import NOW, make_wallet

pytestmark = pytest.mark.django_db
TICK, DAY = timedelta(microseconds=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _sound_ledger():
    """End every test with a ledger that has nothing to find."""
    yield
    assert list(ledger_rules.findings()) == []


def remaining(wallet: Account) -> list[int]:
    return list(Lot.objects.filter(account=wallet).order_by("id").values_list("remaining", flat=True))


def test_a_lot_expires_at_its_very_moment():
    wallet = make_wallet((100, NOW + DAY), (30, NOW + 2 * DAY), 7)
    assert lots.expire(at=NOW + DAY - TICK) == 0
    assert lots.expire(at=NOW + DAY) == 1
    wallet.refresh_from_db()
    assert (wallet.points, wallet.lifetime_expired, remaining(wallet)) == (37, 100, [0, 30, 7])


def test_an_expiry_is_a_transfer_named_after_its_lot():
    wallet = make_wallet((100, NOW))
    lots.expire(at=NOW + DAY)
    lot = Lot.objects.get()
    transfer = Transfer.objects.get(kind=TransferKind.EXPIRY)
    expired = accounts.system(AccountKind.EXPIRED)
    assert (transfer.reference, transfer.points, transfer.debit_id, transfer.credit_id, transfer.effective_at) == (
        f"exp:{lot.pk.hex}",
        100,
        wallet.pk,
        expired.pk,
        NOW + DAY,
    )
    assert (transfer.debit_points_after, transfer.credit_points_after, expired.points) == (0, 100, 100)
    assert LotDraw.objects.get(lot=lot, transfer=transfer).points == 100


def test_many_lots_of_many_wallets_expire_in_one_statement(django_assert_num_queries):
    wallets = [make_wallet((10, NOW), (20, NOW), (40, NOW + DAY)) for _ in range(3)]
    accounts.system(AccountKind.EXPIRED)
    with django_assert_num_queries(4):  # savepoint, account, the statement, release
        assert lots.expire(at=NOW) == 6
    assert [remaining(wallet) for wallet in wallets] == [[0, 0, 40]] * 3
    after = (
        Transfer.objects.filter(kind=TransferKind.EXPIRY).order_by("id").values_list("credit_points_after", flat=True)
    )
    assert sorted(after) == list(after)
    assert accounts.system(AccountKind.EXPIRED).points == 90


def test_expire_again_finds_nothing():
    make_wallet((100, NOW))
    assert (lots.expire(at=NOW), lots.expire(at=NOW), Transfer.objects.filter(kind="expiry").count()) == (1, 0, 1)


def test_what_is_held_does_not_expire_and_can_be_taken():
    wallet = make_wallet((100, NOW))
    hold = holds.place(account_id=wallet.pk, points=30, reference="hold:1", at=NOW - DAY)
    assert (lots.expire(at=NOW), lots.expire(at=NOW), remaining(wallet)) == (1, 0, [30])
    holds.capture(hold.pk, at=NOW + DAY)
    wallet.refresh_from_db()
    assert (wallet.points, wallet.lifetime_expired, wallet.lifetime_redeemed) == (0, 70, 30)
    assert lots.expire(at=NOW + DAY) == 0


def test_a_hold_keeps_the_points_that_it_would_take():
    wallet = make_wallet((100, NOW), (50, NOW), (200, NOW + DAY))
    holds.place(account_id=wallet.pk, points=120, reference="hold:1", at=NOW - DAY)
    assert (lots.expire(at=NOW), remaining(wallet)) == (1, [100, 20, 200])


def test_what_a_hold_kept_expires_once_it_is_released():
    wallet = make_wallet((100, NOW))
    first = holds.place(account_id=wallet.pk, points=30, reference="hold:1", at=NOW - DAY)
    second = holds.place(account_id=wallet.pk, points=20, reference="hold:2", at=NOW - DAY)
    assert lots.expire(at=NOW) == 1
    holds.release(first.pk, at=NOW)
    assert lots.expire(at=NOW) == 1
    holds.release(second.pk, at=NOW)
    assert lots.expire(at=NOW) == 1
    lot = Lot.objects.get()
    references = Transfer.objects.filter(kind="expiry").order_by("id").values_list("reference", "points")
    assert list(references) == [(f"exp:{lot.pk.hex}:50", 50), (f"exp:{lot.pk.hex}:20", 30), (f"exp:{lot.pk.hex}", 20)]


def test_a_lot_that_was_half_spent_loses_the_other_half():
    wallet = make_wallet((100, NOW))
    hold = holds.place(account_id=wallet.pk, points=40, reference="hold:1", at=NOW - DAY)
    holds.capture(hold.pk, at=NOW - DAY)
    assert (lots.expire(at=NOW), Transfer.objects.get(kind="expiry").points) == (1, 60)


def test_held_lots_do_not_stand_in_the_way_of_others():
    held = [make_wallet((10, NOW - DAY)) for _ in range(3)]
    for number, wallet in enumerate(held):
        holds.place(account_id=wallet.pk, points=10, reference=f"hold:{number}", at=NOW - 2 * DAY)
    free = make_wallet((10, NOW))
    assert (lots.expire(at=NOW, limit=1), remaining(free)) == (1, [0])


def test_expire_goes_on_where_its_limit_stopped():
    for _ in range(5):
        make_wallet((10, NOW))
    assert [lots.expire(at=NOW, limit=2) for _ in range(4)] == [2, 2, 1, 0]


def test_expire_needs_a_time_with_its_zone():
    with pytest.raises(InvalidTime):
        lots.expire(at=NOW.replace(tzinfo=None))


def test_the_task_frees_old_holds_before_it_expires_lots():
    wallet = make_wallet((100, NOW))
    holds.place(account_id=wallet.pk, points=30, reference="hold:1", at=NOW - DAY, expires_at=NOW)
    tasks.expire_lots()
    assert (Hold.objects.get().status, remaining(wallet)) == (HoldStatus.EXPIRED, [0])
