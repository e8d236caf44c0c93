"""Wallets over HTTP."""

from collections.abc import Sequence
from datetime import UTC
from typing import Any, ClassVar, cast

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
from wallets.queries import StatementLine


class NoFilters(StrictSerializer):
    """A list without filters."""


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

    @describe("Read a wallet", answers={200: WalletAnswer}, problems=[NotFound])
    def get(self, request: Request, recipient: str) -> Response:
        """Return what somebody has; zeros for who never got a point."""
        wallet = queries.wallet(_person(recipient))
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

    @describe("List a wallet's transfers", answers={200: WalletTransferAnswer}, paged=True, problems=[NotFound])
    def get(self, request: Request, recipient: str) -> Response:
        """List what came into a wallet and went out of it, newest first."""
        self.filters(NoFilters)
        history = queries.history(_person(recipient))
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
