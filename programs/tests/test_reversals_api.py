"""/points-requests/{id}/reverse: an owner, a colleague held to the same programme, an outsider held to others."""

from typing import Any

import pytest

from api.models import ApiClient
from api.tests.factories import api, make_client
from people.tests.factories import make_person
from programs.models import PointsRequest, Programme, Reversal
from programs.tests.factories import credited, make_programme
from programs.tests.test_reversals import spend
from wallets.ledger_rules import findings
from wallets.models import Account

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme() -> Programme:
    return make_programme(slug="quarterly-performance")


@pytest.fixture
def row(programme: Programme) -> PointsRequest:
    return credited(programme, make_person())


def path(row: PointsRequest) -> str:
    return f"/api/v1/points-requests/pr_{row.pk.hex}/reverse"


def post(client: ApiClient, row: PointsRequest, **body: Any) -> Any:
    return api(client).post(path(row), {"reason": "Rated the wrong person"} | body)


def test_post_answers_the_request_and_what_was_taken(row: PointsRequest) -> None:
    client = make_client()
    answer = post(client, row)
    done, body = Reversal.objects.get(), answer.json()
    assert (answer.status_code, done.client) == (200, client)
    assert (body["id"], body["status"], body["status_reason"]) == (
        f"pr_{row.pk.hex}",
        "reversed",
        "Rated the wrong person",
    )
    assert (body["points"], body["reversed_points"], body["wallet"]) == (500, 500, {"available": 0, "held": 0})
    assert body["reversal"] == {
        "points": 500,
        "shortfall": 0,
        "reason": "Rated the wrong person",
        "transfer": f"tr_{done.transfer_id.hex}",
        "reversed_at": done.reversed_at.isoformat().replace("+00:00", "Z"),
    }
    assert post(client, row).json() == body
    assert api(client).get(path(row).removesuffix("/reverse")).json() == {
        name: value for name, value in body.items() if name != "reversal"
    }
    assert list(findings()) == []


def test_post_reports_the_shortfall_and_a_part_stays_credited(row: PointsRequest) -> None:
    spend(row.person, 450)
    answer = post(make_client(), row, points=100).json()
    assert (answer["status"], answer["reversed_points"]) == ("credited", 50)
    assert (answer["reversal"]["points"], answer["reversal"]["shortfall"]) == (50, 50)
    assert list(findings()) == []


def test_post_by_a_colleague_of_the_same_programme_and_by_an_outsider(row: PointsRequest) -> None:
    make_programme(slug="spotlight")
    colleague = make_client(programmes=["quarterly-performance"])
    outsider = make_client(programmes=["spotlight"])
    refused = post(outsider, row)
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    assert not Reversal.objects.exists()
    assert post(colleague, row).status_code == 200


def test_post_without_the_scope_is_refused(row: PointsRequest) -> None:
    answer = post(make_client(scopes=["points:read"]), row)
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("name", ["pr_0", "tr_0", "x"])
def test_post_to_nothing_is_not_found(name: str) -> None:
    answer = api(make_client()).post(f"/api/v1/points-requests/{name}/reverse", {"reason": "x"})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"points": 0}, "/points", "points_out_of_range"),
        ({"points": True}, "/points", "points_out_of_range"),
        ({"points": 1.0}, "/points", "points_out_of_range"),
        ({"points": 501}, "/points", "over_reversal"),
        ({"reason": "  "}, "/reason", None),
        ({"reason": None}, "/reason", None),
        ({"why": "x"}, "/why", None),
    ],
)
def test_post_of_what_cannot_be_says_which_member(
    row: PointsRequest, body: dict[str, Any], pointer: str, code: str | None
) -> None:
    answer = post(make_client(), row, **body)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"], code or error["code"]) == (422, pointer, error["code"])
    assert Account.objects.get(person=row.person).points == 500


def test_post_for_what_waits_says_to_reject_it(programme: Programme) -> None:
    waiting = credited(make_programme(steps=[(100, 1)]), make_person())
    answer = post(make_client(), waiting)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_credited")
    assert "reject it instead" in answer.json()["detail"]
