"""The floor of S3 and S4: COPY into a temporary table and one set-based statement that writes the same rows.

Of each item it writes what a credit of ours writes: the points request, the transfer with its balances after, the lot,
the message and its delivery, the wallet's balance, and the budget's for all. Into tables of the same shape, with the
same checks, defaults, indexes and foreign keys.

Left out is everything that is not writing: HTTP, JSON and the token; the validation, approvals, limits and rules; the
look-up of earlier `external_id`s (the unique key alone refuses them, and all of the batch with it); fingerprints; locks
in an order that keeps two batches out of each other's way; the judgement of each item against the budget; the answer to
each item; the triggers.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from django.db import connection

TABLES = (
    *("people_person", "programs_programme", "wallets_account", "wallets_transfer", "wallets_lot"),
    *("programs_pointsrequest", "messaging_message", "messaging_delivery"),
)
COPIED = ("people_person", "programs_programme", "wallets_account")  # with their rows
COLUMNS = ("external_id", "programme", "recipient", "points", "reason")
COPY = f"COPY asked ({', '.join(COLUMNS)}) FROM STDIN"
ASKED = """
CREATE TEMPORARY TABLE asked (
    place bigint GENERATED ALWAYS AS IDENTITY,
    external_id text, programme text, recipient text, points bigint, reason text
) ON COMMIT DROP
"""
WRITE = """
WITH item AS MATERIALIZED (
    SELECT asked.*, uuidv7() AS id, uuidv7() AS transfer_id, uuidv7() AS message_id,
           person.id AS person_id, programme.id AS programme_id, wallet.id AS wallet_id, budget.id AS budget_id,
           budget.points - sum(asked.points) OVER (ORDER BY place) AS budget_after,
           wallet.points + sum(asked.points) OVER (PARTITION BY wallet.id ORDER BY place) AS wallet_after,
           now() + interval '365 days' AS expires_at
    FROM asked
    JOIN floor_people_person person ON person.employee_number = asked.recipient
    JOIN floor_programs_programme programme ON programme.slug = asked.programme
    JOIN floor_wallets_account wallet ON wallet.person_id = person.id
    JOIN floor_wallets_account budget ON budget.id = programme.budget_id
), raised AS (
    UPDATE floor_wallets_account account
    SET points = account.points + gained.points, lifetime_earned = lifetime_earned + gained.points
    FROM (SELECT wallet_id, sum(points) AS points FROM item GROUP BY wallet_id ORDER BY wallet_id) AS gained
    WHERE account.id = gained.wallet_id
), lowered AS (
    UPDATE floor_wallets_account account SET points = account.points - spent.points
    FROM (SELECT budget_id, sum(points) AS points FROM item GROUP BY budget_id) AS spent
    WHERE account.id = spent.budget_id
), moved AS (
    INSERT INTO floor_wallets_transfer (id, debit_id, credit_id, points, kind, reference, effective_at, recorded_at,
                                        debit_points_after, credit_points_after)
    SELECT transfer_id, budget_id, wallet_id, points, 'credit', 'pr:' || replace(id::text, '-', ''), now(), now(),
           budget_after, wallet_after FROM item
), opened AS (
    INSERT INTO floor_wallets_lot (id, account_id, transfer_id, points, remaining, earned_at, expires_at)
    SELECT transfer_id, wallet_id, transfer_id, points, points, now(), expires_at FROM item
), kept AS (
    INSERT INTO floor_programs_pointsrequest (id, client_id, external_id, fingerprint, source, programme_id, recipient,
        person_id, points, reason, metadata, status, explanation, transfer_id, created_at, credited_at, expires_at,
        reversed_points)
    SELECT id, %(client)s, external_id, repeat('0', 64), 'api', programme_id, recipient, person_id, points, reason,
           '{}', 'credited', '{}', transfer_id, now(), now(), expires_at, 0 FROM item
), told AS (
    INSERT INTO floor_messaging_message (id, person_id, kind, title, body, path, reference, created_at)
    SELECT message_id, person_id, 'points_credited', 'You earned ' || points || ' points', reason, '/statement',
           'pr:' || replace(id::text, '-', ''), now() FROM item
)
INSERT INTO floor_messaging_delivery (id, message_id, channel, status, attempts, next_attempt_at, last_error,
                                      provider_reference)
SELECT uuidv7(), message_id, 'slack', 'pending', 0, now(), '', '' FROM item
"""


def prepare() -> None:
    """Make the floor's tables like the portal's, with the same people, programmes and accounts, and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s)", [f"floor_{TABLES[0]}"])
        if cursor.fetchone() != (None,):
            return  # another benchmark of this run made them
        for table in TABLES:
            cursor.execute(f"CREATE TABLE floor_{table} (LIKE {table} INCLUDING ALL)")
            if table in COPIED:
                cursor.execute(f"INSERT INTO floor_{table} SELECT * FROM {table}")
        for table, name, definition in _foreign_keys(cursor):
            cursor.execute(f"ALTER TABLE floor_{table} ADD CONSTRAINT {name} {definition}")
        cursor.execute(
            "ALTER TABLE floor_wallets_account SET (fillfactor = 70)"  # as the portal's; LIKE leaves that out
        )
        for table in TABLES:
            cursor.execute(f"ANALYZE floor_{table}")


def seconds(connection: psycopg.Connection, batch: Sequence[Mapping[str, Any]], *, client: str) -> float:
    """Write a batch and return how long that took, its commit included."""
    started = time.perf_counter()
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(ASKED)
        with cursor.copy(COPY) as copy:
            for item in batch:
                copy.write_row([item[column] for column in COLUMNS])
        written = cursor.execute(WRITE, {"client": client}).rowcount
    took = time.perf_counter() - started
    if written != len(batch):
        raise RuntimeError(f"The floor wrote {written} of {len(batch)}.")
    return took


def _foreign_keys(cursor: Any) -> list[tuple[str, str, str]]:
    """Return table, name and definition of the foreign keys, those among these tables pointing to the floor's."""
    cursor.execute(
        "SELECT conrelid::regclass::text, conname, confrelid::regclass::text, pg_get_constraintdef(oid) "
        "FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY(%s) ORDER BY 1, 2",
        [list(TABLES)],
    )
    return [
        (
            table,
            f'"{name}"',
            definition.replace(f"REFERENCES {to}(", f"REFERENCES floor_{to}(") if to in TABLES else definition,
        )
        for table, name, to, definition in cursor.fetchall()
    ]
