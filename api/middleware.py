"""Gives every request an id."""

import re
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from api import ids

ACCEPTED_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class RequestIdMiddleware:
    """Take the caller's X-Request-ID, or make one; put it on the reply and on every log line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer one request."""
        given = request.headers.get("X-Request-ID", "")
        request_id = given if ACCEPTED_ID.fullmatch(given) else ids.new().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            response = self.get_response(request)
        finally:
            structlog.contextvars.clear_contextvars()
        response["X-Request-ID"] = request_id
        return response
