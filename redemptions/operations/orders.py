"""Redeeming: an order holds the points, then takes them or gives them back."""

import hashlib
import json
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction

from api import ids
from api.errors import PortalError
from api.models import ApiClient
from api.money import face_value_in_words
from messaging.enums import Channel, WebhookType
from messaging.operations import messages, webhook_events
from messaging.operations.messages import NewMessage
from messaging.waking import Waker
from people.enums import PersonStatus
from people.models import Person
from redemptions import suppliers
from redemptions.enums import OrderStatus
from redemptions.errors import (
    DenominationNotOffered,
    ExternalIdConflict,
    NotAvailableInCountry,
    NotOffered,
    OrderClosed,
    QuantityOutOfRange,
    RecipientInactive,
)
from redemptions.models import Order, Product
from redemptions.operations.announcing import announce_order
from redemptions.suppliers.interface import Refused, Supplied, Unknown
from redemptions.wording import reward_in_words
from wallets.operations import accounts, holds
from wallets.operations.transactions import retried

MY_REWARDS_PATH = "/my-rewards"
GRACE = timedelta(seconds=10)  # the request that placed an order fulfils it; the sweep comes after
RETRY_AFTER, RETRY_AFTER_MAX = timedelta(seconds=15), timedelta(hours=1)
ATTEMPTS_MAX = 8  # with the waits between them: half an hour
GAVE_UP = "It could not be delivered in time."

log = structlog.get_logger()
orders_waker = Waker("redemptions.tasks.sweep")


@retried
def place(
    *,
    person: Person,
    product: Product,
    face_value: int,
    quantity: int = 1,
    external_id: str,
    client: ApiClient | None = None,
    at: datetime,
) -> Order:
    """Order a reward: hold its points and set aside what it needs, in one transaction. `fulfil` comes next.

    1. Take the turn of this external_id: a second call with it waits here, then gets the first one's order.
    2. Check who, what, where and how many.
    3. Hold the points (locks the wallet), then reserve (locks codes, skipping those locked by others).
    4. Write the order, due for the sweep: at once for a client, and in case its page does not come back for a person.

    Args:
        person: who pays and gets it.
        product: what it is.
        face_value: what each is worth, in minor units of the product's currency.
        quantity: how many, 1–10; one for a travel credit.
        external_id, client: the system that orders and its own name for the order; a person's form makes a UUID.
        at: now.

    Raises:
        ExternalIdConflict: the external_id was used for something else.
        RecipientInactive, NotOffered, NotAvailableInCountry, DenominationNotOffered, QuantityOutOfRange: it cannot be.
        OutOfStock, wallets.errors.InsufficientPoints: no code is left; the wallet has too few points.
    """
    fingerprint = _fingerprint(person, product, face_value, quantity)
    with transaction.atomic():
        _take_turn(client, external_id)
        earlier = Order.objects.filter(client=client, external_id=external_id).first()
        if earlier:
            return _replayed(earlier, fingerprint)
        product = Product.objects.select_related("supplier").get(pk=product.pk)
        _check(person, product, face_value, quantity)
        order = Order(
            id=ids.new(),
            person=person,
            product=product,
            face_value=face_value,
            currency=product.currency,
            quantity=quantity,
            points=product.price(face_value) * quantity,
            client=client,
            external_id=external_id,
            fingerprint=fingerprint,
            placed_at=at,
            next_attempt_at=at if client else at + GRACE,
        )
        account_id = accounts.open_wallets([person.pk])[person.pk]
        order.hold = holds.place(account_id=account_id, points=order.points, reference=order.reference, at=at)
        order.save(force_insert=True)
        suppliers.adapter(product.supplier.kind).reserve(order, at=at)
        announce_order(order, WebhookType.REDEMPTION_PLACED, at=at)
        if client:
            orders_waker.on_commit()
    return order


