from datetime import timedelta
from uuid import UUID

import pytest

from wallets import ledger_rules
from wallets.enums import AccountKind, TransferKind
from wallets.errors import (
    InvalidReference,
    InvalidTime,
    OverReversal,
    PointsOutOfRange,
    ReferenceConflict,
    UnknownTransfer,
)
from wallets.models import Account, Lot, Transfer
from wallets.operations import accounts, holds
from wallets.operations.reversals import Reversed, reverse
from wallets.operations.transfers import NewTransfer, post
from wallets.tests.factories import NOW, make_budget, make_wallet, move
from wallets.tests.refusals import refusal

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _sound_ledger():
    """End every test with a ledger that has nothing to find."""
    yield
    assert list(ledger_rules.findings()) == []


@pytest.fixture
def budget() -> Account:
    return make_budget(1000)


@pytest.fixture
def wallet() -> Account:
    return make_wallet()


def credit(budget: Account, wallet: Account, points: int = 100, **fields: object) -> UUID:
    return move(budget, wallet, points, **fields).transfer_id


def spend(wallet: Account, points: int) -> None:
    move(wallet, accounts.system(AccountKind.REDEEMED), points, kind=TransferKind.REDEMPTION)


def take_back(transfer_id: UUID, points: int | None = None, reference: str = "test:rev:1") -> tuple[int, int]:
    reversed_ = reverse(transfer_id, points=points, reference=reference, at=NOW)
    return reversed_.points, reversed_.shortfall


@pytest.mark.parametrize(
    ("spent", "held", "reversed_before", "asked", "taken", "shortfall"),
    [
        (0, 0, 0, None, 100, 0),
        (0, 0, 0, 30, 30, 0),
        (0, 0, 0, 100, 100, 0),
        (0, 0, 0, 101, 100, 1),
        (30, 0, 0, None, 70, 30),
        (30, 0, 0, 70, 70, 0),
        (30, 0, 0, 71, 70, 1),
        (0, 30, 0, None, 70, 30),
        (20, 30, 0, 60, 50, 10),
        (0, 0, 40, None, 60, 0),
        (0, 0, 40, 80, 60, 20),
        (30, 0, 40, None, 30, 30),
        (100, 0, 0, None, 0, 100),
        (0, 100, 0, 5, 0, 5),
        (0, 0, 100, None, 0, 0),
        (0, 0, 100, 5, 0, 5),
    ],
)
def test_reverse_takes_what_is_there_and_no_more_than_was_credited(
    budget, wallet, spent, held, reversed_before, asked, taken, shortfall
):
    given = credit(budget, wallet)
    if reversed_before:
        take_back(given, reversed_before, "test:rev:before")
    if spent:
        spend(wallet, spent)
    if held:
        holds.place(account_id=wallet.pk, points=held, reference="hold:1", at=NOW)
    assert take_back(given, asked) == (taken, shortfall)
    wallet.refresh_from_db()
    budget.refresh_from_db()
    back = reversed_before + taken
    assert (wallet.points, wallet.held, wallet.lifetime_earned, wallet.lifetime_redeemed, budget.points) == (
        100 - spent - back,
        held,
        100 - back,
        spent,
        900 + back,
    )


def test_a_reversal_is_a_transfer_that_names_the_credit(budget, wallet):
    given = credit(budget, wallet)
    spend(wallet, 30)
    answer = reverse(given, points=None, reference="test:rev:1", at=NOW + DAY)
    transfer = Transfer.objects.get(reference="test:rev:1")
    assert answer == Reversed(transfer_id=transfer.pk, points=70, shortfall=30)
    assert (transfer.kind, transfer.debit_id, transfer.credit_id, transfer.points, transfer.shortfall) == (
        TransferKind.REVERSAL,
        wallet.pk,
        budget.pk,
        70,
        30,
    )
    assert (transfer.reverses_id, transfer.effective_at) == (given, NOW + DAY)


@pytest.mark.parametrize("points", [None, 80])
def test_the_same_reference_again_answers_what_the_first_one_took(budget, wallet, points):
    given = credit(budget, wallet)
    spend(wallet, 30)
    first = reverse(given, points=points, reference="test:rev:1", at=NOW)
    credit(budget, wallet)
    assert reverse(given, points=points, reference="test:rev:1", at=NOW) == first
    assert Transfer.objects.filter(kind=TransferKind.REVERSAL).count() == 1


def test_the_same_reference_for_something_else_is_a_conflict(budget, wallet):
    given, other = credit(budget, wallet), credit(budget, wallet)
    take_back(given, 30)
    own = Transfer.objects.get(pk=given).reference
    for arguments in ((given, 31), (other, 30), (given, 30, own), (other, 30, own)):
        said = "The reference was used for something else. Use a new one."
        assert refusal(lambda: take_back(*arguments)) == (ReferenceConflict, said, None)  # noqa: B023


