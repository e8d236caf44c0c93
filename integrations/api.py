"""POST /hooks/{connection}: an HR system's own message, let in by the connection's credential and not by a token."""

import re
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from api.docs import PROBLEMS
from integrations import credentials
from integrations.credentials import Presented
from integrations.errors import UnknownConnection
from integrations.models import Connection
from integrations.operations import received_messages
from integrations.systems import SYSTEMS

CORRELATION_HEADERS = ("X-Correlation-ID", "SAP_MplCorrelationId", "SAP-MplCorrelationId")
CORRELATION_ID = re.compile(r"[\x21-\x7e]{1,200}")


class HookView(APIView):
    """Takes what an HR system sends by itself."""

    authentication_classes = []
    permission_classes = []
    http_method_names = ["post"]

    @extend_schema(
        summary="Send an HR system's own message",
        description="The credential is the connection's own. Answers as that system expects, in JSON or SOAP.",
        request={"application/json": OpenApiTypes.ANY, "text/xml": OpenApiTypes.STR},
        responses={200: OpenApiTypes.OBJECT, **PROBLEMS},
        auth=[],
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Take one message and answer as its system expects."""
        at = timezone.now()
        raw = request._request.body
        connection = _connection(slug)
        credentials.check(connection.credential, Presented(request._request, raw, at))
        correlation_id = _correlation_id(request._request)
        structlog.contextvars.bind_contextvars(connection=slug, correlation_id=correlation_id)
        reception = received_messages.receive(
            connection=connection,
            body=raw,
            content_type=request.headers.get("Content-Type", ""),
            correlation_id=correlation_id,
            at=at,
        )
        answer = SYSTEMS[connection.system].answer(reception.taken)
        if reception.replayed:
            answer["Idempotent-Replayed"] = "true"
        return answer

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer, and echo the sender's correlation id, also beside a problem."""
        answer = super().dispatch(request, *args, **kwargs)
        if correlation_id := _correlation_id(request):
            answer["X-Correlation-ID"] = correlation_id
        return answer


def _connection(slug: str) -> Connection:
    """Return the active connection of this name.

    Raises:
        UnknownConnection: there is none; one that is turned off looks the same from outside.
    """
    connection = Connection.objects.filter(slug=slug, is_active=True).first()
    if connection is None:
        raise UnknownConnection("No active connection has this name. Check the address that was entered.")
    return connection


def _correlation_id(request: HttpRequest) -> str:
    """Return the sender's correlation id; "" where there is none that a log and a header can hold."""
    given = next((request.headers[name] for name in CORRELATION_HEADERS if name in request.headers), "")
    return given if CORRELATION_ID.fullmatch(given) else ""
