"""Seals the transfers, and keeps the newest seal where who can change the ledger cannot change it too."""

import logging
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F

from api.outbound import OutboundError
from wallets import seal_files
from wallets.models import Seal, SealCopy
from wallets.operations import transfers
from wallets.operations.transactions import run_statement

TRANSFERS_MAX = 10_000  # in one seal: what one hash reads at once
SEALS_MAX = 200  # in one run; the next run goes on
MARGIN = timedelta(minutes=1)  # how far the database's clock may step back, a fail-over to another machine included
WAIT_SECONDS = 5.0  # for transactions that were under way; then the next run seals
POLL_SECONDS = 0.05

log = logging.getLogger(__name__)


def seal(*, at: datetime, margin: timedelta = MARGIN) -> int:
    """Seal what is final: each seal a hash over the next transfers and over the seal before. Each is a transaction.

    A transfer's id is the database's clock, read under the account's lock, so after the transaction got its number. So
    all ids below a moment are final once the transactions that were under way at that moment are over. `margin` is
    what that clock may step back; where it stepped further, `check_ledger` names the seal that a late transfer broke.

    Args:
        at: now.
        margin: transfers younger than this are left to a later run.

    Returns:
        How many seals were made, at most SEALS_MAX; none while a transaction stays open for longer than WAIT_SECONDS.
    """
    transfers.check_time(at)
    horizon = _horizon()
    if horizon is None:
        log.warning("Nothing was sealed: a transaction has been open for more than %s s.", WAIT_SECONDS)
        return 0
    for made in range(SEALS_MAX):
        if (
            run_statement(lambda: _value("SELECT wallets_seal_next(%s, %s, %s)", horizon - margin, at, TRANSFERS_MAX))
            is None
        ):
            return made
    return SEALS_MAX


def copy(*, at: datetime) -> SealCopy | None:
    """Copy the newest seal to SEAL_TARGET, if it is not there yet; call it outside any transaction.

    1. Writes down that the newest seal is to be copied: the work that a crash leaves for the next run.
    2. Writes the file, or sends it: the same name and bytes on each attempt, so twice is once.
    3. Writes down how that went.

    Args:
        at: now.

    Returns:
        The newest seal's copy as it stands now; None where nothing is sealed or no SEAL_TARGET is set.
    """
    transfers.check_time(at)
    newest = Seal.objects.order_by("-number").first()
    if newest is None or not settings.SEAL_TARGET_SECRET_URL:
        return None
    copied, _ = SealCopy.objects.get_or_create(seal=newest)
    if copied.copied_at is None:
        try:
            seal_files.put(settings.SEAL_TARGET_SECRET_URL, newest)
            outcome: dict[str, Any] = {"copied_at": at, "error": ""}
        except (OutboundError, OSError) as error:
            outcome = {"error": str(error)[: SealCopy._meta.get_field("error").max_length]}
            log.warning("Seal %s could not be copied: %s", newest.number, error)
        SealCopy.objects.filter(pk=copied.pk).update(attempts=F("attempts") + 1, **outcome)
        copied.refresh_from_db()
    return copied


def _horizon() -> datetime | None:
    """Return a moment by the database's clock before which no transfer is to come, nor in an open transaction.

    A transaction gets its number, and a lock on it, before it locks an account. Locks and not pg_stat_activity's times:
    those are hidden from other roles, and count a backup that only reads. Other databases of the server do not matter.
    """
    moment: datetime = _value("SELECT clock_timestamp()")
    number = _value("SELECT pg_current_xact_id()::text")  # all that began to write by then have an older one
    deadline = time.monotonic() + WAIT_SECONDS
    while _value(_UNDER_WAY, number, number):
        if time.monotonic() > deadline:
            return None
        time.sleep(POLL_SECONDS)
    return moment


_UNDER_WAY = """
SELECT EXISTS (
    SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) JOIN pg_database ON pg_database.oid = datid
    WHERE locktype = 'transactionid' AND mode = 'ExclusiveLock' AND pg_database.datname = current_database()
      AND pid <> pg_backend_pid() AND age(transactionid) > age(%s::text::xid8::xid)
) OR EXISTS (
    SELECT FROM pg_prepared_xacts WHERE database = current_database() AND age(transaction) > age(%s::text::xid8::xid)
)
"""


def _value(sql: str, *params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        [(value,)] = cursor.fetchall()
    return value
