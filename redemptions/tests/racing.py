"""Starts work in many threads at the same moment, each with its own connection to the real database."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

from django.db import connection

THREADS = 20


@contextmanager
def threads() -> Iterator[ThreadPoolExecutor]:
    """Give threads that keep their database connection from round to round, and close it at the end."""
    with ThreadPoolExecutor(THREADS) as pool:
        yield pool
        barrier = Barrier(THREADS)

        def close() -> None:
            barrier.wait(timeout=10)
            connection.close()

        list(pool.map(lambda _: close(), range(THREADS)))


def all_at_once(pool: ThreadPoolExecutor, work: Callable[[int], object], number: int = THREADS) -> list[Any]:
    """Start `work(0)`, `work(1)` … in so many threads at the same moment; return what each returned or raised."""
    barrier = Barrier(number)

    def run(which: int) -> object:
        connection.ensure_connection()
        barrier.wait(timeout=10)
        try:
            return work(which)
        except Exception as error:  # an outcome like any other: the test counts them
            return error

    return list(pool.map(run, range(number)))
