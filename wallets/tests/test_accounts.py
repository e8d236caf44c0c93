import pytest

from people.tests.factories import make_person
from wallets.enums import AccountKind
from wallets.models import Account
from wallets.operations import accounts

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", sorted(accounts.SYSTEM_KINDS))
def test_system_opens_the_one_account_of_a_kind_once(kind, django_assert_num_queries):
    account = accounts.system(kind)
    with django_assert_num_queries(1):
        again = accounts.system(kind)
    assert (again.pk, account.kind, account.points) == (account.pk, kind, 0)
    assert account.floor == (None if kind == AccountKind.FUNDING else 0)


@pytest.mark.parametrize("kind", [AccountKind.BUDGET, AccountKind.WALLET])
def test_system_refuses_kinds_with_many_accounts(kind):
    with pytest.raises(ValueError, match=f"no one {kind} account"):
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
