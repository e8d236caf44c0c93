from datetime import UTC, timedelta

import pytest
import time_machine
from rest_framework.test import APIClient

from api import ids
from api.tests.factories import api
from people.tests.factories import make_person
from wallets.api import MomentField
from wallets.operations import holds
from wallets.tests.factories import NOW, make_budget, make_wallet, move

pytestmark = pytest.mark.django_db


@pytest.fixture
def http() -> APIClient:
    return api(scopes=["wallets:read"])


def test_wallet_tells_what_somebody_has(http):
    person = make_person(employee_number="00217")
    later, sooner = NOW + timedelta(days=60), NOW + timedelta(days=30)
    wallet = make_wallet(1000, (300, later), (200, sooner), person=person)
    taken = holds.place(account_id=wallet.pk, points=150, reference="hold:1", at=NOW)
    holds.capture(taken.pk, at=NOW)
    holds.place(account_id=wallet.pk, points=100, reference="hold:2", at=NOW)

    with time_machine.travel(NOW):
        answer = http.get("/api/v1/wallets/00217")

    assert answer.status_code == 200
    assert answer.json() == {
        "recipient": "00217",
        "available": 1250,
        "held": 100,
        "lifetime_earned": 1500,
        "lifetime_redeemed": 150,
        "lifetime_expired": 0,
        "money_value": {"amount": "12.50", "currency": "EUR"},
        "expiring": [
            {"points": 50, "expires_at": "2026-07-01T12:00:00Z"},
            {"points": 300, "expires_at": "2026-07-31T12:00:00Z"},
        ],
    }


def test_wallet_of_somebody_who_never_got_a_point_is_all_zeros(http):
    person = make_person(email="new@acme.example")
    answer = http.get("/api/v1/wallets/email:New@acme.example")
    assert answer.json() == {
        "recipient": "email:New@acme.example",
        "available": 0,
        "held": 0,
        "lifetime_earned": 0,
        "lifetime_redeemed": 0,
        "lifetime_expired": 0,
        "money_value": {"amount": "0.00", "currency": "EUR"},
        "expiring": [],
    }
    assert http.get(f"/api/v1/wallets/{person.employee_number}/transfers").json()["results"] == []


@pytest.mark.parametrize("path", ["/api/v1/wallets/NOBODY", "/api/v1/wallets/NOBODY/transfers"])
def test_unknown_recipient_is_404(http, path):
    answer = http.get(path)
    said = "Nobody is known by this name. Check the employee number, `email:` or `scim:` name."
    assert (answer.status_code, answer["Content-Type"], answer.json()["code"], answer.json()["detail"]) == (
        404,
        "application/problem+json",
        "not_found",
        said,
    )


def test_a_moment_is_read_as_utc():
    read = MomentField().to_internal_value("2026-06-01T14:00:00+02:00")
    assert (read, read.tzinfo is UTC) == (NOW, True)


@pytest.mark.parametrize("path", ["/api/v1/wallets/E1", "/api/v1/wallets/E1/transfers"])
def test_wallets_need_their_scope(path):
    assert api(scopes=["points:read"]).get(path).json()["code"] == "insufficient_scope"
    assert APIClient().get(path).status_code == 401


def test_transfers_come_newest_first_page_by_page_and_back(http):
    wallet = make_wallet(1, 2, 3, 4, 5)
    path = f"/api/v1/wallets/{wallet.person.employee_number}/transfers"

    def points(page):
        return [line["points"] for line in page["results"]]

    first = http.get(path, {"limit": 2}).json()
    second = http.get(first["next"]).json()
    third = http.get(second["next"]).json()
    assert (points(first), points(second), points(third)) == ([5, 4], [3, 2], [1])
    assert (first["previous"], third["next"]) == (None, None)
    assert points(http.get(third["previous"]).json()) == [3, 2]
    assert points(http.get(second["previous"]).json()) == [5, 4]


def test_transfers_show_both_directions_with_the_balance_after_each(http):
    wallet = make_wallet(500)
    hold = holds.place(account_id=wallet.pk, points=120, reference="hold:1", at=NOW + timedelta(hours=1))
    capture = holds.capture(hold.pk, at=NOW + timedelta(hours=1)).transfer_id
    answer = http.get(f"/api/v1/wallets/{wallet.person.employee_number}/transfers").json()
    assert answer["results"][0] == {
        "id": ids.public(ids.TRANSFER, capture),
        "kind": "redemption",
        "points": -120,
        "balance_after": 380,
        "reference": "hold:1",
        "effective_at": "2026-06-01T13:00:00Z",
    }
    assert [(line["kind"], line["points"], line["balance_after"]) for line in answer["results"]] == [
        ("redemption", -120, 380),
        ("credit", 500, 500),
    ]


def test_transfers_refuse_filters_they_do_not_have(http):
    answer = http.get(f"/api/v1/wallets/{make_person().employee_number}/transfers", {"kind": "credit"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/kind")


@pytest.mark.parametrize("path", ["", "/transfers"])
def test_query_count_does_not_grow_with_the_history(http, path, django_assert_num_queries):
    budget, wallet = make_budget(), make_wallet((1, NOW + timedelta(days=1)))
    path = f"/api/v1/wallets/{wallet.person.employee_number}{path}"
    with django_assert_num_queries(4):  # token, person, account, lots or transfers
        http.get(path)
    for days in (2, 3):
        move(budget, wallet, 1, expires_at=NOW + timedelta(days=days))
    with django_assert_num_queries(4):
        http.get(path)