def fulfil(order_id: UUID, *, at: datetime) -> Order:
    """Deliver a placed order: get it from its supplier, then take the points and hand it over in one transaction.

    Runs twice without harm. Where the supplier's answer is unknown the order stays placed and is asked about again;
    where it refuses, the order fails and the points come back.

    Raises:
        OrderClosed: it failed, or was cancelled.
    """
    order = _order(order_id)
    if order.status != OrderStatus.PLACED:
        return _delivered(order)
    answer = suppliers.adapter(order.product.supplier.kind).obtain(order, at=at)
    match answer:
        case Supplied():
            return _deliver(order_id, answer, at=at)
        case Refused(reason=reason):
            return fail(order_id, reason=reason, at=at)
        case Unknown(ask_again_after=wait):
            Order.objects.filter(pk=order_id, status=OrderStatus.PLACED).update(next_attempt_at=at + wait)
            return _order(order_id)


@retried
def fail(order_id: UUID, *, reason: str, at: datetime) -> Order:
    """End a placed order without delivery: release the points, put back what was reserved, tell the person.

    Runs twice without harm.

    Args:
        order_id: the order.
        reason: why, as a sentence for the person.
        at: now.

    Raises:
        OrderClosed: it was delivered already.
    """
    with transaction.atomic():
        order = _order(order_id, lock=True)
        if order.status == OrderStatus.FAILED:
            return order
        if order.status != OrderStatus.PLACED:
            raise OrderClosed(f"This order is {order.get_status_display().lower()}; it cannot fail any more.")
        holds.release(order.hold_id, at=at)
        suppliers.adapter(order.product.supplier.kind).give_back(order, at=at)
        order.status, order.status_reason, order.closed_at = OrderStatus.FAILED, reason, at
        order.save(update_fields=["status", "status_reason", "closed_at"])
        messages.tell([_points_are_back(order)], at=at)
        announce_order(order, WebhookType.REDEMPTION_FAILED, at=at)
    return order


def sweep(*, at: datetime, limit: int = 50) -> int:
    """Fulfil the orders that are due: those a crash, a lost connection or an unclear answer left behind.

    Args:
        at: now.
        limit: how many at most in one run.

    Returns:
        How many were tried.
    """
    claimed = _claim(at=at, limit=limit)
    for order_id, attempts in claimed:
        try:
            fulfil(order_id, at=at)
        except Exception as error:  # one order that cannot be fulfilled must not stop the others
            log.warning("order_attempt_failed", order=order_id.hex, attempts=attempts, error=type(error).__name__)
            if attempts >= ATTEMPTS_MAX:
                _give_up(order_id, error, at=at)
    return len(claimed)


def _take_turn(client: ApiClient | None, external_id: str) -> None:
    """Wait until no other transaction works on this external_id (released with the transaction)."""
    name = f"redemptions.order:{client.pk if client else ''}:{external_id}"
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def _fingerprint(person: Person, product: Product, face_value: int, quantity: int) -> str:
    """Return what one external_id must mean every time it comes: SHA-256 over the content, in hex."""
    content = json.dumps([person.pk.hex, product.pk, face_value, quantity])
    return hashlib.sha256(content.encode()).hexdigest()


def _replayed(earlier: Order, fingerprint: str) -> Order:
    """Return the order that this external_id made before, if it asked for the same."""
    if earlier.fingerprint != fingerprint:
        raise ExternalIdConflict(
            "This external_id already stands for a redemption with other content. Use a new one for a new redemption.",
            pointer="/external_id",
        )
    return earlier


def _check(person: Person, product: Product, face_value: int, quantity: int) -> None:
    """Raise where this person cannot have this product, at this value, this often."""
    if Person.objects.values_list("status", flat=True).get(pk=person.pk) != PersonStatus.ACTIVE:
        raise RecipientInactive(f"{person.name} is not active, so nothing can be redeemed.", pointer="/recipient")
    if not product.is_offered:
        raise NotOffered(f"{product.name} is no longer offered. Choose another reward.", pointer="/product")
    if not product.is_available_in(person.country):
        raise NotAvailableInCountry(
            f"{product.name} cannot be used in {person.country}. Choose a reward for that country.", pointer="/product"
        )
    if not product.offers(face_value):
        value = face_value_in_words(face_value, product.currency)
        raise DenominationNotOffered(
            f"{product.name} does not come at {value}. Choose a value it comes with.", pointer="/face_value"
        )
    quantity_max = suppliers.adapter(product.supplier.kind).quantity_max
    if not 1 <= quantity <= quantity_max:
        raise QuantityOutOfRange(f"Order between 1 and {quantity_max} of {product.name} at once.", pointer="/quantity")


