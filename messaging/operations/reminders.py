"""Reminding people of points that are about to expire, and telling them of those that did."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import connection, transaction

from api import ids
from messaging.enums import Channel, WebhookType
from messaging.operations import messages, webhook_events
from messaging.operations.messages import NewMessage
from messaging.representations import moment
from people.enums import PersonStatus
from people.models import Person

STAGES = (30, 7)  # days before, the earliest first
CIVIL_HOURS = range(9, 20)  # on the person's own clock; outside them the next run tells
EXPIRED_WITHIN = timedelta(days=7)  # what expired longer ago is old news
REMIND_LIMIT = 1000  # messages in one transaction
REWARDS_PATH, STATEMENT_PATH = "/rewards", "/statement"

# What will be lost on each date: a wallet's lots in the order in which they are spent, less what holds will take of the
# first. A lot that never lived so long before its end is not reminded of at that stage.
EXPIRING = """
WITH open AS (
    SELECT account.person_id, lot.expires_at, lot.earned_at, lot.remaining, account.held,
           sum(lot.remaining) OVER (PARTITION BY lot.account_id ORDER BY lot.expires_at, lot.id) AS upto
    FROM wallets_lot lot JOIN wallets_account account ON account.id = lot.account_id
         JOIN people_person person ON person.id = account.person_id
    WHERE lot.remaining > 0 AND lot.expires_at <= %(at)s + %(days)s::integer * interval '1 day'
      AND person.status = 'active' AND person.time_zone = ANY(%(zones)s::text[])
), lost AS (
    SELECT person_id, expires_at, sum(least(remaining, upto - held))::bigint AS points
    FROM open
    WHERE upto > held AND expires_at > %(at)s + %(days_after)s::integer * interval '1 day'
      AND earned_at <= expires_at - %(days)s::integer * interval '1 day'
    GROUP BY person_id, expires_at
)
SELECT lost.person_id, person.time_zone, lost.expires_at, lost.points
FROM lost JOIN people_person person ON person.id = lost.person_id
WHERE NOT EXISTS (
    SELECT FROM messaging_message message
    WHERE message.person_id = lost.person_id AND message.kind = 'points_expiring' AND message.reference =
          'expiring:' || to_char(lost.expires_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MI') || ':' || %(days)s::integer
)
ORDER BY lost.expires_at, lost.person_id LIMIT %(limit)s
"""

EXPIRED = """
WITH gone AS (
    SELECT account.person_id, transfer.effective_at, sum(transfer.points)::bigint AS points
    FROM wallets_transfer transfer JOIN wallets_account account ON account.id = transfer.debit_id
         JOIN people_person person ON person.id = account.person_id
    WHERE transfer.kind = 'expiry' AND transfer.id >= %(since)s AND transfer.effective_at > %(at)s - interval '7 days'
      AND person.status = 'active' AND person.time_zone = ANY(%(zones)s::text[])
    GROUP BY account.person_id, transfer.effective_at
)
SELECT gone.person_id, gone.effective_at, gone.points FROM gone
WHERE NOT EXISTS (
    SELECT FROM messaging_message message
    WHERE message.person_id = gone.person_id AND message.kind = 'points_expired' AND message.reference =
          'expired:' || to_char(gone.effective_at AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS')
)
ORDER BY gone.effective_at, gone.person_id LIMIT %(limit)s
"""


def remind(*, at: datetime, limit: int = REMIND_LIMIT) -> int:
    """Remind people of points that expire within 30 or 7 days, once for each person, date and stage.

    Only active people for whom it is a civil hour now. After days without a run the stage that fits today is told, and
    no earlier one. A second call finds nothing to do.

    Args:
        at: now.
        limit: how many messages at most.

    Returns:
        How many were told; fewer than `limit` when none is left.
    """
    zones, told = civil_zones(at), 0
    for days, days_after in zip(STAGES, (*STAGES[1:], 0), strict=True):
        with transaction.atomic():
            values = {"at": at, "days": days, "days_after": days_after, "zones": zones, "limit": limit - told}
            rows = _rows(EXPIRING, values)
            messages.tell([_expiring(*row, days=days) for row in rows], at=at)
            _announce_expiring(rows, at=at)
            told += len(rows)
    return told


def tell_expired(*, at: datetime, limit: int = REMIND_LIMIT) -> int:
    """Tell people that points expired in the last seven days, once for each person and run of the expiry.

    Args:
        at: now.
        limit: how many messages at most.

    Returns:
        How many were told; fewer than `limit` when none is left.
    """
    values = {"at": at, "since": ids.first_at(at - EXPIRED_WITHIN), "zones": civil_zones(at), "limit": limit}
    with transaction.atomic():
        rows = _rows(EXPIRED, values)
        messages.tell([_expired(*row) for row in rows], at=at)
        _announce_expired(rows, at=at)
    return len(rows)


def civil_zones(at: datetime) -> list[str]:
    """Return the time zones of people for whom it is neither early nor late now; one query."""
    names = Person.objects.filter(status=PersonStatus.ACTIVE).order_by().values_list("time_zone", flat=True).distinct()
    return [name for name in names if at.astimezone(zone(name)).hour in CIVIL_HOURS]


def zone(name: str) -> ZoneInfo:
    """Return a time zone, and UTC for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _rows(sql: str, values: dict[str, Any]) -> Sequence[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def _expiring(person_id: UUID, time_zone: str, expires_at: datetime, points: int, *, days: int) -> NewMessage:
    last_day = (expires_at - timedelta(microseconds=1)).astimezone(zone(time_zone))
    return NewMessage(
        person_id=person_id,
        kind="points_expiring",
        title=f"{points:,} {_points(points)} {'expires' if points == 1 else 'expire'} on {last_day:%-d %B %Y}",
        body=f"{'It is' if points == 1 else 'They are'} yours until the end of that day. "
        "The catalogue shows what you can get for your points.",
        path=REWARDS_PATH,
        reference=f"expiring:{expires_at.astimezone(UTC):%Y%m%d%H%M}:{days}",
        channels=Channel.values,
    )


def _expired(person_id: UUID, expired_at: datetime, points: int) -> NewMessage:
    return NewMessage(
        person_id=person_id,
        kind="points_expired",
        title=f"{points:,} {_points(points)} expired",
        body="The date had passed. Your statement shows when they were earned.",
        path=STATEMENT_PATH,
        reference=f"expired:{expired_at.astimezone(UTC):%Y%m%d%H%M%S%f}",
        channels=(),
    )


def _announce_expiring(rows: Sequence[Any], *, at: datetime) -> None:
    """Tell client systems of the same points, wherever they may hear of them."""

    def represent(rows: Sequence[Any]) -> list[dict[str, Any]]:
        numbers = _numbers(person_id for person_id, *_ in rows)
        return [
            {"recipient": numbers[person_id], "points": points, "expires_at": moment(expires_at)}
            for person_id, _, expires_at, points in rows
        ]

    webhook_events.announce_things(WebhookType.POINTS_EXPIRING, rows, represent=represent, at=at)


def _announce_expired(rows: Sequence[Any], *, at: datetime) -> None:
    def represent(rows: Sequence[Any]) -> list[dict[str, Any]]:
        numbers = _numbers(person_id for person_id, *_ in rows)
        return [
            {"recipient": numbers[person_id], "points": points, "expired_at": moment(expired_at)}
            for person_id, expired_at, points in rows
        ]

    webhook_events.announce_things(WebhookType.POINTS_EXPIRED, rows, represent=represent, at=at)


def _numbers(person_ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Person.objects.filter(pk__in=set(person_ids)).values_list("pk", "employee_number"))


def _points(points: int) -> str:
    return "point" if points == 1 else "points"
