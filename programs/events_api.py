"""POST /events: CloudEvents 1.0 over HTTP, structured, binary and batched (cloudevents/spec, HTTP protocol binding)."""

import base64
import binascii
import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final, cast
from urllib.parse import unquote_to_bytes

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from api import ids, parsers
from api.docs import describe
from api.errors import BadRequest, BodyTooLarge, InvalidToken, MalformedBody, TooManyRequests
from api.fields import TextField
from api.models import ApiClient
from api.views import ApiView, JsonAlways
from programs.matching import NewEvent
from programs.operations import events
from programs.operations.events import Received

BATCH_EVENTS_MAX = 1_000
BINARY_PREFIX = "ce-"
EMPLOYEE = "employee/"  # middleware likes a path as subject: what follows is the recipient
BINARY_TYPES = {parsers.StrictJSONParser.media_type, ""}
ATTRIBUTE_NAME = re.compile(r"[a-z0-9]+")
MODES = """CloudEvents 1.0 over HTTP: structured (`application/cloudevents+json`, or `application/json`), binary (`ce-`
headers, the body is the data) or batched (`application/cloudevents-batch+json`, at most 1,000; the answer is a list in
the same order). `subject` is the recipient, bare (`E10482`) or as `employee/E10482`. (`source`, `id`) is unique for
ever: a repeat gets the first answer, with `Idempotent-Replayed: true` (of a batch, where all of it came before)."""
HANDSHAKE = """The handshake of HTTP 1.1 Web Hooks for Event Delivery: send `WebHook-Request-Origin`. It needs no token;
a delivery does."""
ORIGIN = re.compile(r"[A-Za-z0-9.:/\[\]_-]{1,255}")  # a DNS name, and what senders write instead
REQUEST_ORIGIN = OpenApiParameter(
    "WebHook-Request-Origin",
    {"type": "string", "pattern": f"^{ORIGIN.pattern}$"},
    OpenApiParameter.HEADER,
    required=True,
    description="The DNS name of the system that will deliver.",
)
OFFSET = re.compile(r"([zZ]|[+-]\d\d:\d\d)$")


class StructuredParser(parsers.StrictJSONParser):
    """One event as a JSON document."""

    media_type = "application/cloudevents+json"


class BatchParser(parsers.StrictJSONParser):
    """A list of events as a JSON document."""

    media_type = "application/cloudevents-batch+json"


class EventTimeField(serializers.DateTimeField):
    """An RFC 3339 time; without an offset it could be any of 24 hours, so that is refused."""

    default_error_messages = {"no_offset": "Write the offset too, as 2026-11-22T21:14:05Z."}

    def to_internal_value(self, value: Any) -> Any:
        """Return the aware time."""
        if isinstance(value, str) and not OFFSET.search(value):
            self.fail("no_offset")
        return super().to_internal_value(value)


class EventNegotiation(JsonAlways):
    """Reads the data of a binary event as JSON where no type is given: senders may leave `datacontenttype` out."""

    def select_parser(self, request: Request, parsers: list[BaseParser]) -> BaseParser | None:  # type: ignore[override]
        """Return the parser for the body's media type; None is answered 415."""
        if not _media_type(request) and f"{BINARY_PREFIX}specversion" in request.headers:
            return parsers[-1]
        return super().select_parser(request, parsers)


class SpecversionField(serializers.ChoiceField):
    """The version of CloudEvents, a text: the number 1.0 is none."""

    def to_internal_value(self, data: Any) -> Any:
        """Return the version."""
        if not isinstance(data, str):
            self.fail("invalid_choice", input=data)
        return super().to_internal_value(data)


