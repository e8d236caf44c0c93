"""Kills what the portal runs on, in an order that the seed decides."""

import time
from collections.abc import Callable
from contextlib import suppress
from random import Random

import psutil
import psycopg

from torture.book import Book
from torture.stage import Stage

CALM_SECONDS = (0.2, 2.0)  # between two kills
DOWN_SECONDS = (0.0, 1.5)  # how long a thing stays away
TERMINATE = """
SELECT count(pg_terminate_backend(pid)) FROM (
    SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    ORDER BY md5(pid::text || %s) LIMIT %s) AS victim
"""


class Chaos:
    """A schedule of kills.

    Args:
        stage: what is killed.
        random: decides what is next, and when.
        book: counts them.
    """

    def __init__(self, stage: Stage, random: Random, book: Book) -> None:
        self.stage, self.random, self.book = stage, random, book
        self._kinds: dict[str, tuple[int, Callable[[], None]]] = {  # how often in a round, and what
            "web process": (4, self._kill_web_process),
            "web server": (1, lambda: self._restart("web")),
            "worker": (2, lambda: self._restart("worker")),
            "scheduler": (1, lambda: self._restart("scheduler")),
            "database connections": (3, self._cut_connections),
            "broker": (2, lambda: self.book.count("messages thrown away", stage.empty_broker())),
        }
        if stage.postgres is not None:
            self._kinds["PostgreSQL"] = (1, self._crash_postgres)

    def run(self, deadline: float, *, once: bool = False) -> None:
        """Kill round after round until the deadline (of time.monotonic), each kind at least once.

        Args:
            deadline: the first round is finished all the same.
            once: one kill of each kind, and no more.
        """
        while True:
            kinds = [kind for kind, (times, _) in self._kinds.items() for _ in range(1 if once else times)]
            self.random.shuffle(kinds)
            for kind in kinds:
                time.sleep(self.random.uniform(*CALM_SECONDS))
                self._kinds[kind][1]()
                self.book.count(f"killed: {kind}")
            if once or time.monotonic() > deadline:
                return

    def _kill_web_process(self) -> None:
        if processes := self.stage.web_processes():
            with suppress(psutil.NoSuchProcess):
                self.random.choice(processes).kill()

    def _restart(self, name: str) -> None:
        self.stage.restart(name, pause_seconds=self.random.uniform(*DOWN_SECONDS))

    def _cut_connections(self) -> None:
        """End some of the portal's sessions in the database, in the middle of whatever they do."""
        with psycopg.connect(self.stage.database_url, autocommit=True) as connection:
            connection.execute(TERMINATE, [str(self.random.random()), self.random.randint(1, 8)])

    def _crash_postgres(self) -> None:
        self.stage.stop_postgres()
        time.sleep(self.random.uniform(*DOWN_SECONDS))
        self.stage.start_postgres()
