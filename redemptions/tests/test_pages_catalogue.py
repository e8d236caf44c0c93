"""The catalogue and the product page, as their readers see them."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from people.models import Person
from people.tests.factories import make_person
from redemptions.enums import Category, ProductKind
from redemptions.models import Product
from redemptions.tests.factories import add_codes, make_product
from tests.pages import assert_strict, text
from wallets.tests.factories import make_wallet

pytestmark = pytest.mark.django_db
QUERIES = 9  # session, person, wallet 2, dearest, count, page, unread and one to spare: never more with more rows


@pytest.fixture
def ana() -> Person:
    person = make_person(name="Ana Ribeiro")
    make_wallet(5000, person=person)
    return person


@pytest.fixture
def page(ana: Person) -> Client:
    client = Client()
    client.force_login(ana)
    return client


def offer(**fields: object) -> Product:
    made = make_product(**fields)
    if made.kind == ProductKind.VOUCHER:
        for value in made.denominations:
            add_codes(made, face_value=value)
    return made


def names(response: object) -> list[str]:
    return [product.name for product in response.context["page"]]


@pytest.mark.parametrize("path", ["/rewards", "/reward-filters", "/rewards/x", "/rewards/x/confirm"])
def test_pages_send_a_stranger_to_sign_in(client: Client, path: str) -> None:
    assert client.get(path)["Location"] == f"/accounts/login/?next={path}"


def test_catalogue_shows_what_can_be_used_here(page: Client) -> None:
    offer(name="Everywhere"), offer(name="Germany", countries=["DE"]), offer(name="India", countries=["IN"])
    offer(name="Gone", is_offered=False)

    response = page.get("/rewards")

    assert_strict(response)
    assert (names(response), response.status_code) == (["Everywhere", "Germany"], 200)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("category=Food", ["Tea"]),
        ("q=lamp", ["Lamp"]),
        ("afford=1", ["Lamp", "Tea"]),
        ("up_to=500", ["Tea"]),
        ("sort=points", ["Tea", "Lamp", "Sofa"]),
        ("sort=name", ["Lamp", "Sofa", "Tea"]),
        ("category=Nonsense&up_to=many&sort=up&page=first", ["Lamp", "Sofa", "Tea"]),
    ],
)
def test_filters_are_read_from_the_address(page: Client, query: str, found: list[str]) -> None:
    offer(name="Lamp", category=Category.HOME, denominations=[2000], position=1)
    offer(name="Sofa", category=Category.HOME, denominations=[9000], position=2)
    offer(name="Tea", category=Category.FOOD, denominations=[500], position=3)

    assert names(page.get(f"/rewards?{query}")) == found


def test_what_is_out_of_reach_says_how_far_and_stays_a_link(page: Client) -> None:
    far = offer(name="Sofa", denominations=[9000])

    response = page.get("/rewards")

    assert "4,000 to go" in text(response)
    assert f'href="/rewards/{far.sku}"' in response.content.decode()


def test_nothing_found_names_the_nearest_that_fits(page: Client) -> None:
    offer(name="Sofa", category=Category.HOME, denominations=[9000])

    response = page.get("/rewards?category=Home&afford=1")

    assert "No reward fits these filters The cheapest in Home is 9,000 points." in text(response)


def test_a_country_without_rewards_says_so(page: Client) -> None:
    assert "HR has not offered any rewards for your country yet." in text(page.get("/rewards"))


@pytest.mark.parametrize("count", [1, 3])
def test_catalogue_costs_the_same_whatever_the_number(
    page: Client, count: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(count):
        offer()

    with django_assert_max_num_queries(QUERIES) as queries:
        page.get("/rewards")

    assert len(queries) == 8


def test_filters_page_counts_what_it_would_show(page: Client) -> None:
    offer(category=Category.FOOD), offer(category=Category.HOME)

    response = page.get("/reward-filters?category=Food")

    assert_strict(response)
    assert "Show 1 reward" in text(response)


def test_product_offers_its_values_and_says_what_is_missing(page: Client) -> None:
    sofa = offer(name="Sofa", denominations=[2000, 5000, 9000])

    response = page.get(f"/rewards/{sofa.sku}")

    assert_strict(response)
    words = text(response)
    assert "€20 2,000 points €50 5,000 points €90 4,000 points to go" in words
    assert "You have 5,000 This reward −2,000 Left after 3,000 €30.00" in words


def test_product_with_nothing_within_reach_says_how_many_points_are_to_go(page: Client) -> None:
    sofa = offer(denominations=[9000, 9900])

    content = page.get(f"/rewards/{sofa.sku}").content.decode()

    assert '<button class="button large wide" disabled>4,000 points to go</button>' in content


def test_product_out_of_stock_says_so_and_spends_nothing(page: Client) -> None:
    empty = make_product(name="Lamp")

    assert "Lamp is out of stock. Your points are untouched." in text(page.get(f"/rewards/{empty.sku}"))


def test_product_for_another_country_says_so(page: Client) -> None:
    there = offer(name="Chai", countries=["IN"])

    response = page.get(f"/rewards/{there.sku}")

    assert "Chai cannot be used in your country." in text(response)
    assert "Choose a value" not in text(response)


def test_product_no_longer_offered_says_so(page: Client) -> None:
    gone = offer(name="Chai", is_offered=False)

    assert "Chai is no longer offered." in text(page.get(f"/rewards/{gone.sku}"))


def test_an_unknown_product_is_not_found_in_the_portals_look(page: Client) -> None:
    response = page.get("/rewards/nothing")

    assert_strict(response)
    assert (response.status_code, "There is nothing here" in text(response)) == (404, True)


@pytest.mark.parametrize("values", [1, 3])
def test_product_costs_the_same_whatever_its_values(
    page: Client, values: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    sofa = offer(denominations=[1000 * number for number in range(1, values + 1)])

    with django_assert_num_queries(6):
        page.get(f"/rewards/{sofa.sku}")
