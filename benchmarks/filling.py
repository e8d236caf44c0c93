"""Fills the large database: copies of rows that real operations wrote, by set-based SQL, their indexes built after.

Every wallet has the same history in ten transfers of 100 points: eight credits, a redemption that used up the first,
and an expiry that emptied the second, all spread over more than a year. So 600 points are left in six lots. The last
credit of each has its points request and its message; the others came before, from an account without a programme.
The rows fit as they are made, so no trigger and no foreign key is asked; `check_ledger` proves them whenever S9 runs.
"""

import hashlib
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from benchmarks import company, databases
from benchmarks.company import Company
from benchmarks.sizes import TRANSFERS_OF_WALLET
from people.models import Person
from programs.enums import Source
from programs.models import PointsRequest, Programme
from programs.operations import crediting, points_requests
from programs.operations.points_requests import NewPointsRequest
from wallets.enums import AccountKind, TransferKind
from wallets.models import Account
from wallets.operations import accounts, seals, transfers
from wallets.operations.transfers import NewTransfer

Cursor = Any  # the driver's own, or Django's
FORMER = "What was given before"
SPREAD = timedelta(days=390)
SETTINGS = (
    "SET session_replication_role = replica",
    "SET synchronous_commit = off",
    "SET maintenance_work_mem = '1GB'",
)
# Ids in the order of time, as UUIDv7 are.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION pg_temp.moment(k bigint) RETURNS timestamptz STABLE LANGUAGE sql AS $$
    SELECT timestamptz '{start}' + k * interval '{milliseconds} milliseconds' $$;
CREATE OR REPLACE FUNCTION pg_temp.key(k bigint, sort text DEFAULT '000') RETURNS uuid IMMUTABLE LANGUAGE sql AS $$
    SELECT (lpad(to_hex({start_milliseconds} + k * {milliseconds}), 12, '0') || '70008' || sort
            || lpad(to_hex(k), 12, '0'))::uuid $$;
"""
PERSON, WALLET = "pg_temp.key(m, '001')", "pg_temp.key(m, '002')"
NUMBER = "'B' || lpad((m + 1)::text, 7, '0')"  # as in company.employee_number; number 0 is the one they are copies of
EXPIRES = """
CASE step WHEN 0 THEN pg_temp.moment({others} * 9 + m) - interval '1 hour' WHEN 1 THEN pg_temp.moment({others} * 9 + m)
     ELSE pg_temp.moment(k) + interval '1000 days' END
