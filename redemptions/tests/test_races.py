"""Many at once, on a real database: one balance, one code, one order."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.db.models import F

from people.models import Person
from people.tests.factories import make_person
from redemptions.enums import CodeStatus, OrderStatus, ProductKind
from redemptions.errors import OutOfStock
from redemptions.models import Order, Product, Voucher, VoucherCode
from redemptions.operations import orders
from redemptions.tests import racing
from redemptions.tests.factories import add_codes, make_product
from redemptions.tests.racing import THREADS
from wallets import ledger_rules
from wallets import queries as wallets
from wallets.errors import InsufficientPoints
from wallets.models import Account, Hold
from wallets.tests.factories import make_wallet

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ROUNDS, CONTROL_ROUNDS = 50, 5
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def sound_ledger(transactional_db: None) -> Iterator[None]:
    """Prove the ledger after each test."""
    yield
    assert list(ledger_rules.findings()) == []


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    """Give threads that keep their database connection from round to round."""
    with racing.threads() as threads:
        yield threads


def all_at_once(threads: ThreadPoolExecutor, work: Callable[[], object], number: int = THREADS) -> list[Any]:
    """Start `work` in so many threads at the same moment; return what each returned or raised."""
    return racing.all_at_once(threads, lambda _: work(), number)


def make_spender(points: int) -> Person:
    person = make_person()
    make_wallet(points, person=person)
    return person


def buy(person: Person, product: Product, face_value: int, external_id: str = "") -> Order:
    return orders.place(
        person=person, product=product, face_value=face_value, external_id=external_id or str(uuid4()), at=NOW
    )


def buy_and_get(person: Person, product: Product, face_value: int) -> Order:
    return orders.fulfil(buy(person, product, face_value).pk, at=NOW)


def test_twenty_threads_spend_one_balance_and_one_wins(pool: ThreadPoolExecutor) -> None:
    product = make_product(kind=ProductKind.TRAVEL_CREDIT)
    for _ in range(ROUNDS):
        person = make_spender(product.price(2000))

        outcomes = all_at_once(pool, lambda person=person: buy_and_get(person, product, 2000))

        assert [type(outcome) for outcome in outcomes if isinstance(outcome, Order)] == [Order]
        assert sum(isinstance(outcome, InsufficientPoints) for outcome in outcomes) == THREADS - 1
        owned = wallets.wallet(person)
        assert (owned.available, owned.held, owned.lifetime_redeemed) == (0, 0, 2000)
    assert Order.objects.filter(status=OrderStatus.FULFILLED).count() == ROUNDS


def place_without_the_lock(*, account_id: Any, points: int, reference: str, at: datetime) -> Hold:
    """Place a hold as one would who reads, decides and then writes, with nothing locked in between."""
    available = Account.objects.get(pk=account_id).available
    if available < points:
        raise InsufficientPoints
    Account.objects.filter(pk=account_id).update(held=F("held") + points)
    return Hold.objects.create(account_id=account_id, points=points, reference=reference, placed_at=at)


def test_without_the_lock_the_same_race_overspends(pool: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the race above can see what it looks for."""
    product = make_product(kind=ProductKind.TRAVEL_CREDIT)
    monkeypatch.setattr(orders.holds, "place", place_without_the_lock)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE wallets_account DROP CONSTRAINT account_above_floor")
    try:
        winners = []
        for _ in range(CONTROL_ROUNDS):
            person = make_spender(product.price(2000))
            outcomes = all_at_once(pool, lambda person=person: buy(person, product, 2000))
            winners.append(sum(isinstance(outcome, Order) for outcome in outcomes))
    finally:
        restore_the_check()

    assert max(winners) > 1


def restore_the_check() -> None:
    """Give back what was overspent, then put the constraint back."""
    for order in Order.objects.filter(status=OrderStatus.PLACED):
        orders.fail(order.pk, reason="It was never there.", at=NOW)
    constraint = next(c for c in Account._meta.constraints if c.name == "account_above_floor")
    with connection.schema_editor() as editor:
        editor.add_constraint(Account, constraint)


