"""Points past their date, before the expiry run has moved them."""

from datetime import timedelta

import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from wallets import ledger_rules, queries
from wallets.enums import AccountKind, HoldStatus, TransferKind
from wallets.errors import InsufficientPoints
from wallets.models import Account, Hold, Lot
from wallets.operations import accounts, holds, lots, reversals
from wallets.operations.transfers import NewTransfer, post
from wallets.tests.factories import NOW, make_budget, make_wallet, move, new_reference

pytestmark = pytest.mark.django_db
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


@pytest.fixture(autouse=True)
def _sound_ledger():
    """End every test with a ledger that has nothing to find."""
    yield
    assert list(ledger_rules.findings()) == []


@pytest.fixture
def wallet() -> Account:
    """Give a wallet of 100 points that are due now and 50 that are not."""
    return make_wallet((100, NOW), (50, NOW + 9 * DAY))


def spend(wallet: Account, points: int, **fields: object) -> NewTransfer:
    defaults = {"kind": TransferKind.REDEMPTION, "reference": new_reference()}
    redeemed = accounts.system(AccountKind.REDEEMED)
    return NewTransfer(debit_id=wallet.pk, credit_id=redeemed.pk, points=points, **(defaults | fields))


def hold(wallet: Account, points: int, **fields: object) -> Hold:
    return holds.place(**{"account_id": wallet.pk, "points": points, "reference": new_reference(), "at": NOW} | fields)


def remaining(wallet: Account) -> list[int]:
    return list(Lot.objects.filter(account=wallet).order_by("expires_at", "id").values_list("remaining", flat=True))


def test_overdue_counts_from_the_very_moment(wallet):
    assert [lots.overdue(wallet.pk, at=NOW + tick) for tick in (-TICK, 0 * TICK, DAY)] == [0, 100, 100]


def test_what_is_overdue_is_not_shown_as_available(wallet):
    with time_machine.travel(NOW - TICK, tick=False):
        before = queries.wallet(wallet.person)
    with time_machine.travel(NOW, tick=False):
        after = queries.wallet(wallet.person)
        balances = queries.balances([wallet.person_id])
    assert (before.available, [each.points for each in before.expiring]) == (150, [100, 50])
    assert (after.available, [each.points for each in after.expiring]) == (50, [50])
    assert balances == {wallet.person_id: (50, 0)}


@pytest.mark.parametrize("kind", [TransferKind.REDEMPTION, TransferKind.ADJUSTMENT, TransferKind.PAYOUT])
def test_what_is_overdue_cannot_be_spent(wallet, kind):
    in_time, too_many, the_rest = post([spend(wallet, 51, kind=kind), spend(wallet, 50, kind=kind)], at=NOW), None, None
    too_many, the_rest = in_time
    assert (type(too_many.error), the_rest.error, remaining(wallet)) == (InsufficientPoints, None, [100, 0])
    assert (lots.expire(at=NOW), remaining(wallet)) == (1, [0, 0])


def test_a_moment_before_its_date_it_is_spent_first(wallet):
    assert post([spend(wallet, 120)], at=NOW - TICK)[0].error is None
    assert remaining(wallet) == [0, 30]


def test_what_is_overdue_cannot_be_held(wallet):
    with pytest.raises(InsufficientPoints, match="50 points are available, 51 are needed"):
        hold(wallet, 51)
    kept = hold(wallet, 50)
    assert (lots.expire(at=NOW), remaining(wallet)) == (1, [0, 50])
    holds.capture(kept.pk, at=NOW + DAY)
    assert remaining(wallet) == [0, 0]


def test_what_is_overdue_cannot_be_taken_back(wallet):
    budget = make_budget()
    given = move(budget, wallet, 20, at=NOW).transfer_id
    post([spend(wallet, 60)], at=NOW)
    answer = reversals.reverse(given, points=None, reference="test:reversal", at=NOW)
    assert (answer.points, answer.shortfall, remaining(wallet)) == (10, 10, [100, 0, 0])


