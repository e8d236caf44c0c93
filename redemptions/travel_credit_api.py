"""Travel credits over HTTP: what a booking system draws on."""

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import ids
from api.docs import describe
from api.errors import NotFound
from api.fields import MoneyField, TextField
from api.models import ApiClient
from api.serializers import StrictSerializer
from api.views import ApiView
from redemptions import errors, queries, representations
from redemptions.enums import AuthorisationStatus, TravelCreditStatus
from redemptions.models.travel_credit_authorisation import DESCRIPTION_LENGTH_MAX, REFERENCE_LENGTH_MAX
from redemptions.operations import travel_credits

MONEY_REFUSALS = [NotFound, errors.ReferenceConflict, errors.CurrencyMismatch, errors.AmountOutOfRange]
BOOKING_STATUSES = [*AuthorisationStatus.values, "refunded"]


class AuthorisationSerializer(StrictSerializer):
    """Part of a travel credit to hold for a booking."""

    amount = MoneyField(help_text="In the credit's currency.")
    reference = TextField(
        max_length=REFERENCE_LENGTH_MAX,
        help_text="Your name for the booking: one effect, per credit and client, for ever. Its owner reads it.",
    )
    expires_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="When it is free again unasked, no later than the credit; in 7 days when not given.",
    )
    description = TextField(
        max_length=DESCRIPTION_LENGTH_MAX,
        required=False,
        allow_blank=True,
        help_text="What is booked, as Berlin to Lisbon. Its owner reads it.",
    )


class CaptureSerializer(StrictSerializer):
    """What to take of an authorisation."""

    amount = MoneyField(required=False, help_text="All of it when not given. Of less, the rest is free again.")
    reference = TextField(
        max_length=REFERENCE_LENGTH_MAX,
        required=False,
        help_text="Your name for the payment; the booking's own when not given.",
    )


class ReleaseSerializer(StrictSerializer):
    """Nothing to say: no body, or an empty object."""


class RefundSerializer(StrictSerializer):
    """What to give back."""

    amount = MoneyField(help_text="In the credit's currency; at most what you captured and did not refund yet.")
    reference = TextField(
        max_length=REFERENCE_LENGTH_MAX, help_text="Your name for the refund, another than the booking's."
    )
    authorisation = TextField(
        max_length=40, required=False, help_text="The booking it belongs to, which then bounds it."
    )


class BookingAnswer(serializers.Serializer[Any]):
    """Something that drew on a travel credit, or gave back to it."""

    reference = serializers.CharField()
    status = serializers.ChoiceField(BOOKING_STATUSES)
    amount = MoneyField(help_text="What was authorised, or refunded.")
    captured = MoneyField(help_text="What was taken of it.")


class TravelCreditAnswer(serializers.Serializer[Any]):
    """A stored value. Its code never appears here: its owner reveals it in the browser."""

    id = serializers.CharField()
    recipient = serializers.CharField(help_text="The employee number of its owner.")
    face_value = MoneyField()
    balance = MoneyField(help_text="What is left, with what bookings hold of it.")
    authorised = MoneyField(help_text="What bookings hold. Balance less this is free.")
    expires_at = serializers.DateTimeField(allow_null=True)
    status = serializers.ChoiceField(TravelCreditStatus.choices)
    bookings = BookingAnswer(many=True, help_text="Newest first, at most 200.")


class CreditNowAnswer(serializers.Serializer[Any]):
    """What a travel credit holds."""

    balance = MoneyField()
    authorised = MoneyField()


class AuthorisationAnswer(serializers.Serializer[Any]):
    """A booking's hold on a travel credit and what came of it."""

    id = serializers.CharField()
    travel_credit = serializers.CharField()
    reference = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(AuthorisationStatus.choices)
    amount = MoneyField()
    captured = MoneyField()
    authorised_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)
    credit = CreditNowAnswer(help_text="Now.")


class RefundAnswer(serializers.Serializer[Any]):
    """Something that came back to a travel credit."""

    id = serializers.CharField()
    travel_credit = serializers.CharField()
    authorisation = serializers.CharField(allow_null=True)
    reference = serializers.CharField()
    status = serializers.ChoiceField(["refunded"])
    amount = MoneyField()
    refunded_at = serializers.DateTimeField()
    credit = CreditNowAnswer(help_text="Now.")


class TravelCreditView(ApiView):
    """/travel-credits/{id}."""

    scopes: ClassVar = {"GET": "travel:write"}

    @describe("Read a travel credit", answers={200: TravelCreditAnswer}, problems=[NotFound])
    def get(self, request: Request, travel_credit_id: str) -> Response:
        """Return a travel credit with its bookings, those of other booking systems too."""
        credit = queries.travel_credits().filter(pk=_key(ids.TRAVEL_CREDIT, travel_credit_id)).first()
        if credit is None:
            raise NotFound("There is no such travel credit.")
        return Response(representations.travel_credit(credit, at=timezone.now()))


