"""Runs callables at the same moment, each in its own thread with its own connection to the real database."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def race(callables: Sequence[Callable[[], Result]]) -> list[Result | Exception]:
    """Start all of them together; return what each returned or raised, in the same order."""
    start = threading.Barrier(len(callables))

    def one(work: Callable[[], Result]) -> Result | Exception:
        try:
            connection.ensure_connection()
            start.wait()
            return work()
        except Exception as error:  # the race decides which of them fail; the test says which may
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(callables)) as pool:
        return list(pool.map(one, callables))


def rounds(count: int, threads: int, work: Callable[[int], object]) -> list[list[object]]:
    """Run `work(round)` in every thread, round after round, all starting each round together.

    Returns:
        For each round what each thread returned or raised.
    """
    start = threading.Barrier(threads)

    def all_rounds() -> list[object]:
        results: list[object] = []
        for number in range(count):
            start.wait()
            try:
                results.append(work(number))
            except Exception as error:
                results.append(error)
        return results

    by_thread = race([all_rounds] * threads)
    return [list(results) for results in zip(*by_thread, strict=True)]
