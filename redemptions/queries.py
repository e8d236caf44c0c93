"""What spending shows: the catalogue, and what a person has redeemed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.core import get_global
from django.contrib.postgres.fields import ArrayField
from django.db.models import (
    BigIntegerField,
    Case,
    Count,
    DateField,
    Expression,
    Func,
    IntegerField,
    Min,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce
from django.utils import timezone

from api.models import ApiClient
from people.models import Person
from people.queries import recipients
from redemptions import bookings
from redemptions.bookings import Booking
from redemptions.enums import CodeStatus, OrderStatus, ProductKind
from redemptions.models import Order, Product, TravelCredit, Voucher, VoucherCode

WORDS_MAX = 8  # of a search
USUAL_DIGITS = 2

# The face values of a product that have a code to sell: one look into the index voucher_code_next for each value.
VALUES_IN_STOCK = """ARRAY(
    SELECT offered.face_value FROM unnest(redemptions_product.denominations) AS offered (face_value)
    WHERE EXISTS (
        SELECT FROM redemptions_vouchercode AS code
        WHERE code.product_id = redemptions_product.id AND code.face_value = offered.face_value
            AND code.status = 'available' AND (code.expires_on IS NULL OR code.expires_on > %(expressions)s)
    )
)"""
SMALLEST_DENOMINATION = "(SELECT min(offered.face_value) FROM unnest(%(expressions)s) AS offered (face_value))"


class RewardState(StrEnum):
    """Where a reward stands in My rewards."""

    READY = "ready"
    USED = "used"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True, slots=True)
class Reward:
    """A voucher or a travel credit in somebody's hands, as its card shows it; never the code.

    Args:
        id: key of the Voucher or the TravelCredit.
        kind: which of the two.
        state: ready, used or expired.
        order: what it came from, with its product and supplier.
        face_value: minor units.
        ending: last characters of the code.
        expires_on: last day it works, where the person lives; None: never expires.
        days_left: whole days from today to `expires_on`; 0 is today.
        first_revealed_at: when its owner first saw the code, or None.
        reveals: how often.
        used_at: when its owner marked a voucher as used, or None.
        balance: what a travel credit has left, held amounts included, in minor units; None for a voucher.
        authorised: how much of the balance a booking holds, in minor units; None for a voucher.
        bookings: what drew on a travel credit, newest first.
    """

    id: UUID
    kind: ProductKind
    state: RewardState
    order: Order
    face_value: int
    currency: str
    ending: str
    expires_on: date | None
    days_left: int | None
    first_revealed_at: datetime | None
    reveals: int
    used_at: datetime | None = None
    balance: int | None = None
    authorised: int | None = None
    bookings: Sequence[Booking] = ()

    @property
    def product(self) -> Product:
        """Return what it is."""
        return self.order.product

    @property
    def left(self) -> int:
        """Return what can be spent now, in minor units: a voucher's value, a credit's balance less what is held."""
        return self.face_value if self.balance is None else self.balance - (self.authorised or 0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Stock:
    """How many codes a pool has of one face value (minor units); `next_expiry` is of those available."""

    face_value: int
    available: int = 0
    reserved: int = 0
    sold: int = 0
    expired: int = 0
    next_expiry: date | None = None


def catalogue(
    *,
    country: str,
    category: str = "",
    q: str = "",
    max_points: int | None = None,
    currency: str = "",
    at: datetime | None = None,
) -> QuerySet[Product]:
    """Return what is offered, as `described`, in the catalogue's order; one query.

    Args:
        country: where it must be usable (ISO 3166-1 alpha-2); empty: anywhere.
        category: one of `enums.Category`; empty: all.
        q: words to find in name, brand or category; each must be found.
        max_points: leave out what costs more than this at its smallest value.
        currency: ISO 4217; empty: all.
        at: now; codes that have expired by then are not in stock.
    """
    products = described(at=at).filter(is_offered=True)
    if country:
        products = products.filter(Q(countries__len=0) | Q(countries__contains=[country]))
    if category:
        products = products.filter(category=category)
    if currency:
        products = products.filter(currency=currency)
    if max_points is not None:
        products = products.filter(Q(smallest_points__lte=max_points))
    for word in q.split()[:WORDS_MAX]:
        products = products.filter(Q(name__icontains=word) | Q(brand__icontains=word) | Q(category__icontains=word))
    return products


def product(sku: str, *, at: datetime | None = None) -> Product:
    """Return one product, as `described`, offered or not.

    Raises:
        Product.DoesNotExist: there is none with this SKU.
    """
    return described(at=at).get(sku=sku)


def described(*, at: datetime | None = None) -> QuerySet[Product]:
    """Return all products with their suppliers, each with two things more.

    `smallest_points`: what its smallest value costs.
    `values_in_stock`: the face values (minor units) that a code pool can deliver now; `Product.in_stock` and
    `Product.can_deliver` read it.
    """
    units = _minor_units_per_unit()
    denomination = Func("denominations", template=SMALLEST_DENOMINATION, output_field=BigIntegerField())
    smallest = Cast(Coalesce("range_min", denomination, output_field=BigIntegerField()), BigIntegerField())
    price = (smallest * Cast("points_per_unit", BigIntegerField()) + units - 1) / units
    today = Value((at or timezone.now()).date(), output_field=DateField())
    in_stock = Func(today, template=VALUES_IN_STOCK, output_field=ArrayField(IntegerField()))
    return Product.objects.select_related("supplier").annotate(  # type: ignore[no-redef]
        smallest_points=price, values_in_stock=in_stock
    )


def stock(product: Product, *, at: datetime | None = None) -> list[Stock]:
    """Return the pool of a product by face value, smallest first: what it offers and what there are codes of."""
    at = at or timezone.now()
    counted = VoucherCode.objects.filter(product=product).values("face_value")
    by_value = {
        row["face_value"]: Stock(**row)
        for row in counted.annotate(
            available=Count("id", filter=VoucherCode.is_sellable(at=at)),
            reserved=Count("id", filter=Q(status=CodeStatus.RESERVED)),
            sold=Count("id", filter=Q(status=CodeStatus.SOLD)),
            expired=Count("id", filter=Q(status=CodeStatus.AVAILABLE) & ~VoucherCode.is_sellable(at=at)),
            next_expiry=Min("expires_on", filter=VoucherCode.is_sellable(at=at)),
        )
    }
    values = {*by_value, *product.denominations}
    return [by_value.get(value, Stock(face_value=value)) for value in sorted(values)]


def orders(
    *,
    client: ApiClient | None = None,
    external_id: str | None = None,
    recipient: str | None = None,
    product: str | None = None,
    status: str | None = None,
    placed_after: datetime | None = None,
) -> QuerySet[Order]:
    """Return orders with their people, products and holds.

    Args:
        client: whose `external_id` is meant.
        external_id: as that client gave it.
        recipient: a name as `people.queries.recipients` knows it.
        product: a SKU.
        status: one of `enums.OrderStatus`.
        placed_after: later than this.
    """
    rows = Order.objects.select_related("person", "product", "hold")
    if external_id is not None:
        rows = rows.filter(client=client, external_id=external_id)
    if recipient is not None:
        rows = rows.filter(person=recipients([recipient]).get(recipient))
    if product is not None:
        rows = rows.filter(product__sku=product)
    if status is not None:
        rows = rows.filter(status=status)
    if placed_after is not None:
        rows = rows.filter(placed_at__gt=placed_after)
    return rows


def my_rewards(person: Person, *, at: datetime | None = None) -> list[Reward]:
    """Return the vouchers and travel credits that a person has, newest first; four queries, whatever the number."""
    at = at or timezone.now()
    zone = ZoneInfo(person.time_zone)
    mine = {"order__person": person, "order__status": OrderStatus.FULFILLED}
    vouchers = Voucher.objects.filter(**mine).select_related("voucher_code", "order__product__supplier")
    travel = list(TravelCredit.objects.filter(**mine).select_related("order__product__supplier").defer("code"))
    booked = bookings.of([credit.pk for credit in travel])
    rewards = [
        _voucher(voucher, today=at.astimezone(zone).date())
        for voucher in vouchers.defer("voucher_code__code", "voucher_code__pin")
    ]
    rewards += [_travel_credit(credit, booked.get(credit.pk, []), at=at, zone=zone) for credit in travel]
    return sorted(rewards, key=lambda reward: (reward.order.placed_at, reward.id), reverse=True)


def travel_credits() -> QuerySet[TravelCredit]:
    """Return travel credits with their orders and owners, without their codes."""
    return TravelCredit.objects.select_related("order__person").defer("code")


def grouped(rewards: Iterable[Reward]) -> dict[str, list[Reward]]:
    """Return rewards by state, each state present: `{"ready": […], "used": […], "expired": […]}`."""
    groups: dict[str, list[Reward]] = {state.value: [] for state in RewardState}
    for reward in rewards:
        groups[reward.state].append(reward)
    return groups


def on_their_way(person: Person) -> QuerySet[Order]:
    """Return a person's orders that are not delivered yet, newest first."""
    orders = Order.objects.filter(person=person, status=OrderStatus.PLACED)
    return orders.select_related("product__supplier").order_by("-placed_at")


