"""Reads one environment variable and says in a sentence what is wrong with it."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

REDIS_VISIBILITY_SECONDS = 660
SECRET_KEY_CHARACTERS_MIN = 50
ENCRYPTION_KEYS_FORM = re.compile(r"[\w.-]+:[\w-]{43}=(,\s*[\w.-]+:[\w-]{43}=)*")  # 32 bytes are 43 digits and a =


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


def refuse_unsafe(*, secret_key: str, encryption_keys: str, allowed_hosts: list[str], base_url: str) -> None:
    """Refuse what production must not run with: better no start than one that looks well.

    Raises:
        ImproperlyConfigured: naming the variable and what it should hold.
    """
    is_short, are_keys = len(secret_key) < SECRET_KEY_CHARACTERS_MIN, ENCRYPTION_KEYS_FORM.fullmatch(encryption_keys)
    for is_unsafe, sentence in (
        (is_short, f"SECRET_KEY is short. Give it {SECRET_KEY_CHARACTERS_MIN} random characters or more."),
        (not are_keys, "ENCRYPTION_KEYS must be `id:key,…`; a key is 32 bytes in URL-safe base64."),
        (not allowed_hosts, "ALLOWED_HOSTS is empty. Name the hosts that people reach the portal by."),
        ("*" in allowed_hosts, "ALLOWED_HOSTS takes any host, forged ones too. Name each."),
        (not base_url.startswith("https://"), "BASE_URL must begin with https://: codes travel over it."),
    ):
        if is_unsafe:
            raise ImproperlyConfigured(sentence)


def seal_target(url: str) -> str:
    """Return `SEAL_TARGET` as it is: a folder as `file:///…`, an address to PUT to, or nothing.

    Raises:
        ImproperlyConfigured: it is neither.
    """
    parts = urlsplit(url)
    is_folder = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
    if url and not is_folder and not (parts.scheme in {"http", "https"} and parts.hostname):
        raise ImproperlyConfigured("SEAL_TARGET must be file:///an/absolute/folder or an https:// address to PUT to.")
    return url


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
        return "filesystem://localhost/", {  # kombu warns of a URL without a host
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
