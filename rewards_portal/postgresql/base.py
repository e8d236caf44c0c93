"""The connection to the database. Django looks for it in a module of this name."""

import select
import time
from typing import Any, Final

from django.db.backends.postgresql import base

IDLE_SECONDS: Final = 30  # after which a network on the way may have forgotten a connection without a word


class DatabaseWrapper(base.DatabaseWrapper):
    """Checks a kept connection without asking over it, unless there is a reason to: the question costs a turn.

    PostgreSQL says goodbye when it stops, and so does the kernel for it when it is killed: then there is something to
    read where nobody asked. Only then, and after an idle while, Django's own check asks and connects anew.
    """

    health_check_done: bool
    health_check_enabled: bool
    checked_at = 0.0

    def close_if_health_check_failed(self) -> None:
        """Close a connection that is dead; called before the first statement of a request or task."""
        if self.health_check_enabled and not self.health_check_done and self.connection is not None:
            idle_since, self.checked_at = self.checked_at, time.monotonic()
            self.health_check_done = self.checked_at - idle_since < IDLE_SECONDS and _is_quiet(self.connection)
        super().close_if_health_check_failed()


def _is_quiet(connection: Any) -> bool:
    if connection.closed:
        return False
    waiting = select.poll()
    waiting.register(connection.fileno(), select.POLLIN)
    return not waiting.poll(0)