def _voucher(voucher: Voucher, *, today: date) -> Reward:
    """Return the card of a voucher."""
    code = voucher.voucher_code
    days_left = (code.expires_on - today).days if code.expires_on else None
    if voucher.used_at:
        state = RewardState.USED
    else:
        state = RewardState.EXPIRED if days_left is not None and days_left < 0 else RewardState.READY
    return Reward(
        id=voucher.pk,
        kind=ProductKind.VOUCHER,
        state=state,
        order=voucher.order,
        face_value=code.face_value,
        currency=voucher.order.currency,
        ending=code.ending,
        expires_on=code.expires_on,
        days_left=days_left,
        first_revealed_at=voucher.first_revealed_at,
        reveals=voucher.reveals,
        used_at=voucher.used_at,
    )


def _travel_credit(credit: TravelCredit, booked: Sequence[Booking], *, at: datetime, zone: ZoneInfo) -> Reward:
    """Return the card of a travel credit; its last day is the one on which `expires_at` falls or just ends."""
    last_moment = credit.expires_at - timedelta(microseconds=1) if credit.expires_at else None
    expires_on = last_moment.astimezone(zone).date() if last_moment else None
    if credit.balance == 0:
        state = RewardState.USED
    else:
        state = RewardState.EXPIRED if credit.expires_at and credit.expires_at <= at else RewardState.READY
    return Reward(
        id=credit.pk,
        kind=ProductKind.TRAVEL_CREDIT,
        state=state,
        order=credit.order,
        face_value=credit.face_value,
        currency=credit.currency,
        ending=credit.ending,
        expires_on=expires_on,
        days_left=(expires_on - at.astimezone(zone).date()).days if expires_on else None,
        first_revealed_at=credit.first_revealed_at,
        reveals=credit.reveals,
        balance=credit.balance,
        authorised=credit.authorised,
        bookings=booked,
    )


def _minor_units_per_unit() -> Expression:
    """Return `api.money.minor_units_per_unit` of a row's currency, for the database (ISO 4217 by way of CLDR)."""
    unusual: dict[int, list[str]] = {}
    for currency, (digits, *_) in get_global("currency_fractions").items():
        if digits != USUAL_DIGITS:
            unusual.setdefault(digits, []).append(currency)
    cases = [When(currency__in=currencies, then=Value(10**digits)) for digits, currencies in sorted(unusual.items())]
    return Case(*cases, default=Value(10**USUAL_DIGITS), output_field=BigIntegerField())
