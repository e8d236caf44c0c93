"""Prices and values."""

import pytest

from redemptions.enums import ProductKind
from redemptions.models import Product
from redemptions.tests.factories import make_product


@pytest.mark.parametrize(
    ("currency", "points_per_unit", "face_value", "points"),
    [
        ("EUR", 100, 2500, 2500),
        ("EUR", 100, 1, 1),
        ("EUR", 1, 1, 1),  # a cent at one point a euro: rounded up, never free
        ("EUR", 1, 101, 2),
        ("EUR", 33, 1000, 330),
        ("EUR", 33, 1001, 331),
        ("JPY", 3, 250, 750),  # no minor units
        ("KWD", 100, 1500, 150),  # three decimal places
        ("INR", 1, 25_000, 250),
    ],
)
def test_price_is_whole_points_rounded_up(currency: str, points_per_unit: int, face_value: int, points: int) -> None:
    product = Product(currency=currency, points_per_unit=points_per_unit)

    assert product.price(face_value) == points


@pytest.mark.parametrize(
    ("smallest", "largest", "values"),
    [
        (5000, 20000, [5000, 10000, 15000, 20000]),
        (2000, 10000, [2000, 5000, 10000]),
        (5000, 30000, [5000, 10000, 20000, 30000]),
        (2000, 50000, [2000, 20000, 40000, 50000]),
        (1050, 1050, [1050]),
    ],
)
def test_values_of_a_range_are_its_ends_and_round_steps(smallest: int, largest: int, values: list[int]) -> None:
    product = Product(currency="EUR", range_min=smallest, range_max=largest)

    assert product.values_to_choose == values


def test_values_to_choose_of_denominations_are_in_order() -> None:
    assert Product(currency="EUR", denominations=[2500, 1000]).values_to_choose == [1000, 2500]


@pytest.mark.django_db
def test_offers_only_what_the_range_holds() -> None:
    credit = make_product(kind=ProductKind.TRAVEL_CREDIT)

    assert [credit.offers(value) for value in (1999, 2000, 50_000, 50_001)] == [False, True, True, False]
