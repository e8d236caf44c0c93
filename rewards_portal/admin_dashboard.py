"""The dashboard: what waits, what moved, whether everything arrives, how far the budgets reach.

Each part is asked for only where the person may see it, and is one statement however large the company is.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.db import connection
from django.utils import timezone

from programs.enums import PointsRequestStatus
from programs.forecasts import SHORT_DAYS
from programs.models import PointsRequest
from rewards_portal.admin_chart import Chart, Month, draw

LONGEST_MAX = 4
BUDGETS_MAX = 6
SLOW_SECONDS = 120  # beyond this something that waits is said to be slow
DAY = timedelta(hours=24)
State = Literal["ok", "warn", "danger"]

WAITING = """
SELECT count(*), coalesce(sum(points), 0)::bigint, min(created_at)
FROM programs_pointsrequest WHERE status = 'pending_approval'
"""

# Points on wallets, and over all accounts: zero when the ledger is whole, as a transfer takes where it gives.
ACCOUNTS = """
SELECT coalesce(sum(points) FILTER (WHERE kind = 'wallet'), 0)::bigint, coalesce(sum(points), 0)::bigint
FROM wallets_account
"""

MONTHS = """
SELECT date_trunc('month', effective_at AT TIME ZONE %(zone)s)::date AS first_day,
    coalesce(sum(points) FILTER (WHERE kind = 'credit'), 0)::bigint,
    coalesce(sum(points) FILTER (WHERE kind = 'redemption'), 0)::bigint,
    coalesce(sum(points) FILTER (WHERE kind = 'expiry'), 0)::bigint,
    coalesce(sum(points) FILTER (WHERE kind = 'credit' AND effective_at < %(at)s - interval '1 month'), 0)::bigint
FROM wallets_transfer
WHERE kind IN ('credit', 'redemption', 'expiry')
    AND effective_at >= %(since)s AND effective_at <= %(at)s
GROUP BY 1
"""

# Of a programme's budgets, its departments' among them: left, credited since the year began, and in the last 30 days.
BUDGETS = """
SELECT programme.id, programme.name, programme.budget_low_at, sum(account.points - account.held)::bigint,
    coalesce(sum(given.this_year), 0)::bigint, coalesce(sum(given.lately), 0)::bigint
FROM programs_programme programme JOIN programs_budget budget ON budget.programme_id = programme.id
     JOIN wallets_account account ON account.id = budget.account_id
     CROSS JOIN LATERAL (
        SELECT sum(transfer.points) FILTER (WHERE transfer.effective_at >= %(since)s) AS this_year,
               sum(transfer.points) FILTER (WHERE transfer.effective_at >= %(lately)s) AS lately
        FROM wallets_transfer transfer
        WHERE transfer.debit_id = account.id AND transfer.kind = 'credit'
            AND transfer.effective_at >= least(%(since)s, %(lately)s)
     ) AS given
WHERE programme.status IN ('active', 'paused') GROUP BY programme.id
"""

RECEIVED = """
SELECT count(*), count(*) FILTER (WHERE status <> 'taken') FROM integrations_receivedmessage WHERE received_at >= %s
"""

DELIVERIES = """
SELECT count(*) FILTER (WHERE status = 'sent' AND sent_at >= %(since)s),
    count(*) FILTER (WHERE status = 'dead'),
    min(next_attempt_at) FILTER (WHERE status IN ('pending', 'sending'))
FROM messaging_delivery
"""

ORDERS = """
SELECT count(*) FILTER (WHERE placed_at >= %(since)s),
    count(*) FILTER (WHERE status = 'failed' AND closed_at >= %(since)s),
    min(placed_at) FILTER (WHERE status = 'placed'),
    extract(epoch FROM percentile_cont(0.5) WITHIN GROUP (ORDER BY fulfilled_at - placed_at)
        FILTER (WHERE placed_at >= %(since)s))
