"""/points-requests: an owner (who asked), a colleague (another client), an outsider (held to other programmes)."""

from datetime import timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from api.models import ApiClient
from api.tests.factories import api, make_client
from people.models import Person
from people.tests.factories import make_person
from programs.models import PointsRequest, Programme
from programs.tests.factories import AT, credited, make_programme
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db
PATH = "/api/v1/points-requests"


@pytest.fixture
def programme() -> Programme:
    return make_programme(slug="quarterly-performance", points_expire_after_days=365)


@pytest.fixture
def person() -> Person:
    return make_person(employee_number="E10482")


@pytest.fixture
def owner() -> ApiClient:
    return make_client()


def body(**fields: Any) -> dict[str, Any]:
    asked = {
        "external_id": "sf-2026-Q3-10482",
        "programme": "quarterly-performance",
        "recipient": "E10482",
        "points": 500,
        "reason": "Q3 rating 5",
        "metadata": {"cycle": "2026-Q3"},
    }
    return {name: value for name, value in (asked | fields).items() if value is not ...}


def seen(http: APIClient, **query: Any) -> list[str]:
    return [row["external_id"] for row in http.get(PATH, query).json()["results"]]


def test_post_credits_and_answers_with_the_contracts_json(
    programme: Programme, person: Person, owner: ApiClient
) -> None:
    answer = api(owner).post(PATH, body())
    row = PointsRequest.objects.get()
    assert row.credited_at is not None
    assert row.expires_at is not None
    assert row.transfer_id is not None
    at = row.credited_at.isoformat().replace("+00:00", "Z")
    assert (answer.status_code, answer.json()) == (
        201,
        {
            "id": f"pr_{row.pk.hex}",
            **body(),
            "status": "credited",
            "status_reason": None,
            "source": "api",
            "created_at": at,
            "credited_at": at,
            "expires_at": row.expires_at.isoformat().replace("+00:00", "Z"),
            "transfer": f"tr_{row.transfer_id.hex}",
            "reversed_points": 0,
            "wallet": {"available": 500, "held": 0},
        },
    )
    assert list(findings()) == []


def test_post_again_answers_200_with_the_first(programme: Programme, person: Person, owner: ApiClient) -> None:
    first, again = (api(owner).post(PATH, body()) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()


def test_post_again_with_other_content_answers_409(programme: Programme, person: Person, owner: ApiClient) -> None:
    api(owner).post(PATH, body())
    answer = api(owner).post(PATH, body(points=501))
    assert (answer.status_code, answer.json()["code"]) == (409, "external_id_conflict")


def test_post_that_waits_answers_202(person: Person, owner: ApiClient) -> None:
    make_programme(slug="quarterly-performance", steps=[(100, 1)], unknown_recipients="park")
    waits = api(owner).post(PATH, body())
    assert (waits.status_code, waits.json()["status"], waits.json()["wallet"]) == (
        202,
        "pending_approval",
        {"available": 0, "held": 0},
    )
    parked = api(owner).post(PATH, body(external_id="b", recipient="E404"))
    assert (parked.status_code, parked.json()["status"], parked.json()["wallet"]) == (202, "parked", None)


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"programme": "nowhere"}, "unknown_programme", "/programme"),
        ({"recipient": "E404"}, "unknown_recipient", "/recipient"),
        ({"points": 0}, "points_out_of_range", "/points"),
        ({"points": 10_000_001}, "points_out_of_range", "/points"),
        ({"points": 5.0}, "points_out_of_range", "/points"),
        ({"points": "5"}, "points_out_of_range", "/points"),
        ({"points": True}, "points_out_of_range", "/points"),
        ({"points": None}, None, "/points"),
        ({"points": ...}, None, "/points"),
        ({"recipient": 10482}, None, "/recipient"),
        ({"reason": ""}, None, "/reason"),
        ({"reason": "x" * 501}, None, "/reason"),
        ({"metadata": []}, None, "/metadata"),
        ({"external_id": ""}, None, "/external_id"),
        ({"external_id": "x" * 256}, None, "/external_id"),
        ({"recipients": "E10482"}, None, "/recipients"),
        ({"recipient": "x" * 301}, None, "/recipient"),
    ],
)
def test_post_of_bad_input_answers_422_and_names_the_member(
    change: dict[str, Any], code: str | None, pointer: str, programme: Programme, person: Person, owner: ApiClient
) -> None:
    answer = api(owner).post(PATH, body(**change))
    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert code is None or answer.json()["code"] == code
    assert PointsRequest.objects.count() == 0


