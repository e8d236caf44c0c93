"""The catalogue and redemptions over HTTP."""

from typing import Any, ClassVar

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import ids
from api.docs import describe
from api.errors import NotFound
from api.fields import MoneyField, RecipientField, TextField
from api.models import ApiClient
from api.pagination import page
from api.serializers import StrictSerializer
from api.views import ApiView
from people.queries import recipients
from redemptions import errors, queries, representations
from redemptions.enums import Category, OrderStatus, ProductKind
from redemptions.models import Product
from redemptions.operations import orders
from wallets.errors import InsufficientPoints

REFUSALS = [
    errors.UnknownRecipient,
    errors.RecipientInactive,
    errors.UnknownProduct,
    errors.NotOffered,
    errors.NotAvailableInCountry,
    errors.DenominationNotOffered,
    errors.QuantityOutOfRange,
    errors.OutOfStock,
    errors.ExternalIdConflict,
    InsufficientPoints,
]


class ProductFilters(StrictSerializer):
    """Which products."""

    country = TextField(max_length=2, required=False, help_text="Usable there; ISO 3166-1 alpha-2.")
    category = serializers.ChoiceField(Category.values, required=False)
    currency = TextField(max_length=3, required=False, help_text="ISO 4217.")
    q = TextField(max_length=100, required=False, help_text="Words in name, brand or category.")
    max_points = serializers.IntegerField(min_value=0, required=False, help_text="At its smallest value.")


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": 10})
class QuantityField(serializers.JSONField):
    """How many; whether it can be that many is the order's to say."""


class RedemptionSerializer(StrictSerializer):
    """Something to redeem for somebody."""

    external_id = TextField(max_length=255, help_text="Unique per client, for ever.")
    recipient = RecipientField(max_length=300)
    product = TextField(max_length=80, help_text="The product's id.")
    face_value = MoneyField(help_text="Each; one of the product's denominations or in its range.")
    quantity = QuantityField(required=False, help_text="1 (when not given) to 10; 1 for a travel credit.")


class RedemptionFilters(StrictSerializer):
    """Which redemptions."""

    external_id = TextField(max_length=255, required=False, help_text="As this client gave it.")
    recipient = RecipientField(max_length=300, required=False)
    product = TextField(max_length=80, required=False)
    status = serializers.ChoiceField(OrderStatus.values, required=False)
    placed_after = serializers.DateTimeField(required=False, help_text="RFC 3339.")


class ValueAnswer(serializers.Serializer[Any]):
    """A face value and its price."""

    face_value = MoneyField()
    points = serializers.IntegerField()
    in_stock = serializers.BooleanField()


class RangeAnswer(serializers.Serializer[Any]):
    """The smallest and the largest value."""

    min = ValueAnswer()
    max = ValueAnswer()


class ProductAnswer(serializers.Serializer[Any]):
    """Something that can be redeemed: with denominations, or with any value in a range."""

    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(ProductKind.choices)
    brand = serializers.CharField()
    category = serializers.ChoiceField(Category.choices)
    description = serializers.CharField(allow_blank=True)
    countries = serializers.ListField(child=serializers.CharField(), help_text="Empty: everywhere.")
    currency = serializers.CharField()
    denominations = ValueAnswer(many=True)
    range = RangeAnswer(allow_null=True)
    points_per_unit = serializers.IntegerField(help_text="For one unit of the currency; prices are rounded up.")
    expires_after_days = serializers.IntegerField(allow_null=True)
    in_stock = serializers.BooleanField()


class BalanceAnswer(serializers.Serializer[Any]):
    """What a wallet holds."""

    available = serializers.IntegerField()
    held = serializers.IntegerField()


class RedemptionAnswer(serializers.Serializer[Any]):
    """A redemption and what came of it. Codes never appear here: their owner reveals them in the browser."""

    id = serializers.CharField()
    external_id = serializers.CharField(allow_null=True, help_text="null for one made in the browser.")
    recipient = serializers.CharField(help_text="The employee number.")
    product = serializers.CharField()
    face_value = MoneyField()
    quantity = serializers.IntegerField()
    points = serializers.IntegerField(help_text="Held when placed, taken when fulfilled, given back when it fails.")
    status = serializers.ChoiceField(OrderStatus.choices)
    status_reason = serializers.CharField(allow_null=True)
    placed_at = serializers.DateTimeField()
    fulfilled_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    transfer = serializers.CharField(allow_null=True, help_text="What took the points.")
    travel_credit = serializers.CharField(allow_null=True)
    wallet = BalanceAnswer(help_text="Now.")


