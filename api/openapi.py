"""Completes the OpenAPI document: what any operation may answer besides, the headers of answers, and examples.

Hooks of drf-spectacular (SPECTACULAR_SETTINGS). Examples of requests and answers are those of docs/api/examples.json,
which a test records from the portal itself (tests/api/test_examples.py); those of problems are made from their classes.
"""

import functools
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from rest_framework.views import APIView

from api import errors, problems
from api.errors import PortalError

EXAMPLES: Final = Path(settings.BASE_DIR) / "docs" / "api" / "examples.json"
PROBLEMS_MEMBER: Final = "x-problems"  # by which `api.docs.describe` hands on an operation's own problems
METHODS: Final = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}
OF_ALL: Final = [errors.InternalError, errors.NotReady]
OF_CLIENTS: Final = [
    errors.BadRequest,
    errors.NotAuthenticated,
    errors.InvalidToken,
    errors.TokenInAddress,
    errors.InsufficientScope,
    errors.TooManyRequests,
]
OF_BODIES: Final = [
    errors.MalformedBody,
    errors.RequestTimeout,
    errors.BodyTooLarge,
    errors.UnsupportedMediaType,
    errors.InvalidRequest,
]
OF_KEYS: Final = [errors.InvalidIdempotencyKey, errors.IdempotencyKeyInProgress, errors.IdempotencyKeyReused]
TEXT: Final = {"type": "string"}
HEADERS: Final[dict[str, dict[str, Any]]] = {
    "X-Request-ID": {
        "description": "The call's name, yours where you sent one; it stands in our log.",
        "schema": TEXT,
        "required": True,
        "example": "01a2106e1f0f7d1c9c5e8d1b6a2f4c3e",
    },
    "X-Correlation-ID": {"description": "Yours, where you sent one.", "schema": TEXT},
    "RateLimit": {
        "description": "What is left (`r`), and in how many seconds the quota is full again (`t`); of a client with a "
        "limit (draft-ietf-httpapi-ratelimit-headers).",
        "schema": TEXT,
        "example": '"per-minute";r=599;t=1',
    },
    "RateLimit-Policy": {
        "description": "The limit: so many (`q`) in a window of so many seconds (`w`).",
        "schema": TEXT,
        "example": '"per-minute";q=600;w=60',
    },
    "Retry-After": {
        "description": "After how many seconds to send the same again.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 2,
    },
    "Idempotent-Replayed": {
        "description": "Where this is the answer to an earlier request that was the same.",
        "schema": {"type": "string", "enum": ["true"]},
    },
    "WWW-Authenticate": {
        "description": "What is missing (RFC 6750 §3; of a hook what its credential is).",
        "schema": TEXT,
        "example": 'Bearer realm="Rewards Portal", error="invalid_token"',
    },
    "Link": {
        "description": "The pages beside this one (RFC 8288), as `next` and `previous` have them.",
        "schema": TEXT,
        "example": '<https://rewards.acme.example/api/v1/points-requests?cursor=cD0w>; rel="next"',
    },
    "Allow": {"description": "The methods that work here.", "schema": TEXT, "example": "POST, OPTIONS"},
    "WebHook-Allowed-Origin": {
        "description": "The origin that may deliver: the one that asked.",
        "schema": TEXT,
        "example": "hr.acme.example",
    },
    "WebHook-Allowed-Rate": {
        "description": "Deliveries a minute; `*` for any number.",
        "schema": TEXT,
        "example": "600",
    },
    "Deprecation": {"description": "Since when (RFC 9745).", "schema": TEXT, "example": "@1798761600"},
    "Sunset": {
        "description": "From when on it may be gone (RFC 8594).",
        "schema": TEXT,
        "example": "Thu, 01 Jul 2027 00:00:00 GMT",
    },
}
REPLAYED: Final = {"400", "404", "409", "413", "415", "422"}  # what is kept for an Idempotency-Key beside 2xx
OF_STATUS: Final = {
    "401": ["WWW-Authenticate"],
    "403": ["WWW-Authenticate"],
    "429": ["Retry-After"],
    "503": ["Retry-After"],
}

Endpoint = tuple[str, str, str, Callable[..., Any]]


