"""Lets points run out."""

from datetime import datetime

from django.db import connection

from wallets.enums import AccountKind
from wallets.operations import accounts, transfers
from wallets.operations.transactions import retried

EXPIRE_LIMIT = 5000  # lots in one transaction


@retried
def expire(*, at: datetime, limit: int = EXPIRE_LIMIT) -> int:
    """Move what is left of lots past their date (`expires_at <= at`) to the `expired` account, in one statement.

    What is held never expires: the first `held` points of a wallet, in the order in which they would be spent, are left
    until their hold is captured or released. A second call finds nothing to do. Each lot is a transfer with the
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
