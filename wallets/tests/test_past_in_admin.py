"""An auditor looks at the past of an account, and at the seals."""

from datetime import UTC, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from people.tests.factories import make_person
from wallets.models import Account, Seal
from wallets.operations import seals
from wallets.tests.factories import NOW, make_wallet, move
from wallets.tests.test_as_of import moment

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(client: Client) -> Client:
    client.force_login(make_person(is_staff=True, is_superuser=True))
    return client


def page(browser: Client, account: Account, at: str) -> dict[str, object]:
    answer = browser.get(reverse("admin:wallets_account_change", args=[account.pk]), {"at": at})
    assert answer.status_code == 200
    return {name: answer.context.get(name) for name in ("was", "as_of_error")} | {"text": answer.content.decode()}


def test_an_account_is_shown_as_it_stood(browser: Client) -> None:
    wallet = make_wallet(1234)
    at = moment()
    move(Account.objects.get(kind="budget"), wallet, 1)
    shown = page(browser, wallet, at.astimezone(UTC).isoformat())
    assert (shown["was"]["points"], shown["was"]["wallet"].available, "1,234" in shown["text"]) == (1234, 1234, True)
    assert page(browser, wallet, "2020-01-01T00:00")["was"]["points"] == 0
    budget = page(browser, Account.objects.get(kind="budget"), at.astimezone(UTC).isoformat())
    assert budget["was"] == {"points": 1_000_000 - 1234}


@pytest.mark.parametrize("at", ["yesterday", "9999-01-01T00:00", "2026-13-01T00:00"])
def test_a_time_that_cannot_be_is_said(browser: Client, at: str) -> None:
    shown = page(browser, make_wallet(), at)
    assert (shown["was"], shown["as_of_error"]) == (None, True)


def test_seals_are_listed_with_their_copies(browser: Client, settings, tmp_path) -> None:
    make_wallet(1)
    seals.seal(at=NOW, margin=timedelta(0))
    listing = reverse("admin:wallets_seal_changelist")
    assert Seal.objects.get().hash.hex() in browser.get(listing).content.decode()
    settings.SEAL_TARGET_SECRET_URL = f"file://{tmp_path}/missing"
    seals.copy(at=NOW)
    assert "not yet, attempt 1:" in browser.get(listing).content.decode()
    settings.SEAL_TARGET_SECRET_URL = f"file://{tmp_path}"
    seals.copy(at=NOW)
    assert "01 Jun 2026, 12:00" in browser.get(listing).content.decode()
    assert browser.get(reverse("admin:wallets_seal_change", args=[1])).status_code == 200
