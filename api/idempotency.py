"""A POST with an Idempotency-Key takes effect once; its repeats get the first answer.

draft-ietf-httpapi-idempotency-key-header. One transaction holds the key's turn, the effect and the answer: a process
that dies before the commit leaves nothing behind, one that dies after it has left the answer for the repeat.
"""

import hashlib
import re
from collections.abc import Callable
from typing import Any, Final, cast

from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api import transactions
from api.errors import IdempotencyKeyInProgress, IdempotencyKeyReused, InvalidIdempotencyKey, RequestTimeout
from api.models import IdempotencyKey
from vault import encryption

HEADER: Final = "Idempotency-Key"
QUOTED: Final = re.compile(r'"((?:[ !#-\[\]-~]|\\["\\]){1,510})"')  # a string of RFC 9651
BARE: Final = re.compile(r"[!#-~]{1,255}")
KEY_LENGTH_MAX: Final = 255
PASSING: Final = {401, 403, 429}  # like every 5xx they say nothing of the request: the next try may end otherwise
SERVER_ERROR: Final = 500
EVENT_PREFIX: Final = "ce-"  # a CloudEvent in binary mode says in its headers which event it is

Handler = Callable[..., HttpResponse]


def once(view: APIView, handler: Handler) -> Handler:
    """Return the handler of a POST such that it takes effect once for each client and key.

    1. Take the key's turn, without waiting. 2. Replay the answer that is kept. 3. Else do it, undone where it fails,
    and keep the answer. All of it is one transaction, run again from the start where it met another one.

    Raises:
        InvalidIdempotencyKey: the header holds no key of 1 to 255 characters.
        IdempotencyKeyInProgress: another request with this key is being answered.
        IdempotencyKeyReused: the key came before with something else.
    """

    def handle(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        key_id = _digest(str(request.user.pk), read_key(request.headers[HEADER]))
        _require_whole(request)
        fingerprint = _fingerprint(request)

        def answer() -> HttpResponse:
            _take_turn(key_id)
            kept = IdempotencyKey.objects.filter(pk=key_id).first()
            if kept is not None:
                return _replayed(kept, fingerprint)
            made = _made(view, handler, request, *args, **kwargs)
            if made.status_code in PASSING or made.status_code >= SERVER_ERROR:
                transaction.set_rollback(True)
            else:
                _keep(key_id, fingerprint, made, view.headers)
            return made

        return transactions.run(answer)

    return handle


def read_key(value: str) -> str:
    r"""Return the key in a header, bare or quoted: `"a\"b"` and `a"b` are the same key.

    Raises:
        InvalidIdempotencyKey: it is empty, too long, or holds what no header should.
    """
    quoted = QUOTED.fullmatch(value)
    key = re.sub(r"\\(.)", r"\1", quoted[1]) if quoted else value
    if len(key) > KEY_LENGTH_MAX or not (quoted or BARE.fullmatch(key)):
        raise InvalidIdempotencyKey(f"Write {HEADER} as 1 to {KEY_LENGTH_MAX} characters of ASCII, best a UUID.")
    return key


def _require_whole(request: Request) -> None:
    """Refuse a body whose connection broke off: what is kept of half a body would stand in the way of the whole one.

    Raises:
        RequestTimeout: fewer bytes came than were announced.
    """
    announced = request.META.get("CONTENT_LENGTH") or ""
    if announced.isdigit() and len(request._request.body) < int(announced):
        raise RequestTimeout("The body broke off. Nothing was done; send it again, whole.")


def _take_turn(key_id: bytes) -> None:
    """Hold the key until the transaction ends, however it ends: with its connection too, where the process dies."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s::bigint)", [int.from_bytes(key_id[:8], signed=True)])
        if not cursor.fetchone()[0]:
            raise IdempotencyKeyInProgress(
                "The first request with this key is still being answered. Try again in a second."
            )


def _made(view: APIView, handler: Handler, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
    """Return the answer as it will be sent; what a refused request wrote is undone."""
    try:
        with transaction.atomic():
            answer = handler(request, *args, **kwargs)
    except Exception as error:  # what nobody foresaw is raised again in there
        answer = view.handle_exception(error)
    answer = view.finalize_response(request, cast(Response, answer), *args, **kwargs)
    if not getattr(answer, "is_rendered", True):
        answer.render()
    return answer


def _keep(key_id: bytes, fingerprint: bytes, answer: HttpResponse, common: dict[str, str]) -> None:
    """Keep an answer; headers that every answer of the view gets are made anew with each."""
    IdempotencyKey.objects.create(
        id=key_id,
        fingerprint=fingerprint,
        status=answer.status_code,
        headers={name: value for name, value in answer.headers.items() if name not in common},
        body=encryption.encrypt(answer.content.decode(), context=_context(key_id)),
        created_at=timezone.now(),
    )


def _replayed(kept: IdempotencyKey, fingerprint: bytes) -> HttpResponse:
    if bytes(kept.fingerprint) != fingerprint:
        raise IdempotencyKeyReused(
            "This key came before with another body or address. Make a new key for a new request."
        )
    body = encryption.decrypt(bytes(kept.body), context=_context(bytes(kept.id)))
    return HttpResponse(body, status=kept.status, headers={**kept.headers, "Idempotent-Replayed": "true"})


def _fingerprint(request: Request) -> bytes:
    event = sorted(
        (name.lower(), value) for name, value in request.headers.items() if name.lower().startswith(EVENT_PREFIX)
    )
    said = [str(request.method), request.get_full_path(), *(f"{name}:{value}" for name, value in event)]
    return _digest(*said, hashlib.sha256(request._request.body).hexdigest())


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode()).digest()


def _context(key_id: bytes) -> str:
    return f"api.idempotencykey:{key_id.hex()}"
