"""Reads one environment variable and says in a sentence what is wrong with it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

REDIS_VISIBILITY_SECONDS = 660


def required(name: str, example: str, read: Callable[[str], Any] | None = None) -> Any:
    """Return a variable that the portal cannot start without.

    Args:
        name: the variable.
        example: what it should hold, in words; shown when it is missing.
        read: how to read it; as a string when not given.

    Raises:
        ImproperlyConfigured: it is not set, or empty.
    """
    if not os.environ.get(name):
        raise ImproperlyConfigured(f"{name} is not set. Set the environment variable {name} to {example}.")
    return read(name) if read else os.environ[name]


def broker(url: str) -> tuple[str, dict[str, Any]]:
    """Return Celery's broker URL and transport options for `BROKER_URL`.

    `filesystem:///path` keeps the queue in a folder, for a laptop; kombu wants that folder made beforehand and named
    in the options, the same for in and out.
    """
    parts = urlsplit(url)
    if parts.scheme == "filesystem":
        folders = {name: Path(parts.path) / name for name in ("queue", "control", "processed")}
        for folder in folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        return "filesystem://", {
            "data_folder_in": str(folders["queue"]),
            "data_folder_out": str(folders["queue"]),
            "processed_folder": str(folders["processed"]),
            "control_folder": str(folders["control"]),
            "store_processed": False,
            "polling_interval": 0.2,
        }
    if parts.scheme in {"redis", "rediss"}:
        return url, {"visibility_timeout": REDIS_VISIBILITY_SECONDS, "unacked_restore_throttle": 1}
    return url, {}