"""


@dataclass(frozen=True, kw_only=True)
class Copies:
    """Rows like one that an operation wrote.

    Args:
        table: where.
        model: a condition that finds that one.
        columns: what is different in its copies, in SQL: of wallet `m`, at `step`, which is transfer `k` of all.
        steps: the first and the last for which there is a row.
    """

    table: str
    model: str
    columns: Mapping[str, str]
    steps: tuple[int, int] = (0, 0)


PEOPLE = Copies(
    table="people_person",
    model="id = '{person}'",
    columns={
        "id": PERSON,
        "employee_number": NUMBER,
        "name": "'Person ' || m + 1",
        "email": "'b' || m + 1 || '@bench.example'",
    },
)
WALLETS = Copies(
    table="wallets_account",
    model="person_id = '{person}'",
    columns={
        "id": WALLET,
        "person_id": PERSON,
        "points": "600",
        "lifetime_earned": "800",
        "lifetime_redeemed": "100",
        "lifetime_expired": "100",
    },
)
TRANSFERS = Copies(
    table="wallets_transfer",
    model="id = '{transfer}'",
    columns={
        "id": "pg_temp.key(k)",
        "debit_id": f"CASE WHEN step < 7 THEN '{{former}}'::uuid WHEN step = 7 THEN '{{budget}}' ELSE {WALLET} END",
        "credit_id": f"CASE step WHEN 8 THEN '{{redeemed}}' WHEN 9 THEN '{{expired}}' ELSE {WALLET} END",
        "kind": "CASE step WHEN 8 THEN 'redemption' WHEN 9 THEN 'expiry' ELSE 'credit' END",
        "reference": "CASE WHEN step = 7 THEN 'pr:' || replace(pg_temp.key(k)::text, '-', '') "
        "ELSE 'mv:' || lpad(to_hex(k), 32, '0') END",
        "effective_at": "pg_temp.moment(k)",
        "recorded_at": "pg_temp.moment(k)",
        "debit_points_after": "CASE step WHEN 9 THEN 600 WHEN 8 THEN 700 WHEN 7 THEN {left} - 100 * (m + 1) "
        "ELSE {former_left} - 100 * (k + 1) END",
        "credit_points_after": "CASE WHEN step < 8 THEN 100 * (step + 1) ELSE 100 * (m + 1) END",
    },
    steps=(0, 9),
)
LOTS = Copies(
    table="wallets_lot",
    model="id = '{transfer}'",
    columns={
        "id": "pg_temp.key(k)",
        "account_id": WALLET,
        "transfer_id": "pg_temp.key(k)",
        "remaining": "CASE WHEN step < 2 THEN 0 ELSE 100 END",
        "earned_at": "pg_temp.moment(k)",
        "expires_at": EXPIRES,
    },
    steps=(0, 7),
)
REQUESTS = Copies(
    table="programs_pointsrequest",
    model="id = '{request}'",
    columns={
        "id": "pg_temp.key(k)",
        "external_id": "'old-' || m",
        "recipient": NUMBER,
        "person_id": PERSON,
        "transfer_id": "pg_temp.key(k)",
        "created_at": "pg_temp.moment(k)",
        "credited_at": "pg_temp.moment(k)",
        "expires_at": EXPIRES,
    },
    steps=(7, 7),
)
MESSAGES = Copies(
    table="messaging_message",
    model="reference = '{reference}'",
    columns={
        "id": "pg_temp.key(k)",
        "person_id": PERSON,
        "reference": "'pr:' || replace(pg_temp.key(k)::text, '-', '')",
        "created_at": "pg_temp.moment(k)",
    },
    steps=(7, 7),
)
ALL = (TRANSFERS, LOTS, REQUESTS, PEOPLE, WALLETS, MESSAGES)  # the largest first
DRAWN, HELD = "wallets_lotdraw", "wallets_hold"
TABLES = [*(copies.table for copies in ALL), DRAWN, HELD]
DRAWS = """
INSERT INTO wallets_lotdraw (lot_id, transfer_id, points)
SELECT pg_temp.key(k), pg_temp.key(k + {others} * 8), 100 FROM generate_series(0, {others} * 2 - 1) AS k
"""
# A redemption captured what its order had set aside.
HOLDS = f"""
INSERT INTO wallets_hold (id, account_id, points, status, reference, placed_at, closed_at, transfer_id)
SELECT pg_temp.key(k, '003'), {WALLET}, 100, 'captured', 'mv:' || lpad(to_hex(k), 32, '0'), pg_temp.moment(k),
       pg_temp.moment(k), pg_temp.key(k)
