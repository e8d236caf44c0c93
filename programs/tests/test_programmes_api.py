"""/programmes and their budgets: a client that may use them, a colleague without the scope, an outsider."""

from typing import Any

import pytest

from api.tests.factories import api, make_client
from people.tests.factories import make_person
from programs.models import DepartmentBudget, Funding, Programme
from programs.tests.factories import credited, make_programme
from programs.tests.test_budgets import make_department_budget

pytestmark = pytest.mark.django_db
PATH = "/api/v1/programmes"


@pytest.fixture
def programme() -> Programme:
    return make_programme(
        slug="spot-awards",
        budget=1000,
        steps=[(400, 1)],
        per_person_limit=900,
        per_person_limit_days=30,
        budget_low_at=700,
    )


def test_get_shows_a_programme_in_the_words_of_the_configuration_file(programme: Programme) -> None:
    shown = {
        "slug": "spot-awards",
        "name": programme.name,
        "status": "active",
        "starts_on": None,
        "ends_on": None,
        "points_expire_after_days": None,
        "unknown_recipients": "refuse",
        "eligible": None,
        "approval": [{"over": 400, "approvals": 1, "group": "HR approvers"}],
        "limits": {"per_request": None, "per_person": {"points": 900, "days": 30}, "per_programme": None},
        "notify": ["inbox"],
    }
    http = api(make_client())
    assert http.get(f"{PATH}/spot-awards").json() == shown
    assert http.get(PATH).json() == {"results": [shown], "next": None, "previous": None}


def test_list_goes_on_page_by_page_and_hides_what_an_outsider_may_not_use(programme: Programme) -> None:
    others = [make_programme() for _ in range(2)]
    http = api(make_client())
    first = http.get(PATH, {"limit": 2}).json()
    second = http.get(first["next"]).json()
    slugs = [row["slug"] for row in [*first["results"], *second["results"]]]
    assert slugs == [others[1].slug, others[0].slug, "spot-awards"]
    outsider = api(make_client(programmes=[others[0].slug]))
    assert [row["slug"] for row in outsider.get(PATH).json()["results"]] == [others[0].slug]
    assert outsider.get(f"{PATH}/spot-awards").status_code == 404
    assert api(make_client(scopes=["points:read"])).get(PATH).status_code == 403


def test_list_costs_the_same_for_one_row_and_for_three(programme: Programme, django_assert_num_queries: Any) -> None:
    http = api(make_client())
    for _ in range(2):
        with django_assert_num_queries(4):  # token, page, steps, groups
            http.get(PATH)
        make_programme(steps=[(5, 1)])
        make_programme(steps=[(5, 2)])


def test_budget_says_what_came_in_what_was_given_and_what_is_left(programme: Programme) -> None:
    credited(programme, make_person(), points=300)
    assert api(make_client()).get(f"{PATH}/spot-awards/budget").json() == {
        "programme": "spot-awards",
        "funded": 1000,
        "credited": 300,
        "left": 700,
        "low_at": 700,
        "is_low": True,
    }


def test_budget_says_what_departments_hold_where_they_have_their_own(programme: Programme) -> None:
    sales = make_department_budget(programme, 400)
    DepartmentBudget.objects.update(low_at=100)
    credited(programme, make_person(department=sales.department), points=350)
    answer = api(make_client()).get(f"{PATH}/spot-awards/budget").json()
    assert (answer["funded"], answer["credited"], answer["left"], answer["is_low"]) == (1000, 350, 650, True)
    assert answer["departments"] == [{"department": "Sales", "left": 50, "low_at": 100, "is_low": True}]


def test_more_than_the_programmes_limit_is_refused(programme: Programme) -> None:
    Programme.objects.filter(pk=programme.pk).update(per_programme_limit=350, per_programme_limit_days=7)
    http, ana = api(make_client()), make_person()
    asked = {"programme": "spot-awards", "recipient": ana.employee_number, "points": 200, "reason": "Q3"}
    assert http.post("/api/v1/points-requests", asked).status_code == 201
    answer = http.post("/api/v1/points-requests", asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "over_programme_limit")
    assert answer.json()["errors"][0]["pointer"] == "/points"
    assert http.get(f"{PATH}/spot-awards").json()["limits"]["per_programme"] == {"points": 350, "days": 7}


def test_funding_fills_the_budget_once_for_an_external_id(programme: Programme) -> None:
    http, asked = api(make_client()), {"external_id": "po-77", "points": 5000, "reference": "PO 77"}
    first, again = (http.post(f"{PATH}/spot-awards/fundings", asked) for _ in range(2))
    funding = Funding.objects.get(external_id="po-77")
    assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
    assert first.json() == {
        "external_id": "po-77",
        "programme": "spot-awards",
        "points": 5000,
        "reference": "PO 77",
        "funded_at": funding.funded_at.isoformat().replace("+00:00", "Z"),
        "transfer": f"tr_{funding.transfer_id.hex}",
    }
    assert http.get(f"{PATH}/spot-awards/budget").json()["left"] == 6000
    conflict = http.post(f"{PATH}/spot-awards/fundings", asked | {"points": 1})
    assert (conflict.status_code, conflict.json()["code"]) == (409, "external_id_conflict")


@pytest.mark.parametrize("points", [0, -1, 10**12 + 1, 5.0, "5", True, None])
def test_funding_of_no_possible_number_is_refused(points: Any, programme: Programme) -> None:
    answer = api(make_client()).post(f"{PATH}/spot-awards/fundings", {"external_id": "a", "points": points})
    assert (answer.status_code, [error["pointer"] for error in answer.json()["errors"]]) == (422, ["/points"])


def test_funding_needs_its_scope_and_the_programme(programme: Programme) -> None:
    asked = {"external_id": "a", "points": 1}
    assert api(make_client(scopes=["programmes:read"])).post(f"{PATH}/spot-awards/fundings", asked).status_code == 403
    assert api(make_client(programmes=["x"])).post(f"{PATH}/spot-awards/fundings", asked).status_code == 404
