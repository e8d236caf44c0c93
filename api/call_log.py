"""Writes down what clients call, off the path of the call itself.

Of callers that nobody knows only the newest few of each second are kept, so that a flood of them fills no disk.

A call is put into a list in the memory of its process; a thread of the process writes what came, once a second, in two
statements. A process that dies loses its last second: this is a log, and moves no points. Only where `start` was called
is anything written down: the web server does so (rewards_portal/gunicorn.py).
"""

import atexit
import json
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import structlog
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from api import problems
from api.callers import Caller
from api.models import ApiCall

EVERY_SECONDS: Final = 1.0
WAITING_MAX: Final = 20_000  # calls in memory while the database does not answer; then the oldest are dropped
STRANGERS_MAX: Final = 20  # in memory of those that did not prove who they are; then the oldest are dropped
BATCH: Final = 500
ERROR: Final = 400
MEMBERS_MAX: Final = 20
NAME: Final = re.compile(r"[a-z_]{1,40}")
KEPT: Final = {"external_id", "programme", "id", "source", "type", "product"}  # members whose values name no person
VALUE: Final = re.compile(r"[A-Za-z0-9._:/-]{1,100}")  # without @: an e-mail address is left out wherever it stands
LEFT_OUT: Final = "…"
CONVERTER: Final = re.compile(r"<(?:\w+:)?(\w+)>")  # how Django writes what openapi.yaml has in braces

_waiting: deque[ApiCall] = deque(maxlen=WAITING_MAX)
_strangers: deque[ApiCall] = deque(maxlen=STRANGERS_MAX)
_running = threading.Event()
logger = structlog.get_logger(__name__)


def note(request: HttpRequest, response: HttpResponse, *, caller: Caller, milliseconds: float) -> None:
    """Keep a call in memory until the next writing.

    Args:
        request: what was asked.
        response: what it was answered.
        caller: who asked.
        milliseconds: how long that took.
    """
    body = redacted(caller.asked) if caller.asked is not None else {}
    (_waiting if caller.is_known else _strangers).append(
        ApiCall(
            client=caller.client,
            caller=caller.name[:80],
            called_at=timezone.now(),
            method=str(request.method)[:10],
            route=CONVERTER.sub(r"{\1}", f"/{request.resolver_match.route}")[:200] if request.resolver_match else "",
            status=response.status_code,
            code=_code(response),
            milliseconds=round(milliseconds, 1),
            request_id=getattr(request, "request_id", ""),
            external_id=body.get("external_id", "").removeprefix(LEFT_OUT),
            body=body,
        )
    )


def redacted(request: Request) -> dict[str, str]:
    """Return a body's members with their values left out, but for ids of the client's own that name no person."""
    data = vars(request).get("_full_data")
    if isinstance(data, list):
        return {"items": str(len(data))}
    if not isinstance(data, dict):
        return {}
    members = [name for name in list(data)[:MEMBERS_MAX] if isinstance(name, str) and NAME.fullmatch(name)]
    return {name: _shown(name, data[name]) for name in members}


def write() -> int:
    """Write the calls that wait, and return how many those were.

    Raises:
        DatabaseError: they could not be written; they are lost.
    """
    written = 0
    while _waiting or _strangers:
        calls = [(_waiting or _strangers).popleft() for _ in range(min(BATCH, len(_waiting) + len(_strangers)))]
        with transaction.atomic():
            ApiCall.objects.bulk_create(calls)
            _count(calls)
        written += len(calls)
    return written


def start() -> None:
    """Write down calls from now on, in a thread of this process."""
    _running.set()
    threading.Thread(target=_go_on, name="call log", daemon=True).start()
    atexit.register(_write_or_say)


def is_running() -> bool:
    """Return whether calls are written down in this process."""
    return _running.is_set()


def _go_on() -> None:
    while True:
        time.sleep(EVERY_SECONDS)
        _write_or_say()


def _write_or_say() -> None:
    try:
        write()
    except Exception as error:  # whatever it is, the next second is tried again
        connection.close()
        logger.warning("calls could not be written down", error=type(error).__name__)


def _count(calls: Sequence[ApiCall]) -> None:
    """Add calls to the counts of their hours, in the order of the key, so that two processes do not wait in a ring."""
    hours = Counter((call.client_id, _hour(call), call.code) for call in calls if call.client_id)
    keys = sorted(hours)
    if not keys:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT api_count_calls(%s::text[], %s::timestamptz[], %s::text[], %s::integer[])",
            [
                [client for client, _, _ in keys],
                [hour for _, hour, _ in keys],
                [code for _, _, code in keys],
                [hours[key] for key in keys],
            ],
        )


def _hour(call: ApiCall) -> datetime:
    return call.called_at.replace(minute=0, second=0, microsecond=0)


def _code(response: HttpResponse) -> str:
    """Return the code of a problem, or of RFC 6749's errors; of another error its status; "" where it went well."""
    if response.status_code < ERROR:
        return ""
    content_type = response.get("Content-Type", "")
    is_json = content_type in {problems.MEDIA_TYPE, "application/json"}
    said = json.loads(response.content) if is_json and response.content else {}
    return str(said.get("code") or said.get("error") or response.status_code)[:60]


def _shown(name: str, value: Any) -> str:
    if name in KEPT and isinstance(value, str) and VALUE.fullmatch(value):
        return value
    return f"{LEFT_OUT} {len(value)} items" if isinstance(value, list) else LEFT_OUT
