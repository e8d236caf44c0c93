"""Credits an upload in processes that are killed: `python -m programs.tests.killed_uploads <number,…> <upload>`.

With a file and a programme in place of the upload, it is `import_points` that is killed.

For each number a process of its own credits the upload batch by batch, and is killed (SIGKILL) when it comes to that
many rows: each time at another moment of the row's way, before it is submitted, after its points moved, once what came
of it is written and not committed yet, or after the commit. Run by test_killed_uploads.py, on its database.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any
from uuid import UUID

import django

django.setup()

from django.core.management import call_command  # noqa: E402 - after the setup
from django.utils import timezone  # noqa: E402

from programs.operations import upload_crediting, uploads  # noqa: E402

BATCH_ROWS = 40


def die_at(number: int) -> None:
    """Have this process be killed at its `number`-th row."""
    place = uploads if number % 4 == 3 else upload_crediting
    name = ("_asked", "_settled", "credit_next", "credit_batch")[number % 4]
    come = 0
    work: Callable[..., Any] = getattr(place, name)

    def dies(*arguments: Any, **options: Any) -> Any:
        nonlocal come
        done = work(*arguments, **options)
        come += len(done) if name == "_asked" else 1 if name == "_settled" else BATCH_ROWS
        if come >= number:
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    setattr(place, name, dies)


def credit(upload_id: UUID) -> None:
    """Credit all of it, a small batch at a time."""
    while uploads.credit_batch(upload_id, at=timezone.now(), limit=BATCH_ROWS).status == "crediting":
        pass


def killed(numbers: list[int], work: Callable[[], object]) -> int:
    """Do this work in a process for each of these numbers, killed at that row; return how many were killed."""
    count_killed = 0
    for number in numbers:
        child = os.fork()  # without a connection: each child opens its own
        if not child:
            die_at(number)
            work()
            os._exit(0)
        _, status = os.waitpid(child, 0)
        count_killed += os.WIFSIGNALED(status)
    return count_killed


def main(numbers: str, subject: str, *programme: str) -> int:
    """Credit an upload, or import a file for a programme, and be killed at each of these rows."""
    if programme:
        return killed(_parsed(numbers), lambda: call_command("import_points", subject, "--programme", *programme))
    return killed(_parsed(numbers), lambda: credit(UUID(subject)))


def _parsed(numbers: str) -> list[int]:
    return [int(number) for number in numbers.split(",")]


if __name__ == "__main__":
    sys.stdout.write(str(main(*sys.argv[1:])))
