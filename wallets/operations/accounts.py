"""Opens accounts, and closes them."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import connection

from api import ids
from wallets.enums import AccountKind
from wallets.errors import AccountNotEmpty, UnknownAccount
from wallets.models import Account
from wallets.operations import transfers
from wallets.operations.transactions import retried

SYSTEM_KINDS = frozenset(
    {AccountKind.FUNDING, AccountKind.REDEEMED, AccountKind.EXPIRED, AccountKind.REVERSED, AccountKind.SUSPENSE}
)


def system(kind: AccountKind) -> Account:
    """Return the one account of this kind, opened where it is missing; two who open it at once get the same one.

    Args:
        kind: funding, redeemed, expired, reversed or suspense. Funding alone has no floor: points begin there.

    Raises:
        ValueError: there are many accounts of this kind.
    """
    if kind not in SYSTEM_KINDS:
        raise ValueError(f"There is no one {kind} account.")
    account = Account.objects.filter(kind=kind).first()
    if account is None:
        new = Account(kind=kind, name=kind.label, floor=None if kind == AccountKind.FUNDING else 0)
        Account.objects.bulk_create([new], ignore_conflicts=True)
        account = Account.objects.get(kind=kind)
    return account


def open_budget(name: str) -> Account:
    """Open an account that pays for something, empty.

    Args:
        name: what it pays for, as people know it; not unique.
    """
    return Account.objects.create(kind=AccountKind.BUDGET, name=name)


def open_wallets(person_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Return the wallet of each person, opened where missing, in one query: none for nobody, two where
    somebody opens one meanwhile.

    Args:
        person_ids: keys of people that exist; repeats are fine.

    Returns:
        Person id to account id, one entry for each person.
    """
    wanted = sorted(set(person_ids))
    if not wanted:
        return {}
    found = _wallets_of(_OPEN, [[ids.new() for _ in wanted], wanted, wanted])
    return found if len(found) == len(wanted) else found | _wallets_of(_FIND, [wanted])


@retried
def close(account_id: UUID, *, at: datetime) -> Account:
    """Close a budget or a wallet for ever: no points come in or go out any more. Closed before, it stays as it is.

    Args:
        account_id: a budget or a wallet; the ledger's own accounts never close.
        at: now.

    Raises:
        AccountNotEmpty: it has points, be they held or past their date.
        UnknownAccount: no budget and no wallet has this id.
        InvalidTime: `at` cannot be.
    """
    transfers.check_time(at)
    closable = Account.objects.filter(kind__in=(AccountKind.BUDGET, AccountKind.WALLET))
    account = closable.select_for_update(no_key=True).filter(pk=account_id).first()
    if account is None:
        raise UnknownAccount("There is no such budget or wallet.")
    if account.closed_at is None:
        if account.points:
            raise AccountNotEmpty(f"The account has {account.points} points. Move them first.")
        account.closed_at = at
        account.save(update_fields=["closed_at"])
    return account


_FIND = "SELECT person_id, id FROM wallets_account WHERE person_id = ANY(%s::uuid[])"

# In key order, so that two callers who open the same wallets never wait for each other in a circle.
_OPEN = f"""
WITH opened AS (
    INSERT INTO wallets_account (id, kind, person_id, name, points, held, floor,
                                 lifetime_earned, lifetime_redeemed, lifetime_expired, created_at)
    SELECT id, 'wallet', person_id, '', 0, 0, 0, 0, 0, 0, now()
    FROM unnest(%s::uuid[], %s::uuid[]) AS new (id, person_id)
    WHERE NOT EXISTS (SELECT FROM wallets_account account WHERE account.person_id = new.person_id)
    ORDER BY person_id
    ON CONFLICT (person_id) DO NOTHING
    RETURNING person_id, id
)
SELECT person_id, id FROM opened UNION ALL {_FIND}
"""  # noqa: S608 - a constant


def _wallets_of(sql: str, arrays: list[list[UUID]]) -> dict[UUID, UUID]:
    """Return person id to account id of those who have a wallet. Arrays and not `IN`: one plan for any number."""
    with connection.cursor() as cursor:
        cursor.execute(sql, arrays)
        return dict(cursor.fetchall())
