"""Lets points run out."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from wallets.enums import AccountKind
from wallets.operations import accounts, transfers
from wallets.operations.transactions import retried

EXPIRE_LIMIT = 5000  # lots in one transaction


@retried
def expire(*, at: datetime, limit: int = EXPIRE_LIMIT) -> int:
    """Move what is left of lots past their date (`expires_at <= at`) to the `expired` account, in one statement.

    What is held never expires: a hold keeps what had not expired when it was placed, the oldest hold the lots that
    expire first, until it is captured or released. A second call finds nothing to do. Each lot is a transfer with the
    reference `exp:<lot hex>`, and `exp:<lot hex>:<points left>` where held points stay behind in it.

    Args:
        at: now.
        limit: about how many lots; the due ones of one wallet go together.

    Returns:
        How many lots lost points; 0 when none is left.
    """
    transfers.check_time(at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT wallets_expire(%s, %s, %s)", [accounts.system(AccountKind.EXPIRED).pk, at, limit])
        [(expired,)] = cursor.fetchall()
    return int(expired)


def overdue(account_id: UUID, *, at: datetime) -> int:
    """Return a wallet's points that are past their date though `expire` has not moved them yet: nobody can use them.

    What can be spent is the wallet's points less those held and these.

    Args:
        account_id: a wallet. Lock it first where something is to be decided.
        at: now.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT wallets_overdue(%s, %s)", [account_id, at])
        [(points,)] = cursor.fetchall()
    return int(points)
