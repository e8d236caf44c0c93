"""POST /hooks/{connection}: an HR system's own message, let in by the connection's credential and not by a token."""

from typing import Any

import structlog
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from api import callers
from api.callers import Caller
from api.docs import describe
from api.middleware import correlation_id
from integrations import credentials
from integrations.credentials import Presented
from integrations.errors import CredentialNotSet, UnknownConnection, UnreadableMessage, WrongCredential
from integrations.models import Connection
from integrations.operations import received_messages
from integrations.systems import SYSTEMS
from programs.events_api import MatchSerializer

ANSWERS = """The credential is the connection's own (HTTP Basic, a header, an HMAC of the body, a bearer token, Standard
Webhooks). JSON is answered with each record's result, with 200 also where some were refused; the SOAP of SuccessFactors
with an `ExternalEventResponse`. The same message again credits nothing and gets the first answer, with
`Idempotent-Replayed: true`."""


class ResultSerializer(serializers.Serializer[Any]):
    """What came of one record."""

    id = serializers.CharField(allow_null=True, help_text="The event's id; null where there is none.")
    record = serializers.CharField(allow_null=True, help_text="The record's id in the HR system.")
    status = serializers.CharField(help_text="credited, pending, parked, refused or no_match.")
    matches = MatchSerializer(many=True, required=False)
    problem = serializers.DictField(required=False, help_text="Why the record could not be read.")


class HookAnswerSerializer(serializers.Serializer[Any]):
    """What came of a message, record by record."""

    received = serializers.IntegerField(help_text="How many records the message held.")
    results = ResultSerializer(many=True)


class HookView(APIView):
    """Takes what an HR system sends by itself."""

    authentication_classes = []
    permission_classes = []
    http_method_names = ["post"]

    @describe(
        "Take an HR system's own message",
        reads={"application/json": OpenApiTypes.OBJECT, "text/xml": OpenApiTypes.STR},
        answers={200: HookAnswerSerializer},
        problems=[UnreadableMessage, WrongCredential, UnknownConnection, CredentialNotSet],
        description=ANSWERS,
    )
    def post(self, request: Request, slug: str) -> HttpResponse:
        """Take one message and answer as its system expects."""
        at = timezone.now()
        raw = request._request.body
        callers.note(request._request, Caller())
        connection = _connection(slug)
        callers.note(request._request, Caller(name=slug))
        credentials.check(connection.credential, Presented(request._request, raw, at))
        callers.note(request._request, Caller(name=slug, is_known=True))
        structlog.contextvars.bind_contextvars(connection=slug)
        reception = received_messages.receive(
            connection=connection,
            body=raw,
            content_type=request.headers.get("Content-Type", ""),
            correlation_id=correlation_id(request._request),
            at=at,
        )
        answer = SYSTEMS[connection.system].answer(reception.taken)
        if reception.replayed:
            answer["Idempotent-Replayed"] = "true"
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