def with_handshakes(endpoints: Sequence[Endpoint]) -> list[Endpoint]:
    """Return the endpoints with the OPTIONS of those views that answer it: drf-spectacular leaves it out."""
    answering = {
        path: (path, regex, "OPTIONS", view)
        for path, regex, _, view in endpoints
        if "options" in view.cls.http_method_names and view.cls.options is not APIView.options  # type: ignore[attr-defined]
    }
    return [*endpoints, *answering.values()]


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Return the document with what its operations have in common, and with their examples."""
    shared: dict[str, Any] = {}
    for label, operation in _operations(result):
        method = label.partition(" ")[0]
        _add_problems(operation, method, shared)
        _add_examples(operation, recorded().get(label, []))
        for status, answer in operation["responses"].items():
            if "$ref" not in answer:
                answer["headers"] = _headers(operation, method, status)
    known = problems.known()
    answers = [answer for _, operation in _operations(result) for answer in operation["responses"].values()]
    contents = [answer.get("content", {}).get(problems.MEDIA_TYPE, {}) for answer in [*answers, *shared.values()]]
    codes = {code for content in contents for code in content.get("examples", {})}
    examples = {code: {"value": _problem(known[code])} for code in sorted(codes)}
    result["components"] |= {"headers": HEADERS, "responses": dict(sorted(shared.items())), "examples": examples}
    return result


@functools.cache
def recorded() -> dict[str, list[dict[str, Any]]]:
    """Return the examples by operation, as `POST /api/v1/events`: each with its name, body, status and answer."""
    examples: dict[str, list[dict[str, Any]]] = json.loads(EXAMPLES.read_text(encoding="utf-8"))
    return examples


def _operations(result: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in result["paths"].items():
        for method in METHODS & set(item):
            yield f"{method.upper()} {path}", item[method]


def _add_problems(operation: dict[str, Any], method: str, shared: dict[str, Any]) -> None:
    """Name every problem that an operation can end in; those that end alike everywhere stand in `shared` once."""
    own = [problems.known()[code] for code in operation.pop(PROBLEMS_MEMBER, [])]
    common = list(_common(operation, method))
    answers = operation["responses"]
    for status in sorted({error.status for error in [*own, *common]}):
        ended = list(dict.fromkeys(error.code for error in [*own, *common] if error.status == status))
        answers[str(status)] = _answer(ended)
        if ended == [error.code for error in common if error.status == status]:
            name = "Or".join(code.title().replace("_", "") for code in ended)
            shared[name] = answers[str(status)] | {"headers": _headers(None, method, str(status))}
            answers[str(status)] = {"$ref": f"#/components/responses/{name}"}
    shared["AnythingElse"] = _answer([errors.MethodNotAllowed.code]) | {"headers": _headers(None, method, "default")}
    answers["default"] = {"$ref": "#/components/responses/AnythingElse"}
    operation["responses"] = dict(sorted(answers.items()))


def _common(operation: dict[str, Any], method: str) -> Iterator[type[PortalError]]:
    is_clients = _is_clients(operation)
    yield from OF_CLIENTS if is_clients else ()
    if "requestBody" in operation:
        yield from OF_BODIES if is_clients else (errors.RequestTimeout, errors.BodyTooLarge)
    elif any(parameter["in"] == "query" for parameter in operation.get("parameters", [])):
        yield errors.InvalidRequest
    yield from OF_KEYS if is_clients and method == "POST" else ()
    yield from OF_ALL


def _is_clients(operation: dict[str, Any]) -> bool:
    """Return whether an operation asks for a token; a handshake and a hook do not."""
    return any(operation.get("security") or [])


def _answer(codes: Sequence[str]) -> dict[str, Any]:
    """Return the answer that is one of these problems."""
    examples = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}}
    return {"description": ", ".join(f"`{code}`" for code in codes) + ".", "content": content}


def _problem(error: type[PortalError]) -> dict[str, Any]:
    """Return an example of a problem."""
    return {
        "type": f"https://rewards.acme.example/problems/{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": f"{error.title}.",
        "code": error.code,
        "request_id": HEADERS["X-Request-ID"]["example"],
    }


def _headers(operation: dict[str, Any] | None, method: str, status: str) -> dict[str, Any]:
    """Return the headers of an answer; without an operation, of one that any operation may give."""
    names = ["X-Request-ID", "X-Correlation-ID", *OF_STATUS.get(status, [])]
    names += ["RateLimit", "RateLimit-Policy"] if operation is None or _is_clients(operation) else []
    names += ["Idempotent-Replayed"] if method == "POST" and (status[0] == "2" or status in REPLAYED) else []
    if operation is not None and status[0] == "2":
        names += ["Link"] if _is_page(operation) else []
        names += ["Allow", "WebHook-Allowed-Origin", "WebHook-Allowed-Rate"] if method == "OPTIONS" else []
    names += ["Deprecation", "Sunset", "Link"] if operation and operation.get("deprecated") else []
    return {name: {"$ref": f"#/components/headers/{name}"} for name in dict.fromkeys(names)}


def _is_page(operation: dict[str, Any]) -> bool:
    return any(parameter["name"] == "cursor" for parameter in operation.get("parameters", []))


def _add_examples(operation: dict[str, Any], examples: Sequence[dict[str, Any]]) -> None:
    """Show what can be sent, and what it was answered."""
    for example in examples:
        if example["body"] is not None:
            sent = operation["requestBody"]["content"][example["media_type"]]
            sent.setdefault("examples", {})[example["name"]] = {"value": example["body"]}
        if example["answer"] is not None:
            told = operation["responses"][str(example["status"])]["content"]["application/json"]
            told.setdefault("examples", {})[example["name"]] = {"value": example["answer"]}
