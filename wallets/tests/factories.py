"""Makes accounts with points in them for the tests of every room, by the operations that users go through."""

import itertools
from datetime import UTC, datetime, timedelta

from people.models import Person
from people.tests.factories import make_person
from wallets.enums import AccountKind, TransferKind
from wallets.models import Account
from wallets.operations import accounts
from wallets.operations.transfers import NewTransfer, Posting, post

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
YEAR = timedelta(days=365)
_numbers = itertools.count(1)


def new_reference(prefix: str = "test") -> str:
    """Return a reference that no other test of this process uses."""
    return f"{prefix}:{next(_numbers)}"


def move(debit: Account, credit: Account, points: int, **fields: object) -> Posting:
    """Post one transfer that must not be refused."""
    defaults = {"kind": TransferKind.CREDIT, "reference": new_reference()}
    at = fields.pop("at", NOW)
    new = NewTransfer(debit_id=debit.pk, credit_id=credit.pk, points=points, **(defaults | fields))
    [posting] = post([new], at=at)
    assert posting.error is None, posting.error
    return posting


def make_budget(points: int = 1_000_000) -> Account:
    """Make a budget that was funded."""
    budget = accounts.open_budget("Test budget")
    if points:
        move(accounts.system(AccountKind.FUNDING), budget, points, kind=TransferKind.FUNDING)
    budget.refresh_from_db()
    return budget


def make_wallet(*lots: int | tuple[int, datetime | None], person: Person | None = None) -> Account:
    """Make a wallet with these lots: points that never expire, or points and when they do."""
    person = person or make_person()
    wallet = Account.objects.get(pk=accounts.open_wallets([person.pk])[person.pk])
    if lots:
        budget = make_budget()
        for lot in lots:
            points, expires_at = lot if isinstance(lot, tuple) else (lot, None)
            move(budget, wallet, points, expires_at=expires_at, at=min(NOW, expires_at - YEAR) if expires_at else NOW)
        wallet.refresh_from_db()
    return wallet