class AuthorisationsView(ApiView):
    """/travel-credits/{id}/authorisations."""

    scopes: ClassVar = {"POST": "travel:write"}

    @describe(
        "Hold part of a travel credit for a booking",
        reads=AuthorisationSerializer,
        answers={201: AuthorisationAnswer, 200: AuthorisationAnswer},
        problems=[
            *MONEY_REFUSALS,
            errors.InsufficientCredit,
            errors.CreditExpired,
            errors.CreditSuspended,
            errors.AuthorisationTime,
        ],
        description="201: held. "
        "200: the same `reference` with the same content came before, and this is what came of it.",
    )
    def post(self, request: Request, travel_credit_id: str) -> Response:
        """Hold part of a travel credit for a booking."""
        asked, at = self.read(AuthorisationSerializer), timezone.now()
        held = travel_credits.authorise(
            travel_credit_id=_key(ids.TRAVEL_CREDIT, travel_credit_id),
            reference=asked["reference"],
            expires_at=asked.get("expires_at"),
            description=asked.get("description", ""),
            client=_client(request),
            at=at,
            **_money(asked),
        )
        return Response(representations.authorisation(held), status=201 if held.authorised_at == at else 200)


class CaptureView(ApiView):
    """/travel-credits/{id}/authorisations/{id}/capture."""

    scopes: ClassVar = {"POST": "travel:write"}

    @describe(
        "Take what a booking holds, or part of it",
        reads=CaptureSerializer,
        answers={200: AuthorisationAnswer},
        problems=[*MONEY_REFUSALS, errors.InsufficientCredit, errors.AuthorisationClosed],
        description="Of a part, the rest is free again: an authorisation is captured once. "
        "The same `reference` with the same content again answers the same.",
    )
    def post(self, request: Request, travel_credit_id: str, authorisation_id: str) -> Response:
        """Take what a booking holds, or part of it."""
        asked = self.read(CaptureSerializer)
        captured = travel_credits.capture(
            _key(ids.AUTHORISATION, authorisation_id),
            travel_credit_id=_key(ids.TRAVEL_CREDIT, travel_credit_id),
            reference=asked.get("reference"),
            client=_client(request),
            at=timezone.now(),
            **_money(asked),
        )
        return Response(representations.authorisation(captured))


class ReleaseView(ApiView):
    """/travel-credits/{id}/authorisations/{id}/release."""

    scopes: ClassVar = {"POST": "travel:write"}

    @describe(
        "Let go of what a booking holds",
        reads=ReleaseSerializer,
        answers={200: AuthorisationAnswer},
        problems=[NotFound, errors.AuthorisationClosed],
    )
    def post(self, request: Request, travel_credit_id: str, authorisation_id: str) -> Response:
        """Let go of what a booking holds: all of it is free again. A second time answers the same."""
        self.read(ReleaseSerializer)
        released = travel_credits.release(
            _key(ids.AUTHORISATION, authorisation_id),
            travel_credit_id=_key(ids.TRAVEL_CREDIT, travel_credit_id),
            client=_client(request),
            at=timezone.now(),
        )
        return Response(representations.authorisation(released))


class RefundsView(ApiView):
    """/travel-credits/{id}/refunds."""

    scopes: ClassVar = {"POST": "travel:write"}

    @describe(
        "Give back what was captured",
        reads=RefundSerializer,
        answers={201: RefundAnswer, 200: RefundAnswer},
        problems=[*MONEY_REFUSALS, errors.RefundTooLarge],
        description="201: given back. 200: the same `reference` with the same content came before.",
    )
    def post(self, request: Request, travel_credit_id: str) -> Response:
        """Give back to a travel credit what a booking took, or part of it."""
        asked, at = self.read(RefundSerializer), timezone.now()
        booking = asked.get("authorisation")
        refunded = travel_credits.refund(
            travel_credit_id=_key(ids.TRAVEL_CREDIT, travel_credit_id),
            reference=asked["reference"],
            authorisation_id=_key(ids.AUTHORISATION, booking, pointer="/authorisation") if booking else None,
            client=_client(request),
            at=at,
            **_money(asked),
        )
        return Response(representations.refund(refunded), status=201 if refunded.at == at else 200)


def _key(prefix: str, public_id: str, *, pointer: str | None = None) -> UUID:
    """Return the key behind an id.

    Raises:
        NotFound: it is no id of this kind.
    """
    key = ids.key(prefix, public_id)
    if key is None:
        raise NotFound("There is nothing with this id.", pointer=pointer)
    return key


def _client(request: Request) -> ApiClient:
    client: ApiClient = request.user  # type: ignore[assignment]
    return client


def _money(asked: dict[str, Any]) -> dict[str, Any]:
    """Return an amount, if one was given, as operations take it."""
    if "amount" not in asked:
        return {}
    amount, currency = asked["amount"]
    return {"amount": amount, "currency": currency}
