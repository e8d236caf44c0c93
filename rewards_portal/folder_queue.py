"""Celery's queue in a folder, made safe to read while it is written.

kombu's filesystem transport shows a message before it has written it: a worker that looks at that moment reads nothing,
and dies of it (kombu 5.7, kombu/transport/filesystem.py). Here a message, or a table of who listens, appears whole.
"""

import os
import tempfile
import uuid
from pathlib import Path
from time import monotonic
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """A channel whose files appear whole."""

    def _put(self, queue: str, payload: Any, **_: Any) -> None:  # type: ignore[override]
        """Put a message into a queue, under a name that sorts by time as the transport's own names do."""
        name = f"{round(monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        _write(Path(self.data_folder_out) / name, payload)

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        """Note that a queue listens to an exchange. Who binds at the same moment binds again with its next message."""
        listening = [*self.get_table(exchange)]  # type: ignore[no-untyped-call]
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        if binding not in listening:
            Path(self.control_folder).mkdir(exist_ok=True)
            path = self._exchange_file(exchange)  # type: ignore[no-untyped-call]
            _write(path, [binding, *listening])


class Transport(filesystem.Transport):
    """kombu's, with our channel."""

    Channel = Channel


def install() -> None:
    """Let `filesystem://` mean this transport."""
    TRANSPORT_ALIASES["filesystem"] = f"{__name__}:Transport"


def _write(path: Path, content: Any) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")
    with os.fdopen(handle, "w") as file:
        file.write(dumps(content))  # type: ignore[no-untyped-call]
    Path(name).replace(path)