def test_post_without_token_or_scope_is_refused(programme: Programme, person: Person, owner: ApiClient) -> None:
    assert APIClient().post(PATH, body()).status_code == 401
    answer = api(owner, scopes=["points:read"]).post(PATH, body())
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_post_by_a_client_held_to_other_programmes_is_refused(programme: Programme, person: Person) -> None:
    answer = api(make_client(programmes=["spot-awards"])).post(PATH, body())
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_programme")


def test_get_one_shows_it_to_owner_and_colleague_but_not_to_an_outsider(
    programme: Programme, person: Person, owner: ApiClient
) -> None:
    made = api(owner).post(PATH, body()).json()
    path = f"{PATH}/{made['id']}"
    assert api(owner).get(path).json() == made
    assert api(make_client(scopes=["points:read"])).get(path).json() == made
    assert api(make_client(programmes=["spot-awards"])).get(path).status_code == 404
    assert api(owner, scopes=["points:write"]).get(path).status_code == 403


@pytest.mark.parametrize("name", ["pr_0", "tr_" + "0" * 32, "pr_" + "0" * 32, "x"])
def test_get_one_that_does_not_exist_answers_404(name: str, owner: ApiClient) -> None:
    assert api(owner).get(f"{PATH}/{name}").status_code == 404


def test_list_is_newest_first_and_hides_other_programmes_from_an_outsider(
    programme: Programme, person: Person, owner: ApiClient
) -> None:
    other = make_programme(slug="spot-awards")
    for external_id in "abc":
        credited(programme, person, external_id=external_id, client=owner)
    credited(other, person, external_id="d", client=owner)
    assert sorted(seen(api(owner))) == ["a", "b", "c", "d"]
    assert seen(api(make_client(programmes=["spot-awards"]))) == ["d"]
    first = api(owner).get(PATH, {"limit": 3}).json()
    assert [first["previous"], len(first["results"])] == [None, 3]
    rest = api(owner).get(first["next"]).json()
    ids = [row["id"] for row in [*first["results"], *rest["results"]]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 4


def test_list_filters_by_each_member(person: Person, owner: ApiClient) -> None:
    programme = make_programme(slug="spot-awards", steps=[(500, 1)], unknown_recipients="park")
    credited(programme, person, external_id="credited", client=owner)
    credited(programme, person, points=501, external_id="waits", client=owner)
    credited(programme, external_id="parked", client=owner)
    credited(make_programme(), make_person(), external_id="other", client=owner)
    http = api(owner)
    assert seen(http, external_id="waits") == ["waits"]
    assert sorted(seen(http, recipient="E10482")) == ["credited", "waits"]
    assert sorted(seen(http, recipient=f"email:{person.email}")) == ["credited", "waits"]
    assert seen(http, recipient="E404") == ["parked"]
    assert sorted(seen(http, programme="spot-awards")) == ["credited", "parked", "waits"]
    assert seen(http, status="parked") == ["parked"]
    assert seen(http, status="credited", programme="spot-awards") == ["credited"]
    assert len(seen(http, created_after=(AT - timedelta(seconds=1)).isoformat())) == 4
    assert seen(http, created_after=AT.isoformat()) == []


@pytest.mark.parametrize(
    "query", [{"status": "lost"}, {"created_after": "yesterday"}, {"person": "E1"}, {"limit": 201}]
)
def test_list_refuses_filters_it_does_not_know(query: dict[str, Any], owner: ApiClient) -> None:
    assert api(owner).get(PATH, query).status_code == 422


def test_list_costs_the_same_for_one_row_and_for_three(
    programme: Programme, person: Person, owner: ApiClient, django_assert_num_queries: Any
) -> None:
    http = api(owner)
    credited(programme, person)
    with django_assert_num_queries(4):  # token, page, programmes, wallets
        assert len(http.get(PATH).json()["results"]) == 1
    for _ in range(2):
        credited(make_programme(), make_person())
    with django_assert_num_queries(4):
        assert len(http.get(PATH).json()["results"]) == 3