def test_twenty_people_want_the_last_code_and_one_gets_it(pool: ThreadPoolExecutor) -> None:
    product = make_product()
    for _ in range(10):
        add_codes(product)
        people = iter([make_spender(1000) for _ in range(THREADS)])

        outcomes = all_at_once(pool, lambda people=people: buy_and_get(next(people), product, 1000))

        assert sum(isinstance(outcome, Order) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, OutOfStock) for outcome in outcomes) == THREADS - 1
    assert Voucher.objects.count() == VoucherCode.objects.filter(status=CodeStatus.SOLD).count() == 10


def test_twenty_people_and_twenty_codes_is_one_each(pool: ThreadPoolExecutor) -> None:
    product = make_product()
    add_codes(product, count=THREADS)
    people = iter([make_spender(1000) for _ in range(THREADS)])

    outcomes = all_at_once(pool, lambda: buy_and_get(next(people), product, 1000))

    assert [type(outcome) for outcome in outcomes] == [Order] * THREADS
    assert Voucher.objects.values("voucher_code").distinct().count() == THREADS


def test_double_click_is_one_order_and_both_see_it(pool: ThreadPoolExecutor) -> None:
    product = make_product()
    for number in range(10):
        add_codes(product)
        person = make_spender(1000)  # enough for one: the second click must not be told that the points are gone

        outcomes = all_at_once(pool, lambda person=person, n=number: buy(person, product, 1000, f"form-{n}"), 4)

        assert len({order.pk for order in outcomes}) == 1
    assert Order.objects.count() == 10


def test_fulfil_and_fail_at_once_is_one_of_the_two(pool: ThreadPoolExecutor) -> None:
    product = make_product()
    for number in range(10):
        add_codes(product)
        person = make_spender(1000)
        order = buy(person, product, 1000)
        works = iter(
            [lambda o=order: orders.fulfil(o.pk, at=NOW), lambda o=order: orders.fail(o.pk, reason="No.", at=NOW)] * 2
        )

        all_at_once(pool, lambda works=works: next(works)(), 4)

        owned = wallets.wallet(person)
        order.refresh_from_db()
        assert (order.status, owned.available, owned.held, owned.lifetime_redeemed, order.vouchers.count()) in {
            (OrderStatus.FULFILLED, 0, 0, 1000, 1),
            (OrderStatus.FAILED, 1000, 0, 0, 0),
        }, number


def test_fulfilled_by_four_at_once_is_delivered_once_and_all_see_it(pool: ThreadPoolExecutor) -> None:
    product = make_product()
    for _ in range(10):
        add_codes(product)
        order = buy(make_spender(1000), product, 1000)

        outcomes = all_at_once(pool, lambda order=order: orders.fulfil(order.pk, at=NOW).status, 4)

        assert (outcomes, order.vouchers.count()) == ([OrderStatus.FULFILLED] * 4, 1)


def test_sweeps_at_once_share_the_work(pool: ThreadPoolExecutor) -> None:
    product = make_product()
    add_codes(product, count=10)
    for _ in range(10):
        buy(make_spender(1000), product, 1000)

    tried = all_at_once(pool, lambda: orders.sweep(at=NOW + timedelta(minutes=1)), 4)

    assert sum(tried) == 10
    assert list(Order.objects.values_list("status", "attempts").distinct()) == [(OrderStatus.FULFILLED, 1)]


def test_crash_in_the_middle_of_fulfil_leaves_the_order_as_it_was() -> None:
    product, person = make_product(), make_spender(1000)
    add_codes(product)
    order = buy(person, product, 1000)

    class PulledPlug(Exception):
        pass

    def fulfil_and_crash() -> None:
        with transaction.atomic():
            orders.fulfil(order.pk, at=NOW)
            raise PulledPlug

    with pytest.raises(PulledPlug):
        fulfil_and_crash()

    order.refresh_from_db()
    assert (order.status, Voucher.objects.count(), wallets.wallet(person).held) == (OrderStatus.PLACED, 0, 1000)
    orders.sweep(at=NOW + timedelta(minutes=1))
    order.refresh_from_db()
    assert (order.status, Voucher.objects.count(), wallets.wallet(person).held) == (OrderStatus.FULFILLED, 1, 0)
