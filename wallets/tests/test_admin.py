from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from api import admin as shared_admin
from api import ids
from people.tests.factories import make_person
from wallets.models import Account, Hold, Lot, Transfer
from wallets.operations import holds
from wallets.tests.factories import NOW, make_wallet

pytestmark = pytest.mark.django_db
MODELS = [Account, Transfer, Hold, Lot]


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(make_person(is_staff=True, is_superuser=True))
    return client


def make_history(name: str) -> Account:
    """Make a wallet with a credit, a redemption and an open hold."""
    wallet = make_wallet((1_250, NOW + timedelta(days=30)), 10, person=make_person(name=name))
    hold = holds.place(account_id=wallet.pk, points=50, reference=f"hold:{name}:1", at=NOW)
    holds.capture(hold.pk, at=NOW)
    holds.place(account_id=wallet.pk, points=60, reference=f"hold:{name}:2", at=NOW)
    return wallet


def url(model, page: str, *args: object) -> str:
    return reverse(f"admin:wallets_{model._meta.model_name}_{page}", args=args)


def listed(browser: Client, model, q: str, **query: str) -> list[object]:
    return list(browser.get(url(model, "changelist"), {"q": q} | query).context["cl"].result_list)


@pytest.mark.parametrize("model", MODELS)
def test_lists_ask_as_much_for_three_rows_as_for_one(browser, model, django_assert_num_queries):
    make_history("Ana Lopes")
    browser.get(url(model, "changelist"))  # warm what is cached per process
    with django_assert_num_queries(20, exact=False) as first:
        browser.get(url(model, "changelist"))
    for name in ("Ben Okri", "Cleo Roth"):
        make_history(name)
    with django_assert_num_queries(len(first)):
        page = browser.get(url(model, "changelist"))
    assert "Ana Lopes" in page.content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_nothing_of_the_ledger_can_be_added_changed_or_deleted(browser, model):
    make_history("Ana Lopes")
    row = model.objects.latest("pk")
    page = browser.get(url(model, "change", row.pk))
    assert (page.status_code, b"_save" in page.content, b"deletelink" in page.content) == (200, False, False)
    assert browser.get(url(model, "add")).status_code == 403
    assert browser.post(url(model, "change", row.pk), {"points": 1}).status_code == 403
    assert browser.post(url(model, "delete", row.pk), {"post": "yes"}).status_code == 403


def test_a_wallets_page_shows_what_it_is_made_of(browser):
    wallet = make_history("Ana Lopes")
    page = browser.get(url(Account, "change", wallet.pk))
    statement = page.context["statement"]
    assert [(line.kind, line.points) for line in statement] == [("redemption", -50), ("credit", 10), ("credit", 1250)]
    assert [lot.remaining for lot in page.context["lots"]] == [1200, 10]
    assert [hold.points for hold in page.context["holds"]] == [60]
    text = page.content.decode()
    assert [part in text for part in ("Wallet of Ana Lopes", "1,210", "1,150")] == [True] * 3


def test_a_wallets_page_costs_the_same_with_a_long_history(browser, django_assert_num_queries):
    wallet = make_history("Ana Lopes")
    browser.get(url(Account, "change", wallet.pk))
    with django_assert_num_queries(20, exact=False) as first:
        browser.get(url(Account, "change", wallet.pk))
    holds.place(account_id=wallet.pk, points=1, reference="hold:3", at=NOW)
    holds.capture(holds.place(account_id=wallet.pk, points=1, reference="hold:4", at=NOW).pk, at=NOW)
    with django_assert_num_queries(len(first)):
        browser.get(url(Account, "change", wallet.pk))


def test_an_account_that_is_not_there_leads_back(browser):
    assert browser.get(url(Account, "change", ids.new())).status_code == 302


@pytest.mark.parametrize("words", ["ana lop", "A-0042", "ana@acme.example"])
def test_a_search_finds_what_belongs_to_a_person(browser, words):
    make_history("Ben Okri")
    ana = make_person(name="Ana Lopes", employee_number="a-0042", email="ana@acme.example")
    wallet = make_wallet(100, person=ana)
    hold = holds.place(account_id=wallet.pk, points=1, reference="hold:ana", at=NOW)
    assert listed(browser, Account, words) == [wallet]
    assert listed(browser, Transfer, words) == [Transfer.objects.get(credit=wallet)]
    assert listed(browser, Hold, words) == [hold]
    assert listed(browser, Lot, words) == [Lot.objects.get(account=wallet)]


def test_a_search_finds_a_transfer_by_reference_id_or_account(browser):
    wallet = make_history("Ana Lopes")
    capture = Transfer.objects.get(kind="redemption")
    for words in ("hold:Ana Lopes:1", ids.public(ids.TRANSFER, capture.pk), f" {capture.reference} "):
        assert listed(browser, Transfer, words) == [capture]
    assert len(listed(browser, Transfer, str(wallet.pk))) == 3
    assert listed(browser, Transfer, "nothing like it") == []
    credit = Transfer.objects.filter(credit=wallet).first()
    assert listed(browser, Lot, credit.reference) == [credit.lot]


def test_lots_are_filtered_by_state(browser):
    make_wallet((10, NOW + timedelta(days=9999)))
    due = make_wallet((20, NOW - timedelta(days=1)))
    assert listed(browser, Lot, "", state="due") == [due.lots.get()]
    assert len(listed(browser, Lot, "", state="open")) == 2
    assert listed(browser, Lot, "", state="empty") == []


def test_a_list_counts_no_further_than_it_must(browser, monkeypatch):
    monkeypatch.setattr(shared_admin, "COUNT_MAX", 2)
    make_history("Ana Lopes")
    assert browser.get(url(Transfer, "changelist")).context["cl"].result_count == 2
