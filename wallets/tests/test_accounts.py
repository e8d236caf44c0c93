from datetime import timedelta
from uuid import UUID

import pytest

from people.tests.factories import make_person
from wallets import ledger_rules
from wallets.enums import AccountKind, TransferKind
from wallets.errors import AccountClosed, AccountNotEmpty, InvalidTime, UnknownAccount
from wallets.models import Account, Transfer
from wallets.operations import accounts, holds, refunds, reversals
from wallets.operations.transfers import NewTransfer, post
from wallets.tests.factories import NOW, make_budget, make_wallet, move
from wallets.tests.refusals import refusal

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", sorted(accounts.SYSTEM_KINDS))
def test_system_opens_the_one_account_of_a_kind_once(kind, django_assert_num_queries):
    account = accounts.system(kind)
    with django_assert_num_queries(1):
        again = accounts.system(kind)
    assert (again.pk, account.kind, account.points, account.name) == (account.pk, kind, 0, kind.label)
    assert account.floor == (None if kind == AccountKind.FUNDING else 0)


@pytest.mark.parametrize("kind", [AccountKind.BUDGET, AccountKind.WALLET])
def test_system_refuses_kinds_with_many_accounts(kind):
    with pytest.raises(ValueError, match=f"^There is no one {kind} account.$"):
        accounts.system(kind)


def test_open_budget_opens_another_each_time():
    first, second = accounts.open_budget("Spot awards"), accounts.open_budget("Spot awards")
    assert first.pk != second.pk
    assert (first.kind, first.name, first.points, first.floor) == (AccountKind.BUDGET, "Spot awards", 0, 0)


def test_open_wallets_opens_what_is_missing_and_reads_the_rest_in_one_statement(django_assert_num_queries):
    ana, ben, cleo = make_person(), make_person(), make_person()
    [ana_wallet] = accounts.open_wallets([ana.pk]).values()
    with django_assert_num_queries(1):
        opened = accounts.open_wallets([ben.pk, ana.pk, cleo.pk, ben.pk])
    assert opened == dict(Account.objects.filter(kind=AccountKind.WALLET).values_list("person_id", "id"))
    assert (len(opened), opened[ana.pk]) == (3, ana_wallet)
    with django_assert_num_queries(1):
        assert accounts.open_wallets(iter([ben.pk, ana.pk, cleo.pk])) == opened
    with django_assert_num_queries(0):
        assert accounts.open_wallets([]) == {}


def test_open_wallets_of_nobody_is_nothing():
    assert accounts.open_wallets([]) == {}


@pytest.mark.parametrize("make", [lambda: accounts.open_budget("Spot awards"), make_wallet])
def test_close_closes_an_empty_account_for_ever(make):
    account = make()
    assert accounts.close(account.pk, at=NOW).closed_at == NOW
    assert accounts.close(account.pk, at=NOW + timedelta(days=1)).closed_at == NOW
    assert Account.objects.get(pk=account.pk).closed_at == NOW


def test_close_refuses_an_account_with_points_be_they_held_or_overdue():
    held, overdue = make_wallet(10), make_wallet((10, NOW))
    holds.place(account_id=held.pk, points=10, reference="test:hold", at=NOW)
    for account in (held, overdue, make_budget(10)):
        refused = refusal(lambda: accounts.close(account.pk, at=NOW))  # noqa: B023
        assert refused == (AccountNotEmpty, "The account has 10 points. Move them first.", None)
        assert Account.objects.get(pk=account.pk).closed_at is None


def test_close_refuses_the_accounts_of_the_ledger_itself_and_unknown_ones():
    for account_id in (*[accounts.system(kind).pk for kind in sorted(accounts.SYSTEM_KINDS)], UUID(int=0)):
        refused = refusal(lambda: accounts.close(account_id, at=NOW))  # noqa: B023
        assert refused == (UnknownAccount, "There is no such budget or wallet.", None)
    with pytest.raises(InvalidTime):
        accounts.close(UUID(int=0), at=NOW.replace(tzinfo=None))


@pytest.fixture
def closed() -> Account:
    """Give a closed wallet whose one credit was redeemed."""
    wallet = make_wallet(10)
    move(wallet, accounts.system(AccountKind.REDEEMED), 10, kind=TransferKind.REDEMPTION, reference="test:spent")
    return accounts.close(wallet.pk, at=NOW)


def test_a_closed_account_refuses_everything(closed):
    budget, open_wallet = make_budget(10), make_wallet(10)
    pairs = [(budget, closed), (closed, budget)]
    items = [
        NewTransfer(
            debit_id=debit.pk,
            credit_id=credit.pk,
            points=1,
            kind=TransferKind.CREDIT,
            reference=f"test:{debit.kind}",
            at_most=at_most,
        )
        for debit, credit in pairs
        for at_most in (False, True)
    ]
    refusals = [(type(each.error), each.points, each.shortfall) for each in post(items, at=NOW)]
    assert refusals == [(AccountClosed, 0, 0)] * 4
    credit, spent = Transfer.objects.get(credit=closed), Transfer.objects.get(reference="test:spent")
    refused = [
        lambda: holds.place(account_id=closed.pk, points=1, reference="test:hold", at=NOW),
        lambda: refunds.refund(spent.pk, points=1, reference="test:refund", at=NOW),
        lambda: reversals.reverse(credit.pk, points=1, reference="test:reversal", at=NOW),
    ]
    closed_says = "One of the two accounts is closed. Name another one."
    assert [refusal(operation) for operation in refused] == [
        (AccountClosed, said, None) for said in ("The wallet is closed.", closed_says, closed_says)
    ]
    assert (Account.objects.get(pk=closed.pk).points, Account.objects.get(pk=open_wallet.pk).points) == (0, 10)
    assert list(ledger_rules.findings()) == []


def test_what_was_posted_before_it_closed_is_replayed(closed):
    spent = Transfer.objects.get(reference="test:spent")
    [again] = post(
        [
            NewTransfer(
                debit_id=closed.pk,
                credit_id=spent.credit_id,
                points=10,
                kind=TransferKind.REDEMPTION,
                reference="test:spent",
            )
        ],
        at=NOW,
    )
    assert (again.replayed, again.transfer_id) == (True, spent.pk)


def test_a_reversal_goes_to_reversed_where_the_budget_is_closed_and_a_retry_finds_it():
    budget, wallet = make_budget(100), make_wallet()
    credit = move(budget, wallet, 100).transfer_id
    first = reversals.reverse(credit, points=30, reference="test:before", at=NOW)
    move(budget, accounts.system(AccountKind.SUSPENSE), 30, kind=TransferKind.ADJUSTMENT)
    accounts.close(budget.pk, at=NOW)
    second = reversals.reverse(credit, points=20, reference="test:after", at=NOW)
    assert (second.points, accounts.system(AccountKind.REVERSED).points) == (20, 20)
    for answer, points, reference in ((first, 30, "test:before"), (second, 20, "test:after")):
        assert reversals.reverse(credit, points=points, reference=reference, at=NOW) == answer
    assert (Account.objects.get(pk=wallet.pk).points, list(ledger_rules.findings())) == (50, [])