class ProductsView(ApiView):
    """/products."""

    scopes: ClassVar = {"GET": "catalogue:read"}

    @describe("List products", filters=ProductFilters, answers={200: ProductAnswer}, paged=True)
    def get(self, request: Request) -> Response:
        """List what can be redeemed."""
        filters = {"country": ""} | self.filters(ProductFilters)
        return page(queries.catalogue(**filters), representations.products, request=request)


class ProductView(ApiView):
    """/products/{id}."""

    scopes: ClassVar = {"GET": "catalogue:read"}

    @describe("Read a product", answers={200: ProductAnswer}, problems=[NotFound])
    def get(self, request: Request, product_id: str) -> Response:
        """Return one product with the price of each of its values."""
        found = queries.described().filter(sku=product_id, is_offered=True).first()
        if found is None:
            raise NotFound("There is no such product.")
        return Response(representations.product(found))


class RedemptionsView(ApiView):
    """/redemptions."""

    scopes: ClassVar = {"POST": "redemptions:write", "GET": "redemptions:read"}

    @describe(
        "Redeem for somebody",
        reads=RedemptionSerializer,
        answers={201: RedemptionAnswer, 200: RedemptionAnswer},
        problems=REFUSALS,
        description="201: placed; it is fulfilled within seconds. "
        "200: the same `external_id` with the same content came before, and this is what came of it.",
    )
    def post(self, request: Request) -> Response:
        """Redeem something for somebody."""
        asked, at = self.read(RedemptionSerializer), timezone.now()
        order = orders.place(client=_client(request), at=at, **_named(asked))
        return Response(representations.orders([order])[0], status=201 if order.placed_at == at else 200)

    @describe("List redemptions", filters=RedemptionFilters, answers={200: RedemptionAnswer}, paged=True)
    def get(self, request: Request) -> Response:
        """List redemptions, those made in the browser too, newest first."""
        rows = queries.orders(client=_client(request), **self.filters(RedemptionFilters))
        return page(rows, representations.orders, request=request)


class RedemptionView(ApiView):
    """/redemptions/{id}."""

    scopes: ClassVar = {"GET": "redemptions:read"}

    @describe("Read a redemption", answers={200: RedemptionAnswer}, problems=[NotFound])
    def get(self, request: Request, redemption_id: str) -> Response:
        """Return one redemption."""
        key = ids.key(ids.ORDER, redemption_id)
        order = queries.orders().filter(pk=key).first() if key else None
        if order is None:
            raise NotFound("There is no such redemption.")
        return Response(representations.orders([order])[0])


def _client(request: Request) -> ApiClient:
    client: ApiClient = request.user  # type: ignore[assignment]
    return client


def _named(asked: dict[str, Any]) -> dict[str, Any]:
    """Return what was asked for with the person and the product behind their names.

    Raises:
        UnknownRecipient, UnknownProduct, DenominationNotOffered, QuantityOutOfRange: it cannot be.
    """
    person = recipients([asked["recipient"]]).get(asked["recipient"])
    if person is None:
        raise errors.UnknownRecipient(f"Nobody is known as {asked['recipient']}.", pointer="/recipient")
    product = Product.objects.filter(sku=asked["product"]).first()
    if product is None:
        raise errors.UnknownProduct(f"There is no product {asked['product']}.", pointer="/product")
    face_value, currency = asked["face_value"]
    if currency != product.currency:
        raise errors.DenominationNotOffered(
            f"{product.name} comes in {product.currency}, not in {currency}.", pointer="/face_value"
        )
    quantity = asked.get("quantity", 1)
    if type(quantity) is not int:
        raise errors.QuantityOutOfRange("Write the quantity as a whole number.", pointer="/quantity")
    return {
        "person": person,
        "product": product,
        "face_value": face_value,
        "quantity": quantity,
        "external_id": asked["external_id"],
    }