def _order(order_id: UUID, *, lock: bool = False) -> Order:
    """Return an order with what its delivery reads, under a row lock if asked."""
    orders = Order.objects.select_related("product__supplier")
    if lock:
        orders = orders.select_for_update(of=("self",), no_key=True)
    return orders.get(pk=order_id)


@retried
def _deliver(order_id: UUID, supplied: Supplied, *, at: datetime) -> Order:
    """Take the points and hand over what the supplier gave, or find that it was done meanwhile."""
    with transaction.atomic():
        order = _order(order_id, lock=True)
        if order.status != OrderStatus.PLACED:
            return _delivered(order)
        suppliers.adapter(order.product.supplier.kind).deliver(order, supplied, at=at)
        order.status, order.fulfilled_at = OrderStatus.FULFILLED, at
        order.save(update_fields=["status", "fulfilled_at"])
        messages.tell([_ready(order)], at=at)
        is_heard = webhook_events.is_heard([WebhookType.REDEMPTION_FULFILLED])
        holds.capture(order.hold_id, at=at)  # last: it locks the account that all redemptions share
        if is_heard:
            announce_order(order, WebhookType.REDEMPTION_FULFILLED, at=at)
    return order


def _delivered(order: Order) -> Order:
    """Return an order that is no longer placed, unless it ended without delivery."""
    if order.status not in {OrderStatus.FULFILLED, OrderStatus.REFUNDED}:
        raise OrderClosed(f"This order is {order.get_status_display().lower()}; it cannot be delivered any more.")
    return order


def _claim(*, at: datetime, limit: int) -> list[tuple[UUID, int]]:
    """Take the orders that are due, each with its next date set first, so that no two sweeps try one at once."""
    with transaction.atomic():
        due = Order.objects.filter(status=OrderStatus.PLACED, next_attempt_at__lte=at).order_by("next_attempt_at")
        claimed = list(due.select_for_update(skip_locked=True, no_key=True)[:limit])
        for order in claimed:
            order.attempts += 1
            order.next_attempt_at = at + min(RETRY_AFTER * 2 ** (order.attempts - 1), RETRY_AFTER_MAX)
        Order.objects.bulk_update(claimed, ["attempts", "next_attempt_at"])
    return [(order.pk, order.attempts) for order in claimed]


def _give_up(order_id: UUID, error: Exception, *, at: datetime) -> None:
    """Give the points back after the last attempt; if even that fails the order stays placed, and due."""
    try:
        fail(order_id, reason=error.detail if isinstance(error, PortalError) else GAVE_UP, at=at)
    except Exception as failure:
        log.error("order_not_failed", order=order_id.hex, error=type(failure).__name__)


def _ready(order: Order) -> NewMessage:
    """Return the message that a reward is there; past the inbox only if its owner was not there to see it."""
    return NewMessage(
        person_id=order.person_id,
        kind="reward_ready",
        title=f"Your {reward_in_words(order)}, {'is' if order.quantity == 1 else 'are'} ready",
        body="Reveal the code in My rewards when you need it.",
        path=MY_REWARDS_PATH,
        reference=order.reference,
        channels=Channel.values if order.attempts else (),
    )


def _points_are_back(order: Order) -> NewMessage:
    """Return the message that an order failed and where its points are now."""
    return NewMessage(
        person_id=order.person_id,
        kind="reward_failed",
        title=f"{order.points:,} points are back",
        body=f"Your {reward_in_words(order)} could not be delivered. {order.status_reason}",
        path="/rewards",
        reference=order.reference,
        channels=Channel.values,
    )