FROM (SELECT {{others}} * 8 + m AS k, m FROM generate_series(0, {{others}} - 1) AS m) AS redeemed
"""
OF_SPENDING = {DRAWN: DRAWS, HELD: HOLDS}
SHARED = """
UPDATE wallets_account
SET points = points + CASE id WHEN '{former}' THEN -700 WHEN '{budget}' THEN -100 ELSE 100 END * {others}
WHERE id IN ('{former}', '{budget}', '{redeemed}', '{expired}')
"""


def ensure(*, wallets: int) -> float | None:
    """Make the large database, unless it is there as it would be made now; return how many seconds it took.

    Args:
        wallets: how many; each has ten transfers.
    """
    contents = f"{wallets} {hashlib.sha256(Path(__file__).read_bytes()).hexdigest()}"
    started = time.perf_counter()
    if not databases.make_large(contents=contents):
        return None
    with databases.use(databases.LARGE):
        fill(wallets=wallets)
    databases.finish_large(contents=contents)
    return time.perf_counter() - started


def fill(*, wallets: int) -> None:
    """Fill the database in use, where the portal's tables are empty.

    1. Credit one person.
    2. Write the rest of each table, its indexes after it, two tables at a time: one for each processor.
    3. Seal the transfers.

    Args:
        wallets: how many; each has ten transfers.
    """
    at = timezone.now()
    request = credit_one(company.found(size=1), at=at)
    values = _values(request, others=wallets - 1, at=at)
    with _cursor() as cursor, ThreadPoolExecutor(max_workers=2) as pool:
        cursor.execute("ALTER SYSTEM SET max_wal_size = '16GB'")  # no checkpoint every few seconds
        cursor.execute("SELECT pg_reload_conf()")
        cursor.execute(_shared(values))
        list(pool.map(lambda table: _fill_table(table, values), TABLES))
        cursor.execute("ALTER SYSTEM RESET max_wal_size")
        cursor.execute("SELECT pg_reload_conf()")
        cursor.execute("CHECKPOINT")
    while seals.seal(at=timezone.now()):
        pass


@contextmanager
def _cursor() -> Iterator[Cursor]:
    with databases.direct() as connection, connection.cursor() as cursor:
        connection.autocommit = True
        for statement in SETTINGS:
            cursor.execute(statement)
        yield cursor


def _fill_table(table: str, values: Mapping[str, Any]) -> None:
    with _cursor() as cursor:
        # Rows pass by an index that is not ready; REINDEX builds it from all of them, and makes it ready.
        cursor.execute("UPDATE pg_index SET indisready = false WHERE indrelid = %s::text::regclass", [table])
        _write_table(cursor, table, values)
        cursor.execute(f"REINDEX TABLE {table}")
        cursor.execute(f"VACUUM ANALYZE {table}")


def credit_one(acme: Company, *, at: datetime) -> PointsRequest:
    """Credit somebody: the rows that all others are copies of. Open the accounts that they will name."""
    for kind in (AccountKind.REDEEMED, AccountKind.EXPIRED):
        accounts.system(kind)
    funding = NewTransfer(
        debit_id=accounts.system(AccountKind.FUNDING).pk,
        credit_id=accounts.open_budget(FORMER).pk,
        points=company.BUDGET,
        kind=TransferKind.FUNDING,
        reference="former",
    )
    transfers.post([funding], at=at)
    asked = next(acme.requests()) | {"points": 100, "external_id": "model"}
    [submitted] = points_requests.submit([NewPointsRequest(source=Source.API, client=acme.client(), **asked)], at=at)
    if submitted.points_request is None:
        raise RuntimeError(submitted.error)
    return submitted.points_request


def write(cursor: Cursor, request: PointsRequest, *, others: int, at: datetime) -> None:
    """Write the people, the wallets and their history, in the caller's transaction.

    Args:
        cursor: of a superuser's connection that asks no trigger (`session_replication_role`).
        request: what `credit_one` made.
        others: how many, besides the one that was credited.
        at: now; their history ended the day before.
    """
    values = _values(request, others=others, at=at)
    for table in TABLES:
        _write_table(cursor, table, values)
    cursor.execute(_shared(values))


def _write_table(cursor: Cursor, table: str, values: Mapping[str, Any]) -> None:
    cursor.execute(FUNCTIONS.format(**values))
    for copies in ALL:
        if copies.table == table:
            cursor.execute(_insert(cursor, copies, values))
    if table in OF_SPENDING:
        cursor.execute(OF_SPENDING[table].format(**values))


def _shared(values: Mapping[str, Any]) -> str:
    """Return the statement that gives the accounts they all share what their history comes to."""
    return SHARED.format(**values)


def _values(request: PointsRequest, *, others: int, at: datetime) -> dict[str, Any]:
    start = at - SPREAD - timedelta(days=1)
    budget = Programme.objects.select_related("budget").get(pk=request.programme_id).budget
    former = Account.objects.get(name=FORMER)
    return {
        "others": others,
        "start": start.isoformat(),
        "start_milliseconds": int(start.timestamp() * 1000),
        "milliseconds": int(SPREAD.total_seconds() * 1000) // (others * TRANSFERS_OF_WALLET),
        "request": request.pk,
        "transfer": request.transfer_id,
        "person": Person.objects.get(pk=request.person_id).pk,
        "reference": crediting.reference(request),
        "budget": budget.pk,
        "left": budget.points,
        "former": former.pk,
        "former_left": former.points,
        "redeemed": accounts.system(AccountKind.REDEEMED).pk,
        "expired": accounts.system(AccountKind.EXPIRED).pk,
    }


def _insert(cursor: Cursor, copies: Copies, values: Mapping[str, Any]) -> str:
    """Return the statement that writes copies, whatever columns the table has besides those that differ."""
    cursor.execute(
        "SELECT quote_ident(column_name) FROM information_schema.columns "
        "WHERE table_name = %s AND table_schema = 'public' AND is_generated = 'NEVER' AND is_identity = 'NO'",
        [copies.table],
    )
    names = [name for (name,) in cursor.fetchall()]
    if gone := copies.columns.keys() - set(names):
        raise RuntimeError(f"{copies.table} has no column {', '.join(gone)} any more.")
    first, last = copies.steps
    return (
        f"INSERT INTO {copies.table} ({', '.join(names)}) "
        f"SELECT {', '.join(copies.columns.get(name, f'model.{name}') for name in names)} "
        "FROM (SELECT k, k / {others} AS step, k % {others} AS m FROM (SELECT "
        f"generate_series({first} * {{others}}, ({last} + 1) * {{others}} - 1) AS k) AS counted) AS history, "
        f"(SELECT * FROM {copies.table} WHERE {copies.model}) AS model"
    ).format(**values)
