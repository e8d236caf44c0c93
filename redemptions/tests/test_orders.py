"""Redeeming, from the order to the reward or back to the points."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from pytest_django import Settings

from messaging.models import Delivery, Message
from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person
from redemptions.enums import CodeStatus, OrderStatus, ProductKind
from redemptions.errors import (
    DenominationNotOffered,
    ExternalIdConflict,
    NotAvailableInCountry,
    NotOffered,
    OrderClosed,
    OutOfStock,
    QuantityOutOfRange,
    RecipientInactive,
    RedemptionError,
)
from redemptions.models import Order, Product, TravelCredit, Voucher, VoucherCode
from redemptions.operations import orders
from redemptions.suppliers import ADAPTERS
from redemptions.suppliers.code_pool.adapter import CodePool
from redemptions.suppliers.interface import Answer, Refused, Unknown
from redemptions.tests.factories import add_codes, make_product
from vault import encryption
from wallets import ledger_rules
from wallets import queries as wallets
from wallets.errors import InsufficientPoints
from wallets.tests.factories import make_wallet

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sound_ledger(db: None) -> Iterator[None]:
    """Prove the ledger after each test."""
    yield
    assert list(ledger_rules.findings()) == []


def make_spender(points: int = 5000, **fields: object) -> Person:
    person = make_person(**fields)
    make_wallet(points, person=person)
    return person


def place(person: Person, product: Product, face_value: int = 1000, **fields: object) -> Order:
    defaults = {"external_id": str(uuid4()), "at": NOW}
    return orders.place(person=person, product=product, face_value=face_value, **(defaults | fields))


def balance(person: Person) -> tuple[int, int, int]:
    """Return available, held and redeemed points."""
    owned = wallets.wallet(person)
    return owned.available, owned.held, owned.lifetime_redeemed


def test_place_holds_the_points_and_reserves_a_code() -> None:
    person, product = make_spender(), make_product()
    add_codes(product)

    order = place(person, product)

    assert (order.status, order.points, order.currency, order.hold.points) == (OrderStatus.PLACED, 1000, "EUR", 1000)
    assert order.hold.reference == f"rd:{order.pk.hex}"
    assert balance(person) == (4000, 1000, 0)
    assert VoucherCode.objects.get().status == CodeStatus.RESERVED
    assert Voucher.objects.count() == 0


def test_fulfil_takes_the_points_and_hands_over_the_code() -> None:
    person, product = make_spender(), make_product(name="Kettle Lane")
    add_codes(product)
    order = place(person, product)

    fulfilled = orders.fulfil(order.pk, at=LATER)

    assert (fulfilled.status, fulfilled.fulfilled_at) == (OrderStatus.FULFILLED, LATER)
    assert balance(person) == (4000, 0, 1000)
    voucher = Voucher.objects.get()
    assert (voucher.order, voucher.voucher_code.status) == (fulfilled, CodeStatus.SOLD)
    message = Message.objects.get(person=person)
    assert (message.kind, message.title, message.path, message.reference) == (
        "reward_ready",
        "Your Kettle Lane voucher, €10, is ready",
        "/my-rewards",
        order.reference,
    )


def test_fulfil_twice_is_one_effect() -> None:
    person, product = make_spender(), make_product()
    add_codes(product, count=2)
    order = place(person, product)

    orders.fulfil(order.pk, at=LATER)
    again = orders.fulfil(order.pk, at=LATER + timedelta(hours=1))

    assert again.fulfilled_at == LATER
    assert (balance(person), Voucher.objects.count(), Message.objects.count()) == ((4000, 0, 1000), 1, 1)


def test_several_at_once_are_several_codes() -> None:
    person, product = make_spender(), make_product(name="Kettle Lane")
    add_codes(product, count=3)

    order = place(person, product, quantity=3)
    orders.fulfil(order.pk, at=LATER)

    assert (order.points, balance(person)) == (3000, (2000, 0, 3000))
    assert Voucher.objects.filter(order=order).count() == 3
    assert Message.objects.get().title == "Your 3 Kettle Lane vouchers, €10 each, are ready"


def test_travel_credit_opens_with_a_code_that_cannot_be_guessed() -> None:
    person, product = make_spender(), make_product(kind=ProductKind.TRAVEL_CREDIT, expires_after_days=730)

    order = orders.fulfil(place(person, product, 3050).pk, at=NOW)

    credit = TravelCredit.objects.get(order=order)
    code = encryption.decrypt(credit.code, context=f"redemptions.travelcredit:{credit.pk}")
    assert (len(code), len(set(code) - set("0123456789ABCDEFGHJKMNPQRSTVWXYZ-"))) == (34, 0)
    assert (credit.ending, credit.face_value, credit.balance, credit.authorised) == (code[-4:], 3050, 3050, 0)
    assert (credit.currency, credit.opened_at, credit.expires_at) == ("EUR", NOW, NOW + timedelta(days=730))
    assert balance(person) == (1950, 0, 3050)


def test_codes_that_expire_first_are_sold_first_and_expired_ones_never() -> None:
    person, product = make_spender(), make_product()
    for day in (None, date(2027, 3, 1), date(2026, 12, 1)):
        add_codes(product, expires_on=day)
    add_codes(product)
    VoucherCode.objects.filter(pk=VoucherCode.objects.latest("pk").pk).update(expires_on=NOW.date())

    for _ in range(3):
        orders.fulfil(place(person, product).pk, at=NOW)
    with pytest.raises(OutOfStock):
        place(person, product)

    sold = Voucher.objects.order_by("order__id").values_list("voucher_code__expires_on", flat=True)
    assert list(sold) == [date(2026, 12, 1), date(2027, 3, 1), None]


@pytest.mark.parametrize(
    ("change", "face_value", "quantity", "error"),
    [
        ({"is_offered": False}, 1000, 1, NotOffered),
        ({"countries": ["IN"]}, 1000, 1, NotAvailableInCountry),
        ({}, 1500, 1, DenominationNotOffered),
        ({}, 0, 1, DenominationNotOffered),
        ({}, 1000, 0, QuantityOutOfRange),
        ({}, 1000, 11, QuantityOutOfRange),
        ({}, 1000, 3, OutOfStock),
        ({}, 2500, 1, OutOfStock),
    ],
)
def test_place_refuses_and_changes_nothing(
    change: dict[str, object], face_value: int, quantity: int, error: type[RedemptionError]
) -> None:
    person, product = make_spender(50_000), make_product(**change)
    add_codes(product, count=2)

    with pytest.raises(error):
        place(person, product, face_value, quantity=quantity)

    assert (balance(person), Order.objects.count()) == ((50_000, 0, 0), 0)
    assert set(VoucherCode.objects.values_list("status", flat=True)) == {CodeStatus.AVAILABLE}


def test_travel_credits_are_ordered_one_at_a_time() -> None:
    with pytest.raises(QuantityOutOfRange):
        place(make_spender(), make_product(kind=ProductKind.TRAVEL_CREDIT), 2000, quantity=2)


@pytest.mark.parametrize("status", [PersonStatus.SUSPENDED, PersonStatus.LEFT])
def test_who_is_not_active_redeems_nothing(status: PersonStatus) -> None:
    person, product = make_spender(), make_product()
    add_codes(product)
    Person.objects.filter(pk=person.pk).update(status=status)  # while a page of theirs is still open

    with pytest.raises(RecipientInactive):
        place(person, product)


def test_too_few_points_is_a_sentence_and_leaves_the_code_in_the_pool() -> None:
    person, product = make_spender(999), make_product()
    add_codes(product)

    with pytest.raises(InsufficientPoints) as refused:
        place(person, product)

    assert refused.value.detail == "999 points are available, 1000 are needed. Choose something smaller."
    assert VoucherCode.objects.get().status == CodeStatus.AVAILABLE


def test_who_never_had_a_point_has_too_few() -> None:
    product = make_product()
    add_codes(product)

    with pytest.raises(InsufficientPoints):
        place(make_person(), product)


def test_same_external_id_is_the_same_order() -> None:
    person, product = make_spender(), make_product()
    add_codes(product, count=2)

    first, second = (place(person, product, external_id="form-1") for _ in range(2))

    assert (first.pk, balance(person)) == (second.pk, (4000, 1000, 0))


def test_same_external_id_replays_even_when_nothing_is_left() -> None:
    person, product = make_spender(1000), make_product()
    add_codes(product)
    first = place(person, product, external_id="form-1")
    Product.objects.update(is_offered=False)

    assert place(person, product, external_id="form-1").pk == first.pk


@pytest.mark.parametrize("change", ["person", "product", "face_value", "quantity"])
def test_same_external_id_with_other_content_is_refused(change: str) -> None:
    person, product = make_spender(), make_product()
    add_codes(product, count=2)
    place(person, product, external_id="form-1")
    others: dict[str, Callable[[], object]] = {
        "person": make_spender,
        "product": make_product,
        "face_value": lambda: 2500,
        "quantity": lambda: 2,
    }
    again = {"person": person, "product": product, "face_value": 1000, "quantity": 1} | {change: others[change]()}

    with pytest.raises(ExternalIdConflict):
        orders.place(external_id="form-1", at=NOW, **again)


def test_fail_gives_points_and_codes_back_and_says_so() -> None:
    person, product = make_spender(), make_product(name="Kettle Lane")
    add_codes(product)
    order = place(person, product)

    failed = orders.fail(order.pk, reason="The shop is closed.", at=LATER)
    orders.fail(order.pk, reason="Again.", at=LATER)

    assert (failed.status, failed.status_reason, failed.closed_at) == (OrderStatus.FAILED, "The shop is closed.", LATER)
    assert balance(person) == (5000, 0, 0)
    code = VoucherCode.objects.get()
    assert (code.status, code.order) == (CodeStatus.AVAILABLE, None)
    message = Message.objects.get()
    assert (message.kind, message.title, message.body) == (
        "reward_failed",
        "1,000 points are back",
        "Your Kettle Lane voucher, €10 could not be delivered. The shop is closed.",
    )


def test_points_that_are_back_are_told_by_every_channel_that_is_set_up(settings: Settings) -> None:
    settings.DEBUG, settings.EMAIL_BACKEND = True, "django.core.mail.backends.console.EmailBackend"
    settings.SLACK_BOT_TOKEN, settings.TEAMS_WORKFLOW_SECRET_URL = "xoxb-test", "http://127.0.0.1:1/?sig=test"
    person, product = make_spender(), make_product()
    add_codes(product)

    orders.fail(place(person, product).pk, reason="The shop is closed.", at=LATER)

    assert set(Delivery.objects.values_list("channel", flat=True)) == {"email", "slack", "teams"}


def test_what_was_delivered_does_not_fail_and_what_failed_is_not_delivered() -> None:
    person, product = make_spender(), make_product()
    add_codes(product, count=2)
    delivered, failed = place(person, product), place(person, product)
    orders.fulfil(delivered.pk, at=NOW)
    orders.fail(failed.pk, reason="No.", at=NOW)

    with pytest.raises(OrderClosed):
        orders.fail(delivered.pk, reason="No.", at=NOW)
    with pytest.raises(OrderClosed):
        orders.fulfil(failed.pk, at=NOW)


def test_sweep_heals_what_a_crash_left_between_place_and_fulfil() -> None:
    person, product = make_spender(), make_product()
    add_codes(product)
    order = place(person, product)

    assert orders.sweep(at=NOW) == 0  # the request that placed it is still at it
    assert orders.sweep(at=LATER) == 1
    assert orders.sweep(at=LATER + timedelta(hours=2)) == 0

    order.refresh_from_db()
    assert (order.status, order.attempts, balance(person)) == (OrderStatus.FULFILLED, 1, (4000, 0, 1000))


class Broken(CodePool):
    """A supplier that is down."""

    def obtain(self, order: Order, *, at: datetime) -> Answer:
        raise ConnectionError("secret detail of the line")


class Refusing(CodePool):
    """A supplier that will not."""

    def obtain(self, order: Order, *, at: datetime) -> Answer:
        return Refused(reason="The shop has closed.")


class Unclear(CodePool):
    """A supplier that does not say."""

    def obtain(self, order: Order, *, at: datetime) -> Answer:
        return Unknown(ask_again_after=timedelta(minutes=5))


def test_sweep_gives_the_points_back_after_the_last_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    person, product = make_spender(), make_product()
    add_codes(product)
    order = place(person, product)
    monkeypatch.setitem(ADAPTERS, "code_pool", Broken())

    with time_machine.travel(NOW + timedelta(days=1)):  # the ledger refuses times that have not come
        tried = sum(orders.sweep(at=NOW + timedelta(hours=2 * hour)) for hour in range(1, 12))

    order.refresh_from_db()
    assert (tried, order.status, order.attempts) == (orders.ATTEMPTS_MAX, OrderStatus.FAILED, orders.ATTEMPTS_MAX)
    assert order.status_reason == "It could not be delivered in time."
    assert balance(person) == (5000, 0, 0)


def test_one_order_that_cannot_be_fulfilled_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    person, pool, travel = make_spender(), make_product(), make_product(kind=ProductKind.TRAVEL_CREDIT)
    add_codes(pool)
    stuck, good = place(person, pool), place(person, travel, 2000)
    monkeypatch.setitem(ADAPTERS, "code_pool", Broken())

    assert orders.sweep(at=LATER) == 2

    statuses = dict(Order.objects.values_list("pk", "status"))
    assert statuses == {stuck.pk: OrderStatus.PLACED, good.pk: OrderStatus.FULFILLED}


def test_supplier_that_refuses_fails_the_order_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    person, product = make_spender(), make_product()
    add_codes(product)
    order = place(person, product)
    monkeypatch.setitem(ADAPTERS, "code_pool", Refusing())

    failed = orders.fulfil(order.pk, at=LATER)

    assert (failed.status, failed.status_reason) == (OrderStatus.FAILED, "The shop has closed.")
    assert balance(person) == (5000, 0, 0)


def test_unclear_answer_leaves_the_order_placed_and_asks_again(monkeypatch: pytest.MonkeyPatch) -> None:
    person, product = make_spender(), make_product()
    add_codes(product)
    order = place(person, product)
    monkeypatch.setitem(ADAPTERS, "code_pool", Unclear())

    waiting = orders.fulfil(order.pk, at=LATER)

    assert (waiting.status, waiting.next_attempt_at) == (OrderStatus.PLACED, LATER + timedelta(minutes=5))
    assert balance(person) == (4000, 1000, 0)


def test_waits_between_attempts_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    person, product = make_spender(), make_product()
    add_codes(product)
    order = place(person, product)
    monkeypatch.setitem(ADAPTERS, "code_pool", Broken())

    waits = []
    for _ in range(4):
        order.refresh_from_db()
        at = order.next_attempt_at
        orders.sweep(at=at)
        order.refresh_from_db()
        waits.append((order.next_attempt_at - at).total_seconds())

    assert waits == [15, 30, 60, 120]
