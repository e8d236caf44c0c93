"""Home and statement: what one has, and why."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from approvals.queries import hr_approvers
from people.models import Person
from people.operations import people
from people.tests.factories import make_person
from programs.models import PointsRequest, Programme
from programs.operations import adjustments, reversals
from programs.operations.points_requests import submit
from programs.tests.factories import make_programme, new
from redemptions.enums import ProductKind
from redemptions.models import Order, Product
from redemptions.operations import orders, refunds
from redemptions.tests.factories import add_codes, make_product
from rewards_portal import queries
from tests.pages import assert_strict, text
from wallets.ledger_rules import findings
from wallets.operations import leavers, lots

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def on_a_monday_morning() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ana() -> Person:
    return make_person(name="Ana Ribeiro", time_zone="Europe/Berlin")


@pytest.fixture
def page(ana: Person) -> Client:
    client = Client()
    client.force_login(ana)
    return client


@pytest.fixture
def yearly() -> Programme:
    return make_programme(name="Quarterly performance", points_expire_after_days=365)


def give(person: Person, programme: Programme, points: int, reason: str, at: datetime) -> None:
    [done] = submit([new(programme, person, points=points, reason=reason)], at=at)
    assert done.error is None


def redeem(person: Person, product: Product, at: datetime) -> None:
    order = orders.place(person=person, product=product, face_value=product.smallest, external_id=str(uuid4()), at=at)
    orders.fulfil(order.pk, at=at)


def day(month: int, number: int, year: int = 2026) -> datetime:
    return datetime(year, month, number, 9, tzinfo=UTC)


def test_home_shows_balance_worth_and_what_expires_next(page: Client, ana: Person, yearly: Programme) -> None:
    give(ana, yearly, 650, "Rated 4 for Q3", day(11, 30, 2025))
    give(ana, yearly, 17_800, "Rated 5 for Q3", day(11, 20))

    response = page.get("/")

    assert_strict(response)
    words = text(response)
    assert "Good morning, Ana. You have 18,450 points, worth €184.50" in words
    assert "650 points expire in 7 days Your next reward uses them first." in words
    assert "650 30 Nov 17,800 20 Nov 2027" in words
    assert "Rated 5 for Q3 Quarterly performance · 20 Nov +17,800" in words


def test_home_of_somebody_new_says_what_will_be_there(page: Client) -> None:
    words = text(page.get("/"))

    assert "You have 0 points, worth €0.00" in words
    assert "Your first points will stand here" in words
    assert "Nothing yet. Each point you get or spend will stand here, with its reason." in words


def test_home_says_that_points_do_not_expire_or_are_held(page: Client, ana: Person) -> None:
    give(ana, make_programme(), 5000, "Thank you", day(11, 1))
    lamp = make_product(denominations=[1000])
    add_codes(lamp)
    orders.place(person=ana, product=lamp, face_value=1000, external_id="1", at=NOW)

    words = text(page.get("/"))

    assert "You have 4,000 points" in words
    assert "Your points do not expire" in words
    assert "1,000 more are held for an order on its way." in words


def test_home_picks_a_travel_credit_and_four_others(page: Client) -> None:
    make_product(name="Air", kind=ProductKind.TRAVEL_CREDIT)
    for _ in range(6):
        add_codes(make_product())
    make_product(name="Sold out")

    response = page.get("/")

    assert response.context["lead"].name == "Air"
    assert len(response.context["picks"]) == 4
    assert "Sold out" not in text(response)


def test_statement_explains_each_line(page: Client, ana: Person, yearly: Programme) -> None:
    give(ana, yearly, 400, "Rated 4 for Q3", day(10, 31, 2025))
    give(ana, yearly, 5000, "Rated 5 for Q3", day(10, 14))
    lots.expire(at=day(11, 2), limit=100)
    kettle = make_product(name="Kettle Lane", denominations=[2500])
    add_codes(kettle)
    redeem(ana, kettle, day(11, 16))

    response = page.get("/statement")

    assert_strict(response)
    words = text(response)
    assert "Balance today 2,500 points, worth €25.00" in words
    assert "Earned +5,000 Redeemed −2,500 Gone −400 1 Jan to today, from 400" in words
    assert "November 2026 16 Nov Kettle Lane voucher, €25 16 Nov · Redeemed −2,500 2,500" in words
    assert "2 Nov Points expired 2 Nov · Earned on 31 Oct 2025 −400 5,000" in words
    assert "14 Oct Rated 5 for Q3 14 Oct · Quarterly performance · expires 14 Oct 2027 +5,000 5,400" in words
    assert "October 2025 31 Oct Rated 4 for Q3" in words


def test_statement_shows_the_year_as_a_chart_with_its_figures(page: Client, ana: Person, yearly: Programme) -> None:
    give(ana, yearly, 1500, "Rated 4 for Q4", day(1, 20))
    give(ana, yearly, 6000, "Rated 5 for Q1", day(3, 5))

    response = page.get("/statement")

    finding = "2026: 7,500 points earned, 0 redeemed, 0 expired or taken back. Most was earned in March."
    assert response.content.decode().count(f'role="img" aria-label="{finding}"') == 2
    assert "January 1,500 0 0 February 0 0 0 March 6,000 0 0" in text(response)


def test_statement_without_lines_says_what_will_be_there(page: Client) -> None:
    words = text(page.get("/statement"))

    assert "No lines yet" in words
    assert "month by month" not in words


def test_statement_pages_lose_and_repeat_nothing(page: Client, ana: Person, yearly: Programme) -> None:
    for number in range(35):
        give(ana, yearly, 100 + number, f"Reason {number}", day(11, 1) + timedelta(hours=number))

    first = page.get("/statement")
    second = page.get(f"/statement?before={first.context['older'].hex}")

    lines = [line.title for response in (first, second) for _, rows in response.context["months"] for line in rows]
    assert lines == [f"Reason {number}" for number in reversed(range(35))]
    assert second.context["older"] is None
    assert "Back to the newest lines" in text(second)


def test_statement_is_ones_own(page: Client, yearly: Programme) -> None:
    give(make_person(), yearly, 700, "Not hers", day(11, 1))

    assert "Not hers" not in text(page.get("/statement"))
    assert page.get("/statement?before=nonsense").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("path", ["/", "/statement"])
def test_pages_cost_the_same_whatever_the_number(
    page: Client,
    ana: Person,
    yearly: Programme,
    path: str,
    count: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    lamp = make_product(denominations=[1000])
    add_codes(lamp, count=count)
    for number in range(count):
        give(ana, yearly, 100, "Old", day(10, 1 + number, 2025))
        give(ana, yearly, 2000, "New", day(10, 1 + number))
    lots.expire(at=day(11, 1), limit=100)
    for number in range(count):
        redeem(ana, lamp, day(11, 2 + number))

    with django_assert_max_num_queries(10):  # home with fewer lines of other kinds looks up fewer
        page.get(path)


@pytest.mark.parametrize("path", ["/", "/statement"])
def test_a_stranger_is_sent_to_sign_in(client: Client, path: str) -> None:
    assert client.get(path)["Location"] == f"/accounts/login/?next={path}"


def approver() -> Person:
    person = make_person()
    person.groups.add(hr_approvers())
    return person


def test_statement_says_in_words_what_was_taken_back_adjusted_refunded_and_lost(page: Client, ana: Person) -> None:
    programme, hr = make_programme(name="Spotlight"), make_person()
    give(ana, programme, 3000, "Helped a customer", day(11, 2))
    give(ana, programme, 500, "Counted twice", day(11, 3))
    [twice] = PointsRequest.objects.filter(reason="Counted twice")
    reversals.reverse(twice.pk, reason="It came twice", by=hr, at=day(11, 4))
    for points, reason in ((200, "Missed in March"), (-100, "Given by mistake")):
        proposal = adjustments.propose(
            programme=programme, person=ana, points=points, reason=reason, by=hr, at=day(11, 5)
        )
        adjustments.approve(proposal.pk, by=approver(), at=day(11, 5))
    voucher = make_product(name="Kettle Lane")
    add_codes(voucher)
    redeem(ana, voucher, day(11, 6))
    refund = refunds.ask(Order.objects.get().pk, reason="The shop closed", by=hr, at=day(11, 7))
    refunds.approve(refund.pk, by=approver(), at=day(11, 7))

    response = page.get("/statement")

    assert_strict(response)
    words = text(response)
    for line in (
        "Kettle Lane voucher, €10 7 Nov · Refunded: The shop closed +1,000 3,100",
        "Given by mistake 5 Nov · Spotlight, taken by HR −100 3,100",
        "Missed in March 5 Nov · Spotlight, given by HR +200 3,200",
        "Counted twice 4 Nov · Taken back: It came twice −500 3,000",
        "Earned +3,700 Redeemed 0 Gone −600",
    ):
        assert line in words, words
    assert "Why: The shop closed" in text(page.get(f"/my-rewards/orders/rd_{Order.objects.get().pk.hex}"))
    leavers.set_policy(action="forfeit", after_days=0, by=hr)
    people.set_status(ana.pk, status="left", by=hr, at=day(11, 8))
    leavers.settle(at=day(11, 9))
    [lost, *_] = queries.lines(ana.wallet.pk, limit=1)
    assert (lost.title, lost.why, lost.points) == ("Points forfeited", "You had left the company", -3100)
    assert list(findings()) == []
