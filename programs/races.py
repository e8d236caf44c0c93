"""What two requests at the same moment do to each other, and how both still get an answer."""

from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import IntegrityError, connection

from wallets.operations import transactions

ATTEMPTS = 5

# Losing one of these means that somebody else just wrote the same thing: the next attempt finds it and answers with it.
SETTLED_BY_UNIQUE = {"points_request_external_id_once", "points_request_once_key", "funding_external_id_once"}

Result = TypeVar("Result")


def settle(work: Callable[[], Result], *, whole: bool = False) -> Result:
    """Run work in a transaction, and whole once more where somebody else wrote the same first, or a deadlock broke it.

    Inside a caller's transaction the retry starts at a savepoint: under READ COMMITTED it sees what the winner wrote.
    `work` must make no call outside the database.

    Args:
        work: called again from the start on each attempt.
        whole: it is one write by itself, or opens its own transaction around several: that saves BEGIN and COMMIT.

    Raises:
        IntegrityError: any other one, or the same after five attempts.
    """
    run = transactions.run_statement if whole and not connection.in_atomic_block else transactions.run
    for _ in range(1, ATTEMPTS):
        try:
            return run(work)
        except IntegrityError as error:
            if not _lost_race(error):
                raise
    return run(work)


def _lost_race(error: IntegrityError) -> bool:
    cause = error.__cause__
    return isinstance(cause, psycopg.errors.UniqueViolation) and cause.diag.constraint_name in SETTLED_BY_UNIQUE
