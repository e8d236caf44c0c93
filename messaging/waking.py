"""Tells the worker, after a commit, that there is something to do, without making anybody wait for the broker.

A wake-up only saves the wait for the next sweep, so it may be lost. It leaves from a thread of its own: a broker that
is down or slow costs the caller nothing, and the commits of a busy moment share one wake-up.
"""

import threading

import structlog
from celery import current_app
from django.db import transaction

log = structlog.get_logger(__name__)
PAUSE_SECONDS = 0.05  # between two wake-ups of one process
RETRY = {"max_retries": 1, "interval_start": 0}  # a connection that lay idle may be dead: the second is new
EXPIRES_SECONDS = 60  # a wake-up that waited longer is of no use: sweeps have passed meanwhile


class Waker:
    """Wakes one task from a thread that starts with its first use (so after gunicorn's fork)."""

    def __init__(self, task: str) -> None:
        self.task = task
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def on_commit(self) -> None:
        """Wake the task when the current transaction commits; once per transaction, however often it is called."""
        connection = transaction.get_connection()
        if not any(function == self.wake for _, function, _ in connection.run_on_commit):
            transaction.on_commit(self.wake, robust=True)

    def wake(self) -> None:
        """Ask for the task to run soon, and return at once."""
        self._wanted.set()
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(target=self._run, name=f"wakes {self.task}", daemon=True)
                    self._thread.start()

    def _run(self) -> None:
        pause = threading.Event()
        while self._wanted.wait():
            self._wanted.clear()
            try:
                current_app.send_task(
                    self.task, retry=True, retry_policy=RETRY, ignore_result=True, expires=EXPIRES_SECONDS
                )
            except Exception as error:  # whatever a broker raises: the sweep does the work all the same
                log.warning("wake_up_lost", task=self.task, error=type(error).__name__)
            pause.wait(PAUSE_SECONDS)