def test_as_many_as_there_are_leaves_what_is_overdue(wallet):
    [posting] = post([spend(wallet, 1000, kind=TransferKind.FORFEITURE, at_most=True)], at=NOW)
    assert (posting.points, posting.shortfall, remaining(wallet)) == (50, 950, [100, 0])


def test_what_a_hold_kept_is_no_one_elses(wallet):
    kept = hold(wallet, 30, at=NOW - DAY)
    too_many, the_rest = post([spend(wallet, 51), spend(wallet, 50)], at=NOW)
    assert (type(too_many.error), the_rest.error, remaining(wallet)) == (InsufficientPoints, None, [100, 0])
    assert (lots.expire(at=NOW), remaining(wallet)) == (1, [30, 0])
    holds.capture(kept.pk, at=NOW)
    assert remaining(wallet) == [0, 0]


def test_a_capture_takes_what_its_hold_kept_before_and_after_the_run(wallet):
    first, second = hold(wallet, 30, at=NOW - DAY), hold(wallet, 80, at=NOW - DAY)
    holds.capture(first.pk, at=NOW)
    assert (lots.expire(at=NOW), remaining(wallet)) == (0, [70, 50])
    holds.capture(second.pk, at=NOW)
    assert remaining(wallet) == [0, 40]


def test_a_younger_hold_does_not_keep_what_an_older_one_gave_back(wallet):
    older, younger = hold(wallet, 30, at=NOW - DAY), hold(wallet, 50, at=NOW)
    assert (lots.expire(at=NOW), remaining(wallet)) == (1, [30, 50])
    holds.release(older.pk, at=NOW)
    assert lots.overdue(wallet.pk, at=NOW) == 30
    assert (lots.expire(at=NOW), remaining(wallet)) == (1, [0, 50])
    holds.capture(younger.pk, at=NOW)


def test_a_credit_pays_nothing_for_it(wallet, django_assert_num_queries):
    budget = make_budget()
    item = NewTransfer(
        debit_id=budget.pk, credit_id=wallet.pk, points=1, kind=TransferKind.CREDIT, reference=new_reference()
    )
    with django_assert_num_queries(1):
        assert post([item], at=NOW)[0].credit_points_after == 151


@pytest.mark.django_db(transaction=False)
@given(
    dates=st.lists(st.tuples(st.integers(1, 40), st.integers(1, 6)), min_size=1, max_size=5),
    asked=st.lists(st.tuples(st.integers(1, 30), st.integers(0, 6)), max_size=5),
    released=st.sets(st.integers(0, 4)),
)
@settings(max_examples=60, deadline=None)
def test_the_oldest_hold_keeps_the_lots_that_expire_first(dates, asked, released):
    """Against a plain list: each hold, the oldest first, keeps points of the earliest lots that it was in time for."""
    wallet = make_wallet(*[(points, NOW + day * DAY) for points, day in dates])
    placed: list[tuple[int, int]] = []
    for number, (points, day) in enumerate(sorted(asked, key=lambda each: each[1])):
        try:
            one = hold(wallet, points, at=NOW + day * DAY)
        except InsufficientPoints:
            continue
        if number in released:
            holds.release(one.pk, at=NOW + day * DAY)
        else:
            placed.append((points, day))
    left = [[day, points] for points, day in sorted(dates, key=lambda each: each[1])]
    for points, day in placed:
        for lot in left:
            kept = min(points, lot[1]) if lot[0] > day else 0
            lot[1], points = lot[1] - kept, points - kept  # noqa: PLW2901
        assert points == 0
    for day in range(8):
        gone = sum(points for date, points in left if date <= day)
        assert lots.overdue(wallet.pk, at=NOW + day * DAY) == gone
    points = Account.objects.get(pk=wallet.pk).points
    while lots.expire(at=NOW + 7 * DAY):
        pass
    assert points - Account.objects.get(pk=wallet.pk).points == sum(points for _, points in left)
    for one in Hold.objects.filter(account=wallet, status=HoldStatus.PLACED).order_by("?"):
        holds.capture(one.pk, at=NOW + 7 * DAY)
    assert (Account.objects.get(pk=wallet.pk).points, sum(remaining(wallet))) == (0, 0)
