"""Gives every request an id beside the sender's own, and every error under the API's addresses its form, a problem."""

import re
from collections.abc import Callable
from time import perf_counter
from typing import Final

import structlog
from django.http import HttpRequest, HttpResponse

from api import call_log, callers, ids, problems
from api.errors import BadRequest, InternalError

ACCEPTED_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
# MuleSoft's on every request, and SAP Integration Suite's, which a server may hand on with its underscore as a hyphen.
CORRELATION_HEADERS: Final = ("X-Correlation-ID", "SAP-MplCorrelationId")
CORRELATION_ID: Final = re.compile(r"[\x21-\x7e]{1,200}")
MACHINE_PATHS: Final = ("/api/", "/oauth/", "/scim/", "/.well-known/", "/healthz", "/readyz")
PAGE_TYPES: Final = ("text/html", "text/plain")
KEPT_HEADERS: Final = ("Allow", "Retry-After", "WWW-Authenticate")
SERVER_ERROR: Final = 500
ERROR: Final = 400


class RequestIdMiddleware:
    """Take the caller's X-Request-ID, or make one; put it on the reply and on every log line.

    The same with the id by which middleware knows one flow across systems, where it sends one; it says nothing about
    repeats.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the id in X-Request-ID, and the sender's in X-Correlation-ID."""
        given = request.headers.get("X-Request-ID", "")
        request_id = given if ACCEPTED_ID.fullmatch(given) else ids.new().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        if correlation := correlation_id(request):
            structlog.contextvars.bind_contextvars(correlation_id=correlation)
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.clear_contextvars()
        response["X-Request-ID"] = request_id
        if correlation:
            response["X-Correlation-ID"] = correlation
        return response


def correlation_id(request: HttpRequest) -> str:
    """Return the sender's correlation id; "" where there is none that a log and a header can hold."""
    given = next((request.headers[name] for name in CORRELATION_HEADERS if name in request.headers), "")
    return given if CORRELATION_ID.fullmatch(given) else ""


class ProblemMiddleware:
    """Turn the pages that Django answers with, for an unknown address or a bug, into problems where machines call.

    What a view answers itself stays: JSON of RFC 6749 at the token endpoint, SOAP at a hook. What such a view raises
    ends as it does in a view of the API: a lost database is 503, and worth another try.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, an error as a problem."""
        response = self.get_response(request)
        if response.status_code < ERROR or not request.path.startswith(MACHINE_PATHS):
            return response
        if not response.get("Content-Type", "").startswith(PAGE_TYPES):
            return response
        generic = InternalError if response.status_code >= SERVER_ERROR else BadRequest
        error = problems.BY_STATUS.get(response.status_code, generic)()
        answer = problems.response(error, request=request)
        for header in KEPT_HEADERS:
            if header in response:
                answer[header] = response[header]
        return answer

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer for a view that is none of the API's own, which answers for itself; None for what nobody foresaw."""
        error = problems.translate(exception) if request.path.startswith(MACHINE_PATHS) else None
        return problems.response(error, request=request) if error else None


class CallLogMiddleware:
    """Notes each call of the API, of a hook and of the token endpoint: what it was answered and how long that took."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; note it where it is a call and somebody writes it down."""
        began = perf_counter()
        response = self.get_response(request)
        caller = callers.of(request) if call_log.is_running() else None
        if caller is not None:
            call_log.note(request, response, caller=caller, milliseconds=(perf_counter() - began) * 1000)
        return response