def test_a_reversal_asks_five_times(budget, wallet, django_assert_num_queries):
    given = credit(budget, wallet)
    take_back(given, 1)
    with django_assert_num_queries(5):
        take_back(given, 1, "test:rev:2")


def test_where_there_was_nothing_to_take_the_reference_is_still_free(budget, wallet):
    given = credit(budget, wallet)
    spend(wallet, 100)
    assert reverse(given, points=None, reference="test:rev:1", at=NOW) == Reversed(
        transfer_id=None, points=0, shortfall=100
    )
    credit(budget, wallet, 40)
    assert take_back(given) == (40, 60)


def test_reverse_takes_the_lots_that_expire_first_whichever_credit_they_came_by(budget, wallet):
    late = credit(budget, wallet, expires_at=NOW + 9 * DAY)
    credit(budget, wallet, 30, expires_at=NOW + 2 * DAY)
    take_back(late, 50)
    assert list(Lot.objects.order_by("expires_at").values_list("remaining", flat=True)) == [0, 80]


def test_an_adjustment_that_gave_points_can_be_reversed(budget, wallet):
    given = credit(budget, wallet, kind=TransferKind.ADJUSTMENT)
    assert take_back(given, 30) == (30, 0)


def test_only_what_gave_points_to_a_wallet_can_be_reversed(budget, wallet):
    credit(budget, wallet)
    spend(wallet, 30)
    redemption = Transfer.objects.get(kind=TransferKind.REDEMPTION)
    funding = Transfer.objects.get(credit=budget)
    for transfer_id in (redemption.pk, funding.pk, UUID(int=0)):
        said = "There is no such credit. Name a transfer that gave points to a wallet."
        assert refusal(lambda: take_back(transfer_id)) == (UnknownTransfer, said, None)  # noqa: B023


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"points": 0}, PointsOutOfRange),
        ({"points": -1}, PointsOutOfRange),
        ({"points": True}, PointsOutOfRange),
        ({"points": 1.5}, PointsOutOfRange),
        ({"reference": ""}, InvalidReference),
        ({"at": NOW.replace(tzinfo=None)}, InvalidTime),
    ],
)
def test_reverse_refuses_what_cannot_be(budget, wallet, fields, error):
    given = credit(budget, wallet)
    with pytest.raises(error):
        reverse(given, **({"points": 1, "reference": "test:rev:1", "at": NOW} | fields))
    wallet.refresh_from_db()
    assert wallet.points == 100


def test_one_list_takes_back_no_more_of_a_credit_than_it_gave(budget, wallet):
    given = credit(budget, wallet)
    credit(budget, wallet)

    def new(number: int, points: int | None, **fields: object) -> NewTransfer:
        return NewTransfer(
            debit_id=wallet.pk,
            credit_id=budget.pk,
            points=points,
            kind=TransferKind.REVERSAL,
            reference=f"test:rev:{number}",
            reverses_id=given,
            **fields,
        )

    postings = post(
        [new(1, 60), new(2, 41), new(3, 41, at_most=True), new(4, None), new(5, 1, at_most=True), new(3, 41)], at=NOW
    )
    assert [(type(each.error), each.points, each.shortfall, each.replayed) for each in postings] == [
        (type(None), 60, 0, False),
        (OverReversal, 0, 0, False),
        (type(None), 40, 1, False),
        (OverReversal, 0, 0, False),
        (type(None), 0, 1, False),
        (type(None), 40, 1, True),
    ]
    assert postings[4].transfer_id is None


@pytest.mark.parametrize(
    ("kind", "to", "earned", "redeemed", "expired"),
    [
        (TransferKind.FORFEITURE, AccountKind.EXPIRED, 100, 0, 60),
        (TransferKind.PAYOUT, AccountKind.REDEEMED, 100, 60, 0),
        (TransferKind.ADJUSTMENT, AccountKind.REVERSED, 40, 0, 0),
    ],
)
def test_each_way_out_of_a_wallet_is_in_one_lifetime_sum(budget, wallet, kind, to, earned, redeemed, expired):
    credit(budget, wallet)
    holds.place(account_id=wallet.pk, points=40, reference="hold:1", at=NOW)
    posting = move(wallet, accounts.system(to), 100, kind=kind, at_most=True)
    assert (posting.points, posting.shortfall) == (60, 40)
    wallet.refresh_from_db()
    assert (wallet.lifetime_earned, wallet.lifetime_redeemed, wallet.lifetime_expired) == (earned, redeemed, expired)
