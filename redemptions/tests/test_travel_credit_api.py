"""/travel-credits: an owner (the booking system), a colleague (another one), an outsider (no scope)."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from api import ids
from api.models import ApiClient
from api.tests.factories import api, make_client
from people.tests.factories import make_person
from redemptions.models import TravelCredit
from redemptions.tests.factories import make_travel_credit
from wallets.ledger_rules import findings
from wallets.tests.factories import make_wallet

CREDITS = "/api/v1/travel-credits"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def sound_ledger(db: None) -> Iterator[None]:
    """Prove the ledger after each test."""
    yield
    assert list(findings()) == []


@pytest.fixture
def credit() -> TravelCredit:
    """Return a travel credit of €100.00 of somebody called E10482."""
    person = make_person(employee_number="E10482")
    make_wallet(10_000, person=person)
    return make_travel_credit(10_000, person=person)


@pytest.fixture
def system() -> ApiClient:
    return make_client(["travel:write"])


@pytest.fixture
def http(system: ApiClient) -> APIClient:
    """The booking system."""
    return api(system)


def path(credit: TravelCredit, rest: str = "") -> str:
    return f"{CREDITS}/{ids.public(ids.TRAVEL_CREDIT, credit.pk)}{rest}"


def eur(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def authorise(http: APIClient, credit: TravelCredit, amount: str = "50.00", **fields: Any) -> tuple[int, Any]:
    answer = http.post(path(credit, "/authorisations"), {"amount": eur(amount), "reference": "7K2QPL", **fields})
    return answer.status_code, answer.json()


def on(http: APIClient, credit: TravelCredit, held: dict[str, Any], verb: str, body: Any = None) -> tuple[int, Any]:
    answer = http.post(path(credit, f"/authorisations/{held['id']}/{verb}"), body or {})
    return answer.status_code, answer.json()


def refund(http: APIClient, credit: TravelCredit, amount: str, **fields: Any) -> tuple[int, Any]:
    answer = http.post(path(credit, "/refunds"), {"amount": eur(amount), "reference": "R1", **fields})
    return answer.status_code, answer.json()


def test_travel_credit_as_the_contract_has_it(http: APIClient, credit: TravelCredit) -> None:
    _, paid = authorise(http, credit)
    on(http, credit, paid, "capture", {"amount": eur("44.20")})
    authorise(http, credit, "18.50", reference="3JRT5M")
    refund(http, credit, "4.20")
    answer = http.get(path(credit))

    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert credit.expires_at is not None
    assert answer.json() == {
        "id": f"tc_{credit.pk.hex}",
        "recipient": "E10482",
        "face_value": eur("100.00"),
        "balance": eur("60.00"),
        "authorised": eur("18.50"),
        "expires_at": credit.expires_at.isoformat().replace("+00:00", "Z"),
        "status": "active",
        "bookings": [
            {"reference": "R1", "status": "refunded", "amount": eur("4.20"), "captured": eur("0.00")},
            {"reference": "3JRT5M", "status": "open", "amount": eur("18.50"), "captured": eur("0.00")},
            {"reference": "7K2QPL", "status": "captured", "amount": eur("50.00"), "captured": eur("44.20")},
        ],
    }


def test_redemption_leads_to_its_travel_credit(credit: TravelCredit) -> None:
    redemption = api().get(f"/api/v1/redemptions/{ids.public(ids.ORDER, credit.order_id)}").json()

    assert redemption["travel_credit"] == f"tc_{credit.pk.hex}"


def test_authorisation_is_held_then_captured_in_part(http: APIClient, credit: TravelCredit) -> None:
    status, held = authorise(http, credit, description="Berlin to Lisbon")
    row = credit.authorisations.get()
    times = [row.authorised_at, row.expires_at]
    assert (status, held) == (
        201,
        {
            "id": f"ta_{row.pk.hex}",
            "travel_credit": f"tc_{credit.pk.hex}",
            "reference": "7K2QPL",
            "description": "Berlin to Lisbon",
            "status": "open",
            "amount": eur("50.00"),
            "captured": eur("0.00"),
            "authorised_at": held["authorised_at"],
            "expires_at": held["expires_at"],
            "closed_at": None,
            "credit": {"balance": eur("100.00"), "authorised": eur("50.00")},
        },
    )
    assert [held["authorised_at"], held["expires_at"]] == [t.isoformat().replace("+00:00", "Z") for t in times]
    status, paid = on(http, credit, held, "capture", {"amount": eur("44.20"), "reference": "P1"})

    assert (status, paid["id"], paid["status"], paid["captured"]) == (200, held["id"], "captured", eur("44.20"))
    assert paid["credit"] == {"balance": eur("55.80"), "authorised": eur("0.00")}


def test_same_again_answers_the_first_with_200(http: APIClient, credit: TravelCredit) -> None:
    until = timezone.now() + timedelta(days=3)
    first, again = (authorise(http, credit, expires_at=until.isoformat()) for _ in range(2))
    assert (first[0], again) == (201, (200, first[1]))
    first, again = (on(http, credit, first[1], "capture", {"amount": eur("44.20")}) for _ in range(2))
    assert (first[0], again) == (200, first)
    first, again = (refund(http, credit, "4.20") for _ in range(2))
    assert (first[0], again) == (201, (200, first[1]))
    _, held = authorise(http, credit, reference="B2")
    first, again = (on(http, credit, held, "release") for _ in range(2))

    assert (first[0], again) == (200, first)
    assert first[1]["credit"] == {"balance": eur("60.00"), "authorised": eur("0.00")}


def test_same_reference_with_other_content_is_409(http: APIClient, credit: TravelCredit) -> None:
    authorise(http, credit)
    status, problem = authorise(http, credit, "50.01")

    assert (status, problem["code"], problem["errors"][0]["pointer"]) == (409, "reference_conflict", "/reference")


def test_more_than_is_free_is_409(http: APIClient, credit: TravelCredit) -> None:
    _, held = authorise(http, credit, "60.00")
    status, problem = authorise(http, credit, "40.01", reference="B2")
    assert (status, problem["code"], problem["title"]) == (
        *(409, "insufficient_credit"),
        "There is not enough left on this travel credit",
    )
    status, problem = on(http, credit, held, "capture", {"amount": eur("60.01")})

    assert (status, problem["code"]) == (409, "insufficient_credit")


def test_closed_authorisation_is_409(http: APIClient, credit: TravelCredit) -> None:
    _, held = authorise(http, credit)
    on(http, credit, held, "capture")
    for verb, body in (("release", {}), ("capture", {"amount": eur("1.00")})):
        status, problem = on(http, credit, held, verb, body)
        assert (status, problem["code"]) == (409, "authorisation_closed")


def test_refund_of_more_than_was_paid_is_409(http: APIClient, credit: TravelCredit) -> None:
    _, held = authorise(http, credit)
    status, problem = refund(http, credit, "0.01")
    assert (status, problem["code"]) == (409, "refund_too_large")
    on(http, credit, held, "capture")
    status, back = refund(http, credit, "50.00", authorisation=held["id"])

    assert (status, back) == (
        201,
        {
            "id": back["id"],
            "travel_credit": f"tc_{credit.pk.hex}",
            "authorisation": held["id"],
            "reference": "R1",
            "status": "refunded",
            "amount": eur("50.00"),
            "refunded_at": back["refunded_at"],
            "credit": {"balance": eur("100.00"), "authorised": eur("0.00")},
        },
    )


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"amount": {"amount": "50.00", "currency": "USD"}}, "/amount/currency", "currency_mismatch"),
        ({"amount": {"amount": "50.00", "currency": "XQX"}}, "/amount", "unknown_currency"),
        ({"amount": eur("0.00")}, "/amount/amount", "amount_out_of_range"),
        ({"amount": eur("-1.00")}, "/amount", "not_an_amount"),
        ({"amount": eur("1.001")}, "/amount", "not_an_amount"),
        ({"amount": "50.00"}, "/amount", "not_money"),
        ({"amount": 50}, "/amount", "not_money"),
        ({"amount": None}, "/amount", "null"),
        ({"reference": ""}, "/reference", "blank"),
        ({"reference": 7}, "/reference", "not_text"),
        ({"reference": "B" * 121}, "/reference", "max_length"),
        ({"description": "B" * 121}, "/description", "max_length"),
        ({"expires_at": "tomorrow"}, "/expires_at", "invalid"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "/expires_at", "expires_at_out_of_range"),
        ({"expires_at": "9999-12-31T23:59:59Z"}, "/expires_at", "expires_at_out_of_range"),
        ({"refrence": "B1"}, "/refrence", "unknown_member"),
    ],
)
def test_bad_input_is_422_with_its_place(
    http: APIClient, credit: TravelCredit, fields: dict[str, Any], pointer: str, code: str
) -> None:
    answer = http.post(path(credit, "/authorisations"), {"amount": eur("50.00"), "reference": "7K2QPL"} | fields)

    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
    assert credit.authorisations.count() == 0


def test_unknown_member_of_capture_release_and_refund_is_422(http: APIClient, credit: TravelCredit) -> None:
    _, held = authorise(http, credit)
    answers = [on(http, credit, held, verb, {"amout": 1}) for verb in ("capture", "release")]
    answers.append(refund(http, credit, "1.00", booking="B1"))

    assert [(status, problem["errors"][0]["code"]) for status, problem in answers] == [(422, "unknown_member")] * 3


@pytest.mark.parametrize("verb", ["capture", "release"])
def test_capture_and_release_take_no_body(http: APIClient, credit: TravelCredit, verb: str) -> None:
    _, held = authorise(http, credit)
    answer = http.post(path(credit, f"/authorisations/{held['id']}/{verb}"))

    assert (answer.status_code, answer.json()["status"]) == (200, f"{verb}d")


@pytest.mark.parametrize("public_id", ["tc_1", "tc_" + "0" * 32, "rd_" + "0" * 32, "%00"])
def test_unknown_credit_is_404(http: APIClient, public_id: str) -> None:
    answers = [
        http.get(f"{CREDITS}/{public_id}"),
        http.post(f"{CREDITS}/{public_id}/authorisations", {"amount": eur("1.00"), "reference": "B1"}),
        http.post(f"{CREDITS}/{public_id}/refunds", {"amount": eur("1.00"), "reference": "B1"}),
        http.post(f"{CREDITS}/{public_id}/authorisations/ta_{uuid4().hex}/capture"),
        http.post(f"{CREDITS}/{public_id}/authorisations/ta_{uuid4().hex}/release"),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(404, "not_found")] * 5


def test_colleague_sees_the_credit_and_books_beside_but_never_touches_the_owner_s(
    http: APIClient, credit: TravelCredit
) -> None:
    colleague = api(make_client(["travel:write"]))
    _, held = authorise(http, credit)
    assert [on(colleague, credit, held, verb)[0] for verb in ("capture", "release")] == [404, 404]
    on(http, credit, held, "capture")
    assert refund(colleague, credit, "1.00")[1]["code"] == "refund_too_large"
    assert refund(colleague, credit, "1.00", authorisation=held["id"])[0] == 404
    status, _ = authorise(colleague, credit)  # the same reference, of another system

    assert status == 201
    assert [booking["status"] for booking in colleague.get(path(credit)).json()["bookings"]] == ["open", "captured"]


def test_outsider_is_403(credit: TravelCredit, http: APIClient, system: ApiClient) -> None:
    _, held = authorise(http, credit)
    outsider = api(make_client(["points:write", "redemptions:write"]))
    answers = [
        outsider.get(path(credit)),
        outsider.post(path(credit, "/authorisations"), {}),
        outsider.post(path(credit, "/refunds"), {}),
        outsider.post(path(credit, f"/authorisations/{held['id']}/capture")),
        outsider.post(path(credit, f"/authorisations/{held['id']}/release")),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "insufficient_scope")] * 5
    assert APIClient().get(path(credit)).status_code == 401


def test_other_methods_are_405(http: APIClient, credit: TravelCredit) -> None:
    _, held = authorise(http, credit)

    assert http.delete(path(credit)).status_code == 405
    assert http.get(path(credit, f"/authorisations/{held['id']}/capture")).status_code == 405


def test_credit_costs_the_same_whatever_the_number_of_bookings(http: APIClient, credit: TravelCredit) -> None:
    numbers = []
    for references in (["B0"], ["B1"], ["B2", "B3"]):  # the first also warms up what is kept
        for reference in references:
            _, held = authorise(http, credit, "1.00", reference=reference)
            on(http, credit, held, "capture")
            refund(http, credit, "1.00", reference=f"{reference}-back")
        with CaptureQueriesContext(connection) as asked:
            http.get(path(credit))
        numbers.append(len(asked))

    assert numbers[1] == numbers[2]


def test_status_says_whether_it_can_be_booked_on(http: APIClient, credit: TravelCredit) -> None:
    def status() -> str:
        return str(http.get(path(credit)).json()["status"])

    seen = [status()]
    _, held = authorise(http, credit, "100.00")
    on(http, credit, held, "capture")
    seen.append(status())
    credit.order.person.status = "suspended"
    credit.order.person.save(update_fields=["status"])
    seen.append(status())
    TravelCredit.objects.update(expires_at=timezone.now())
    seen.append(status())

    assert seen == ["active", "used", "suspended", "expired"]
    assert authorise(http, credit, "1.00", reference="B2")[1]["code"] == "credit_expired"