class EventSerializer(serializers.Serializer[Any]):
    """A CloudEvent. Extension attributes are allowed and not read: the standard wants it so."""

    id = TextField(max_length=500)
    source = TextField(max_length=500)  # type: ignore[assignment]
    specversion = SpecversionField(choices=["1.0"])
    type = TextField(max_length=200)
    subject = TextField(
        max_length=300,
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="The recipient: E10482, email:… or scim:…; also as employee/E10482.",
    )
    time = EventTimeField(required=False, allow_null=True)
    data = serializers.DictField(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="What rules read as `event`."
    )
    data_base64 = TextField(required=False, write_only=True, help_text="The same in base64, for whoever must.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Put the data, however it came, under `data`."""
        encoded = attrs.pop("data_base64", None)
        if encoded is not None:
            attrs["data"] = _decoded(encoded)
        return attrs


class MatchSerializer(serializers.Serializer[Any]):
    """What one rule said about one event."""

    programme = serializers.CharField(allow_null=True)
    rule = serializers.CharField(allow_null=True)
    rule_version = serializers.IntegerField(allow_null=True)
    explanation = serializers.DictField(help_text="`summary` in words, and the values and the wording that decided.")
    points_request = serializers.DictField(allow_null=True)
    problem = serializers.DictField(allow_null=True)


class AnswerSerializer(serializers.Serializer[Any]):
    """What came of an event."""

    id = serializers.CharField()
    status = serializers.ChoiceField(choices=["credited", "pending", "parked", "refused", "no_match"])
    matches = MatchSerializer(many=True)


READS: Final[dict[str, Any]] = {
    StructuredParser.media_type: EventSerializer,
    BatchParser.media_type: EventSerializer(many=True),
    parsers.StrictJSONParser.media_type: EventSerializer,
}
ANSWERS: Final[Any] = PolymorphicProxySerializer(
    component_name="EventsAnswer",
    serializers=[AnswerSerializer, AnswerSerializer(many=True)],
    resource_type_field_name=None,
    many=False,
)


class EventsView(ApiView):
    """Something happened: the rules of active programmes that listen to its type decide."""

    scopes: ClassVar[dict[str, str]] = {"POST": "events:write", "OPTIONS": "events:write"}
    http_method_names = ["post", "options"]
    content_negotiation_class = EventNegotiation
    parser_classes = [BatchParser, StructuredParser, parsers.StrictJSONParser]

    @describe(
        "Tell what happened",
        reads=READS,
        answers={200: ANSWERS},
        problems=[BodyTooLarge, MalformedBody],
        description=MODES,
    )
    def post(self, request: Request) -> Response:
        """Take one event, or a batch of at most 1,000; a repeat of (source, id) gets the first answer."""
        told, is_batch = _read(request)
        received = self.take([_new_event(values, request) for values in told])
        answers = [shown(each) for each in received]
        replayed = bool(received) and all(each.replayed for each in received)
        headers = {"Idempotent-Replayed": "true"} if replayed else {}
        return Response(answers if is_batch else answers[0], headers=headers)

    def get_permissions(self) -> Sequence[Any]:
        """Ask for nothing in the handshake: a sender may begin with it before it has a token."""
        return [] if self.request.method == "OPTIONS" else super().get_permissions()

    @describe(
        "Ask whether events may be delivered",
        filters=REQUEST_ORIGIN,
        answers={200: None},
        problems=[BadRequest, InvalidToken, TooManyRequests],
        description=HANDSHAKE,
    )
    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Allow a sender to deliver (HTTP 1.1 Web Hooks for Event Delivery, §4): any, as a delivery needs a token."""
        origin = request.headers.get("WebHook-Request-Origin", "")
        if not ORIGIN.fullmatch(origin):
            raise BadRequest("Send WebHook-Request-Origin with the DNS name of the system that will deliver.")
        client = request.user if isinstance(request.user, ApiClient) else ApiClient()
        allowed = {"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": str(client.per_minute or "*")}
        return Response(status=200, headers={"Allow": "POST, OPTIONS", **allowed})

    def take(self, told: Sequence[NewEvent]) -> list[Received]:
        """Let the rules decide."""
        return events.receive(told, at=timezone.now())


class SimulateView(EventsView):
    """The same answer as POST /events, and nothing is kept or credited."""

    @describe(
        "See what an event would do",
        reads=READS,
        answers={200: ANSWERS},
        problems=[BodyTooLarge, MalformedBody],
        description="The same answer as POST /events; nothing is kept or credited, and no repeat is recognised.",
    )
    def post(self, request: Request) -> Response:
        """Answer as POST /events would."""
        answer: Response = super().post(request)
        return answer

    def take(self, told: Sequence[NewEvent]) -> list[Received]:
        """Let the rules decide, and undo it."""
        return events.simulate(told, at=timezone.now())


def shown(received: Received) -> dict[str, Any]:
    """Return what came of one event, as the API answers it."""
    event = received.event
    return {"id": ids.public(ids.EVENT, event.pk), "status": str(event.status), "matches": received.matches}


def _read(request: Request) -> tuple[list[dict[str, Any]], bool]:
    """Return the events of a request as checked, and whether it was a batch. The batch type is asked for first:
    it begins like the structured one.

    Raises:
        ValidationError: an attribute is missing or wrong; answered as a 422 problem.
        BodyTooLarge: more than 1,000 events.
    """
    media_type = _media_type(request)
    is_batch = media_type == BatchParser.media_type
    document = request.data
    if is_batch and isinstance(document, list) and len(document) > BATCH_EVENTS_MAX:
        raise BodyTooLarge(f"A batch may hold {BATCH_EVENTS_MAX:,} events. Send the rest in another one.")
    if media_type in BINARY_TYPES and f"{BINARY_PREFIX}specversion" in request.headers:
        document = _binary_attributes(request) | {"data": document}
    checked = EventSerializer(data=document, many=is_batch)
    checked.is_valid(raise_exception=True)
    return (checked.validated_data if is_batch else [checked.validated_data]), is_batch


def _media_type(request: Request) -> str:
    return (request.content_type or "").partition(";")[0].strip().lower()


def _binary_attributes(request: Request) -> dict[str, str]:
    """Return the attributes that stand in `ce-` headers.

    Raises:
        MalformedBody: a header is not percent-encoded UTF-8.
    """
    named = (
        (name.lower().removeprefix(BINARY_PREFIX), value)
        for name, value in request.headers.items()
        if name.lower().startswith(BINARY_PREFIX)
    )
    return {name: _header_value(name, value) for name, value in named if ATTRIBUTE_NAME.fullmatch(name)}


def _header_value(name: str, value: str) -> str:
    """Return an attribute from its header: quotes taken off, then percent-decoded exactly once (§3.1.3.2)."""
    if len(value) > 1 and value[0] == value[-1] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    try:
        return unquote_to_bytes(value).decode()
    except UnicodeError as error:
        raise MalformedBody(f"The header {BINARY_PREFIX}{name} is not percent-encoded UTF-8.") from error


def _decoded(encoded: str) -> dict[str, Any]:
    """Return the JSON object in `data_base64`."""
    try:
        data = parsers.document(base64.b64decode(encoded, validate=True))
    except (binascii.Error, ValueError, MalformedBody):
        data = None
    if not isinstance(data, dict):
        raise serializers.ValidationError({"data_base64": "Send a JSON object, in base64."})
    return data


def _new_event(values: dict[str, Any], request: Request) -> NewEvent:
    """Return the event that a client told."""
    return NewEvent(
        source=values["source"],
        source_id=values["id"],
        type=values["type"],
        subject=(values.get("subject") or "").strip().removeprefix(EMPLOYEE),
        time=values.get("time"),
        data=values.get("data") or {},
        client=cast(ApiClient, request.user),
    )
