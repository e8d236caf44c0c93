"""What many take back, give back and spend of the same points at once, on real PostgreSQL with a connection each."""

from datetime import timedelta
from functools import partial

import pytest

from wallets import ledger_rules
from wallets.enums import AccountKind, TransferKind
from wallets.errors import InsufficientPoints, OverRefund
from wallets.models import Account, Transfer
from wallets.operations import accounts, holds, lots
from wallets.operations.refunds import refund
from wallets.operations.reversals import Reversed, reverse
from wallets.operations.transfers import NewTransfer, Posting, post
from wallets.tests.factories import NOW, make_budget, make_wallet, move, new_reference
from wallets.tests.racing import race

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS, TICK = 5, timedelta(microseconds=1)


def spend(wallet: Account, points: int) -> Posting:
    redeemed = accounts.system(AccountKind.REDEEMED)
    new = NewTransfer(
        debit_id=wallet.pk,
        credit_id=redeemed.pk,
        points=points,
        kind=TransferKind.REDEMPTION,
        reference=new_reference("spend"),
    )
    return post([new], at=NOW)[0]


def test_reversals_and_spends_at_once_share_what_was_credited():
    for _ in range(ROUNDS):
        wallet = make_wallet()
        credit = move(make_budget(100), wallet, 100).transfer_id
        take = [partial(reverse, credit, points=30, reference=new_reference("take"), at=NOW) for _ in range(5)]
        outcomes = race([*take, *[partial(spend, wallet, 30)] * 5])
        taken = sum(one.points for one in outcomes if isinstance(one, Reversed))
        spent = sum(one.points for one in outcomes if isinstance(one, Posting))
        assert all(isinstance(one, Reversed | Posting) for one in outcomes)
        assert taken + spent + Account.objects.get(pk=wallet.pk).points == 100
        assert all(one.points + one.shortfall == 30 for one in outcomes if isinstance(one, Reversed))
    assert list(ledger_rules.findings()) == []


def test_reversals_at_once_never_take_more_than_the_credit_gave():
    wallet = make_wallet(1000)
    credit = move(make_budget(100), wallet, 100).transfer_id
    take = [partial(reverse, credit, points=30, reference=new_reference("take"), at=NOW) for _ in range(10)]
    assert sorted(one.points for one in race(take)) == [0] * 6 + [10, 30, 30, 30]
    assert list(ledger_rules.findings()) == []


def test_refunds_at_once_never_give_more_than_was_taken():
    for _ in range(ROUNDS):
        wallet = make_wallet(100)
        redemption = spend(wallet, 100).transfer_id
        outcomes = race(
            [partial(refund, redemption, points=30, reference=new_reference("back"), at=NOW) for _ in range(10)]
        )
        kinds = [type(one) for one in outcomes]
        assert (kinds.count(Posting), kinds.count(OverRefund)) == (3, 7)
        assert Account.objects.get(pk=wallet.pk).points == 90
    assert list(ledger_rules.findings()) == []


def test_one_refund_asked_for_by_ten_at_once_is_given_once():
    wallet = make_wallet(100)
    redemption = spend(wallet, 100).transfer_id
    outcomes = race([partial(refund, redemption, points=None, reference="test:refund", at=NOW)] * 10)
    assert sorted(one.replayed for one in outcomes) == [False] + [True] * 9
    assert (Transfer.objects.filter(kind=TransferKind.REFUND).count(), list(ledger_rules.findings())) == (1, [])


def test_a_hold_and_the_expiry_run_at_once_lose_no_point_and_keep_none_twice():
    for _ in range(ROUNDS):
        wallet = make_wallet((100, NOW), (40, NOW + timedelta(days=1)))
        place = partial(holds.place, account_id=wallet.pk, points=60, at=NOW - TICK)
        outcomes = race([partial(place, reference=new_reference("hold")), partial(lots.expire, at=NOW)])
        late = isinstance(outcomes[0], InsufficientPoints)
        wallet.refresh_from_db()
        assert (wallet.points, wallet.held) == ((40, 0) if late else (100, 60))
    assert list(ledger_rules.findings()) == []
