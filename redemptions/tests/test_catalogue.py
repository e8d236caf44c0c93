"""What the catalogue shows, and how many questions it asks."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from redemptions import queries
from redemptions.enums import Category, ProductKind
from redemptions.models import Product, VoucherCode
from redemptions.tests.factories import add_codes, make_product

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def found(**filters: Any) -> list[str]:
    return [product.name for product in queries.catalogue(**({"country": "DE", "at": NOW} | filters))]


def test_catalogue_stands_in_order_of_position_then_name() -> None:
    make_product(name="Beta", position=1)
    make_product(name="Gamma", position=0)
    make_product(name="Alpha", position=1)

    assert found() == ["Gamma", "Alpha", "Beta"]


def test_catalogue_leaves_out_what_is_not_offered() -> None:
    make_product(name="Gone", is_offered=False)

    assert found() == []


def test_catalogue_shows_what_a_country_can_use() -> None:
    make_product(name="Everywhere", countries=[])
    make_product(name="German", countries=["DE", "PT"])
    make_product(name="Indian", countries=["IN"])

    assert found(country="DE") == ["Everywhere", "German"]
    assert found(country="") == ["Everywhere", "German", "Indian"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"q": "loom"}, ["Common Loom"]),
        ({"q": "BOOKS"}, ["Pagefold"]),
        ({"q": "culture"}, ["Pagefold"]),
        ({"q": "loom culture"}, []),
        ({"q": "100%"}, []),
        ({"category": "Culture"}, ["Pagefold"]),
        ({"currency": "INR"}, ["Pagefold"]),
        ({"max_points": 1000}, ["Common Loom", "Pagefold"]),
        ({"max_points": 999}, ["Pagefold"]),
        ({"max_points": 9}, []),
    ],
)
def test_catalogue_finds(filters: dict[str, Any], names: list[str]) -> None:
    make_product(name="Common Loom", brand="Loom", category=Category.SHOPPING)
    make_product(name="Pagefold", brand="Pagefold Books", category=Category.CULTURE, currency="INR", points_per_unit=1)

    assert found(**filters) == names


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD", "CLF"])
def test_smallest_points_in_the_database_is_the_price_in_python(currency: str) -> None:
    make_product(currency=currency, points_per_unit=7, denominations=[2503, 1001])

    product = queries.catalogue(country="").get()

    assert product.smallest_points == product.price(1001)


def test_smallest_points_of_a_range_is_the_price_of_its_lower_end() -> None:
    make_product(kind=ProductKind.TRAVEL_CREDIT)

    assert queries.catalogue(country="").get().smallest_points == 2000


def test_stock_is_known_for_each_value() -> None:
    product = make_product(denominations=[1000, 2500, 5000])
    add_codes(product, face_value=2500)

    product = queries.product(product.sku, at=NOW)

    assert (product.in_stock, product.values_in_stock) == (True, [2500])
    assert [product.can_deliver(value) for value in (1000, 2500)] == [False, True]


def test_codes_that_expire_today_are_not_in_stock() -> None:
    product = make_product()
    add_codes(product)
    VoucherCode.objects.update(expires_on=date(2026, 11, 24))

    assert queries.product(product.sku, at=NOW).in_stock is False


def test_travel_credits_are_always_in_stock() -> None:
    product = queries.product(make_product(kind=ProductKind.TRAVEL_CREDIT).sku)

    assert (product.in_stock, product.can_deliver(2000)) == (True, True)


@pytest.mark.parametrize("count", [1, 3])
def test_catalogue_asks_one_question(count: int) -> None:
    for _ in range(count):
        add_codes(make_product())

    with CaptureQueriesContext(
        connection,
    ) as queries_asked:
        shown = [(product.in_stock, product.smallest_points) for product in queries.catalogue(country="DE")]

    assert (len(queries_asked), shown) == (1, [(True, 1000)] * count)


def test_product_that_is_not_there() -> None:
    with pytest.raises(Product.DoesNotExist):
        queries.product("nothing")
