"""Retries a transaction that met another one: the whole of it, from the start."""

import functools
import random
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

ATTEMPTS = 5
BACKOFF_SECONDS = 0.02  # the first wait is at most this, each further one at most twice the last
RETRIED = {"40001", "40P01"}  # serialization_failure, deadlock_detected (PostgreSQL documentation, 13.5)

Result = TypeVar("Result")
Params = ParamSpec("Params")


def run(work: Callable[[], Result]) -> Result:
    """Run `work` in a transaction, up to ATTEMPTS times while the database reports that it met another one.

    Inside a transaction that is open already it runs once, as part of it: only the outermost may retry, for the rest
    of it was undone too. `work` must call nothing outside the database.

    Args:
        work: reads and writes the database; called again from the start on each attempt.

    Returns:
        What `work` returned on the attempt that was committed.

    Raises:
        OperationalError: the last attempt met another transaction too.
    """
    return run_statement(lambda: _in_transaction(work))


def run_statement(work: Callable[[], Result]) -> Result:
    """Do the same for `work` that is one statement, which is a transaction by itself: saves BEGIN and COMMIT."""
    if connection.in_atomic_block:
        return work()
    for attempt in range(1, ATTEMPTS):
        try:
            return work()
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", None) not in RETRIED:
                raise
        time.sleep(random.uniform(0, BACKOFF_SECONDS * 2**attempt))  # noqa: S311  (jitter keeps no secret)
    return work()


def retried(operation: Callable[Params, Result]) -> Callable[Params, Result]:
    """Decorate an operation so that each call of it is a `run`."""

    @functools.wraps(operation)
    def wrapped(*args: Params.args, **kwargs: Params.kwargs) -> Result:
        return run(lambda: operation(*args, **kwargs))

    return wrapped


def _in_transaction(work: Callable[[], Result]) -> Result:
    with transaction.atomic():
        return work()