FROM redemptions_order WHERE placed_at >= %(since)s OR status = 'placed' OR closed_at >= %(since)s
"""


class Waiting(NamedTuple):
    """How many points requests wait for approval, their points, and since when the oldest does."""

    requests: int
    points: int
    oldest: datetime | None


@dataclass(frozen=True)
class Movement:
    """The twelve months, and the current one beside the one before."""

    chart: Chart
    issued_by_now_last_month: int
    today: date

    @property
    def now(self) -> Month:
        """Return the current month."""
        return self.chart.months[-1]

    @property
    def last(self) -> Month:
        """Return the month before."""
        return self.chart.months[-2]

    @property
    def change(self) -> str:
        """Return how this month's issue compares with the month before up to the same day."""
        before = self.issued_by_now_last_month
        if not before:
            return f"{self.last.issued:,} in {self.last.first_day:%B}"
        per_cent = round(100 * (self.now.issued - before) / before)
        day = f"{min(self.today.day, monthrange(self.last.first_day.year, self.last.first_day.month)[1])}"
        words = f"{abs(per_cent)}% {'more' if per_cent > 0 else 'less'} than" if per_cent else "As much as"
        return f"{words} by {day} {self.last.first_day:%b}"

    @property
    def redeemed_share(self) -> str:
        """Return what was redeemed this month, measured by what was issued."""
        if not self.now.issued:
            return f"{self.last.redeemed:,} in {self.last.first_day:%B}"
        return f"{round(100 * self.now.redeemed / self.now.issued)}% of what was issued"


@dataclass(frozen=True)
class Health:
    """One line of "Is everything arriving?"; `number` counts the last 24 hours."""

    name: str
    icon: str
    number: int
    note: str
    state: State
    word: str
    url: str = ""


@dataclass(frozen=True)
class Budget:
    """How far a programme's budget reaches. Shares are per cent of what the year had."""

    programme_id: int
    name: str
    used: int
    left: int
    share: int
    state: State
    sentence: str

    @property
    def whole(self) -> int:
        """Return what the budget held this year in all."""
        return self.used + self.left


def context(user: AbstractBaseUser | AnonymousUser) -> dict[str, Any]:
    """Return what the dashboard shows to this person; a part they may not see is None or absent."""
    now = timezone.now()
    may = user.has_perm  # type: ignore[union-attr]
    parts: dict[str, Any] = {"today": timezone.localdate(now), "year_share": _year_share(timezone.localdate(now))}
    if may("programs.view_pointsrequest"):
        parts |= {"waiting": waiting(), "longest": longest()}
    if may("wallets.view_account"):
        parts["unspent"], difference = accounts()
    if may("wallets.view_transfer"):
        parts["movement"] = movement(now)
    if may("programs.view_programme"):
        parts["budgets"] = budgets(timezone.localdate(now))
    parts["health"] = health(user, now)
    if "unspent" in parts:
        parts["health"].append(ledger_health(difference))
    return {"dashboard": parts}


def waiting() -> Waiting:
    """Return how many points requests wait for approval, their points, and since when the oldest does."""
    return Waiting(*_row(WAITING))


def longest() -> list[PointsRequest]:
    """Return the points requests that wait longest, with their people and programmes."""
    requests = PointsRequest.objects.filter(status=PointsRequestStatus.PENDING_APPROVAL)
    return list(requests.select_related("person", "programme").order_by("created_at")[:LONGEST_MAX])


def accounts() -> tuple[int, int]:
    """Return the points on all wallets, and the sum over all accounts, which is zero when the ledger is whole."""
    unspent, total = _row(ACCOUNTS)
    return unspent, total


def movement(at: datetime) -> Movement:
    """Return what was issued, redeemed and expired in this month and the eleven before it."""
    local = timezone.localtime(at)
    firsts = _first_days(local.date())
    since = timezone.make_aware(datetime(firsts[0].year, firsts[0].month, 1))  # noqa: DTZ001 - made aware here
    with connection.cursor() as cursor:
        cursor.execute(MONTHS, {"zone": timezone.get_current_timezone_name(), "since": since, "at": at})
        found = {row[0]: row[1:] for row in cursor.fetchall()}
    months = [Month(first, *found.get(first, (0, 0, 0, 0))[:3]) for first in firsts]
    return Movement(draw(months), found.get(firsts[-2], (0, 0, 0, 0))[3], local.date())


def budgets(today: date) -> list[Budget]:
    """Return the budgets of running programmes, the most used first."""
    since = timezone.make_aware(datetime(today.year, 1, 1))  # noqa: DTZ001 - made aware here
    with connection.cursor() as cursor:
        lately = timezone.now() - timedelta(days=SHORT_DAYS)
        cursor.execute(BUDGETS, {"since": since, "lately": lately})
        found = [judge(*row, today=today) for row in cursor.fetchall()]
    return sorted(found, key=lambda each: -each.share)[:BUDGETS_MAX]


