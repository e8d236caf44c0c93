"""The laptop's queue is read while it is written."""

import threading
from pathlib import Path
from queue import Empty

from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES

from rewards_portal import folder_queue
from rewards_portal.environment import broker

MESSAGES = 2000
PAYLOAD = {"body": "x" * 2000}


def channel(folder: Path) -> folder_queue.Channel:
    url, options = broker(f"filesystem://{folder}")
    return Connection(url, transport_options=options).default_channel


def test_filesystem_means_this_transport() -> None:
    assert TRANSPORT_ALIASES["filesystem"] == "rewards_portal.folder_queue:Transport"


def test_a_message_is_never_seen_half_written(tmp_path: Path) -> None:
    """With kombu's own channel the reader meets an empty file within the first hundreds of messages."""
    writing, reading = channel(tmp_path), channel(tmp_path)
    writer = threading.Thread(target=lambda: [writing._put("celery", PAYLOAD) for _ in range(MESSAGES)])
    writer.start()
    read = 0
    while read < MESSAGES and (writer.is_alive() or any((tmp_path / "queue").iterdir())):
        try:
            assert reading._get("celery") == PAYLOAD
        except Empty:
            continue
        read += 1
    writer.join()
    assert read == MESSAGES


def test_who_listens_is_noted_once(tmp_path: Path) -> None:
    bound = channel(tmp_path)
    for queue in ("celery", "celery", "other"):
        bound._queue_bind("celery", "celery", "", queue)
    assert sorted(binding.queue for binding in bound.get_table("celery")) == ["celery", "other"]
