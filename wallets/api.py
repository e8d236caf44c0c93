"""Wallets over HTTP."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, cast

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import ids, money
from api.docs import describe
from api.errors import NotFound
from api.fields import MoneyField
from api.pagination import page
from api.serializers import StrictSerializer
from api.views import ApiView
from people.models import Person
from people.queries import recipients
from wallets import queries
from wallets.enums import TransferKind
from wallets.errors import InvalidTime
from wallets.queries import StatementLine

RFC_3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})", re.ASCII)


class MomentField(serializers.DateTimeField):
    """A time with its zone (RFC 3339). One without would be read as some zone or other, and be wrong by hours."""

    default_error_messages = {
        "not_rfc_3339": "Write a time with its zone, as 2026-06-01T12:00:00Z; in an address + is written %2B."
    }

    def to_internal_value(self, value: Any) -> datetime:
        """Return the time in UTC."""
        if not isinstance(value, str) or not RFC_3339.fullmatch(value.upper()):
            self.fail("not_rfc_3339")
        try:
            return datetime.fromisoformat(value.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail("not_rfc_3339")


class AsOf(StrictSerializer):
    """At which time."""

    at = MomentField(required=False, help_text="As it stood then: what was recorded by then. Not in the future.")


class ExpiringAnswer(serializers.Serializer[Any]):
    """Points that expire together."""

    points = serializers.IntegerField()
    expires_at = serializers.DateTimeField(default_timezone=UTC)


class WalletAnswer(serializers.Serializer[Any]):
    """What somebody has, in points."""

    recipient = serializers.CharField(help_text="As it was asked for.")
    available = serializers.IntegerField(help_text="To spend now.")
    held = serializers.IntegerField(help_text="Set aside for orders under way.")
    lifetime_earned = serializers.IntegerField()
    lifetime_redeemed = serializers.IntegerField()
    lifetime_expired = serializers.IntegerField()
    money_value = MoneyField(help_text="What the available points are worth.")
    expiring = ExpiringAnswer(many=True, help_text="The earliest first; points that never expire are not in it.")


class WalletTransferAnswer(serializers.Serializer[Any]):
    """Points that came into a wallet or went out of it."""

    id = serializers.CharField()
    kind = serializers.ChoiceField(TransferKind.choices)
    points = serializers.IntegerField(help_text="What came; negative for what went.")
    balance_after = serializers.IntegerField(help_text="The wallet's points just after it, what was held included.")
    reference = serializers.CharField(help_text="What it was for.")
    effective_at = serializers.DateTimeField(default_timezone=UTC)


class WalletView(ApiView):
    """/wallets/{recipient}."""

    scopes: ClassVar = {"GET": "wallets:read"}

    @describe("Read a wallet", answers={200: WalletAnswer}, filters=AsOf, problems=[NotFound, InvalidTime])
    def get(self, request: Request, recipient: str) -> Response:
        """Return what somebody has, or had at a time; zeros for who never got a point."""
        at = self.filters(AsOf).get("at")
        wallet = queries.wallet(_person(recipient), at)
        answer = {
            "recipient": recipient,
            "available": wallet.available,
            "held": wallet.held,
            "lifetime_earned": wallet.lifetime_earned,
            "lifetime_redeemed": wallet.lifetime_redeemed,
            "lifetime_expired": wallet.lifetime_expired,
            "money_value": money.worth(wallet.available),
            "expiring": wallet.expiring,
        }
        return Response(WalletAnswer(answer).data)


class WalletTransfersView(ApiView):
    """/wallets/{recipient}/transfers."""

    scopes: ClassVar = {"GET": "wallets:read"}

    @describe(
        "List a wallet's transfers",
        answers={200: WalletTransferAnswer},
        filters=AsOf,
        paged=True,
        problems=[NotFound, InvalidTime],
    )
    def get(self, request: Request, recipient: str) -> Response:
        """List what came into a wallet and went out of it, newest first."""
        at = self.filters(AsOf).get("at")
        history = queries.history(_person(recipient), at)
        return page(cast(QuerySet[Any], history), _represent, request=request)


def _person(recipient: str) -> Person:
    person = recipients([recipient]).get(recipient)
    if person is None:
        raise NotFound("Nobody is known by this name. Check the employee number, `email:` or `scim:` name.")
    return person


def _represent(lines: Sequence[StatementLine]) -> list[dict[str, Any]]:
    answers = [
        {
            "id": ids.public(ids.TRANSFER, line.transfer_id),
            "kind": line.kind,
            "points": line.points,
            "balance_after": line.balance_after,
            "reference": line.reference,
            "effective_at": line.at,
        }
        for line in lines
    ]
    return list(WalletTransferAnswer(answers, many=True).data)