def judge(
    programme_id: int, name: str, low_at: int | None, left: int, used: int, lately: int, *, today: date
) -> Budget:
    """Return a budget with a sentence that says what will happen.

    Args:
        programme_id: whose budget it is.
        name: the programme's.
        low_at: points at which the programme says its budget is low, if it does.
        left: points left now.
        used: points credited since 1 January.
        lately: points credited in the last 30 days.
        today: the reader's day.
    """
    whole = used + left
    share = round(100 * used / whole) if whole else 0
    out_on = _runs_out_on(left, lately, today)
    state: State = "ok"
    if not left:
        state, sentence = "danger", "Empty: new requests are refused" if whole else "Not funded yet"
    elif low_at is not None and left <= low_at:
        state, sentence = "danger", f"{left:,} left: new requests will be refused soon"
    elif not used:
        sentence = f"Nothing credited this year, {left:,} left"
    elif out_on:
        state, sentence = "warn", f"At the rate of 30 days it lasts until {out_on.day} {out_on:%b}"
    else:
        sentence = f"On pace, {left:,} left"
    return Budget(programme_id, name, used, left, share, state, sentence)


def health(user: Any, at: datetime) -> list[Health]:
    """Return whether what should arrive does, as far as this person may know."""
    since = at - DAY
    lines = []
    if user.has_perm("integrations.view_receivedmessage"):
        lines.append(_received(since))
    if user.has_perm("messaging.view_delivery"):
        lines.append(_deliveries(since, at))
    if user.has_perm("redemptions.view_order"):
        lines.append(_orders(since, at))
    return lines


def _received(since: datetime) -> Health:
    count, failed = _row(RECEIVED, [since])
    if failed:
        return Health("HR messages in", "radio", count, "some could not be read", "danger", f"{failed:,} failed")
    return Health("HR messages in", "radio", count, "all of them read", "ok", "Fine")


def _deliveries(since: datetime, at: datetime) -> Health:
    sent, dead, due = _row(DELIVERIES, {"since": since})
    note, slow = _oldest(due, at)
    if dead:
        return Health("Messages out", "send", sent, "given up on after many attempts", "danger", f"{dead:,} dead")
    return Health("Messages out", "send", sent, note, "warn" if slow else "ok", "Slow" if slow else "Fine")


def _orders(since: datetime, at: datetime) -> Health:
    placed, failed, oldest, median = _row(ORDERS, {"since": since})
    note, slow = _oldest(oldest, at)
    if not slow and median is not None:
        note = f"median {duration(float(median))}"
    if failed:
        return Health("Orders", "truck", placed, "points were given back", "warn", f"{failed:,} failed")
    return Health("Orders", "truck", placed, note, "warn" if slow else "ok", "Slow" if slow else "Fine")


def ledger_health(difference: int) -> Health:
    """Return whether the accounts add up to zero, as they do while no row was edited by hand."""
    if difference:
        return Health("Ledger check", "shield-check", 1, f"accounts differ by {difference:,}", "danger", "Look at it")
    return Health("Ledger check", "shield-check", 0, "differences: all accounts add up to zero", "ok", "Fine")


def _oldest(since: datetime | None, at: datetime) -> tuple[str, bool]:
    """Return how long the oldest has waited, in words, and whether that is too long."""
    if since is None or since >= at:
        return "nothing waiting", False
    seconds = (at - since).total_seconds()
    return f"oldest waiting {duration(seconds)}", seconds > SLOW_SECONDS


def duration(seconds: float) -> str:
    """Return a length of time as its largest unit: `4 s`, `6 min`, `5 h`, `2 days`."""
    for size, unit in ((86_400, "day"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'s' if unit == 'day' and number > 1 else ''}"
    return f"{max(seconds, 0):.0f} s"


def _runs_out_on(left: int, lately: int, today: date) -> date | None:
    """Return the day on which a budget ends at the rate of the last 30 days, if that is before the year does."""
    if not lately:
        return None
    day = today + timedelta(days=min(left * SHORT_DAYS // lately, 366))
    return day if day.year == today.year else None


def _year_share(today: date) -> float:
    """Return how much of the year has passed, in per cent."""
    return round(100 * (today - date(today.year, 1, 1)).days / 365, 1)


def _first_days(today: date) -> list[date]:
    """Return the first days of this month and the eleven before it, oldest first."""
    count = today.year * 12 + today.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(count - 11, count + 1)]


def _row(sql: str, parameters: Any = None) -> tuple[Any, ...]:
    """Return the one row of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return tuple(cursor.fetchone())
