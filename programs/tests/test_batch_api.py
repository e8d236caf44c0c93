"""POST /points-requests/batch: what the single call answers, for each of many."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.models import ApiClient
from api.tests.factories import api, make_client
from people.models import Person
from people.tests.factories import make_person
from programs.models import PointsRequest, Programme
from programs.tests.factories import make_programme
from programs.tests.test_points_requests_api import PATH as SINGLE
from programs.tests.test_points_requests_api import body
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db
PATH = f"{SINGLE}/batch"
GOOD = body(programme="bonus", recipient="E1", external_id=...)


def good(**fields: Any) -> dict[str, Any]:
    return GOOD | fields


@pytest.fixture
def programme() -> Programme:
    return make_programme(slug="bonus", budget=10_000, points_expire_after_days=365)


@pytest.fixture
def person() -> Person:
    return make_person(employee_number="E1")


@pytest.fixture
def owner() -> ApiClient:
    return make_client()


def send(client: ApiClient, *requests: Any) -> dict[str, Any]:
    answer = api(client).post(PATH, {"requests": list(requests)})
    assert answer.status_code == 200, answer.json()
    assert list(findings()) == []
    told: dict[str, Any] = answer.json()
    return told


def sums(answer: dict[str, Any]) -> dict[str, int]:
    return {name: answer[name] for name in ("credited", "pending", "failed", "points")}


def statuses(answer: dict[str, Any]) -> list[int]:
    assert [result["index"] for result in answer["results"]] == list(range(len(answer["results"])))
    return [result["status"] for result in answer["results"]]


def test_each_item_is_answered_as_the_single_call_would(programme: Programme, person: Person, owner: ApiClient) -> None:
    answer = send(owner, good(external_id="a"), good(external_id="b", points=7))
    assert sums(answer) == {"credited": 2, "pending": 0, "failed": 0, "points": 507}
    assert statuses(answer) == [201, 201]
    assert [result["points_request"]["wallet"]["available"] for result in answer["results"]] == [500, 507]
    again = api(owner).post(SINGLE, good(external_id="a")).json()
    assert answer["results"][0]["points_request"] | {"wallet": again["wallet"]} == again


def test_one_bad_item_leaves_the_others_as_they_are(programme: Programme, person: Person, owner: ApiClient) -> None:
    answer = send(owner, good(points="5"), good(), good(recipient="E404"), good(points=9_501))
    assert statuses(answer) == [422, 201, 422, 422]
    assert [result.get("problem", {}).get("code") for result in answer["results"]] == [
        "points_out_of_range",
        None,
        "unknown_recipient",
        "over_budget",
    ]
    assert sums(answer) == {"credited": 1, "pending": 0, "failed": 3, "points": 500}
    assert PointsRequest.objects.count() == 1


def test_items_that_wait_are_pending(person: Person, owner: ApiClient) -> None:
    make_programme(slug="bonus", steps=[(100, 1)], unknown_recipients="park")
    answer = send(owner, good(), good(recipient="E404"), good(points=100))
    assert statuses(answer) == [202, 202, 201]
    assert sums(answer) == {"credited": 1, "pending": 2, "failed": 0, "points": 100}


def test_batch_again_answers_200_for_each_and_does_nothing(
    programme: Programme, person: Person, owner: ApiClient
) -> None:
    items = [good(external_id="a"), good(external_id="b")]
    first, again = send(owner, *items), send(owner, *items)
    assert statuses(again) == [200, 200]
    assert sums(again) == {"credited": 0, "pending": 0, "failed": 0, "points": 0}
    keys = [[result["points_request"]["id"] for result in answer["results"]] for answer in (first, again)]
    assert keys[0] == keys[1]


def test_batch_again_with_its_key_answers_byte_for_byte(programme: Programme, person: Person, owner: ApiClient) -> None:
    http, key = api(owner), {"HTTP_IDEMPOTENCY_KEY": "batch-1"}
    first, again = (http.post(PATH, {"requests": [good(), good(points=0)]}, **key) for _ in range(2))
    assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
    assert PointsRequest.objects.count() == 1


def test_external_id_twice_in_one_batch_is_one_effect(programme: Programme, person: Person, owner: ApiClient) -> None:
    answer = send(owner, good(external_id="a"), good(external_id="a"), good(external_id="a", points=501))
    assert statuses(answer) == [201, 200, 409]
    assert answer["results"][1]["points_request"] == answer["results"][0]["points_request"]
    assert answer["results"][2]["problem"]["code"] == "external_id_conflict"
    assert sums(answer) == {"credited": 1, "pending": 0, "failed": 1, "points": 500}


def test_repeat_of_an_item_that_was_refused_is_judged_anew(
    programme: Programme, person: Person, owner: ApiClient
) -> None:
    answer = send(owner, good(external_id="a", points=0), good(external_id="a"))
    assert statuses(answer) == [422, 201]


def test_outsider_is_refused_item_by_item(programme: Programme, person: Person) -> None:
    answer = send(make_client(programmes=["other"]), good())
    assert answer["results"][0]["problem"]["code"] == "unknown_programme"


def test_colleague_has_external_ids_of_their_own(programme: Programme, person: Person, owner: ApiClient) -> None:
    assert statuses(send(owner, good(external_id="a"))) == statuses(send(make_client(), good(external_id="a"))) == [201]


def test_scope_is_needed(programme: Programme) -> None:
    answer = api(make_client(scopes=["points:read"])).post(PATH, {"requests": []})
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


BAD = [
    *(None, 5, "x", True, [], [good()], {}),
    *(good(points=points) for points in (0, -1, True, 1.0, "5", None, 10_000_001, 2**63, [], {})),
    *(good(reason=text) for text in (None, "", 5, ["x"], "x" * 501)),
    *(good(recipient=text) for text in ("", " ", 217, "email:", "email:a b", "scim:", None, "x" * 301)),
    *(good(programme=text) for text in ("", None, 7, "x" * 81)),
    *(good(external_id=text) for text in ("", 7, "x" * 256, {})),
    *(good(metadata=value) for value in (None, [], "x", 5)),
    *(good(unknown=1), good(Points=5), good(note=None, points="5")),
    *({name: value for name, value in GOOD.items() if name != gone} for gone in ("programme", "recipient", "reason")),
]
TAKEN = [
    good(external_id=None),
    good(metadata={"deep": [{"er": None}], "ä": 1.5}),
    good(reason=" spaces stay \n\t and lines "),
    good(reason="Ü\u2028\u200b\ufeff🎉"),
    good(reason="x" * 500, points=1),
]


def test_bad_items_have_the_problems_of_the_single_call(programme: Programme, person: Person, owner: ApiClient) -> None:
    answer = send(owner, *BAD)
    for item, result in zip(BAD, answer["results"], strict=True):
        single = api(owner).generic("POST", SINGLE, json.dumps(item), content_type="application/json")
        told = {name: value for name, value in single.json().items() if name not in {"instance", "request_id"}}
        assert (result["status"], result["problem"]) == (single.status_code, told), item
        assert result["status"] == 422, item
    assert sums(answer) == {"credited": 0, "pending": 0, "failed": len(BAD), "points": 0}


def test_unusual_items_are_taken_as_by_the_single_call(programme: Programme, person: Person, owner: ApiClient) -> None:
    answer = send(owner, *TAKEN)
    for item, result in zip(TAKEN, answer["results"], strict=True):
        single = api(owner).post(SINGLE, item).json()
        names = ("reason", "metadata", "points", "external_id")
        assert {name: result["points_request"][name] for name in names} == {name: single[name] for name in names}


@pytest.mark.parametrize(
    ("sent", "pointer", "code"),
    [
        ([], "", "invalid"),
        ({}, "/requests", "required"),
        ({"requests": None}, "/requests", "null"),
        ({"requests": {}}, "/requests", "not_a_list"),
        ({"requests": "x"}, "/requests", "not_a_list"),
        ({"requests": [], "dry_run": True}, "/dry_run", "unknown_member"),
        ({"requests": [None] * 10_001}, "/requests", "max_length"),
    ],
)
def test_envelope_that_is_wrong_is_refused_whole(owner: ApiClient, sent: Any, pointer: str, code: str) -> None:
    answer = api(owner).generic("POST", PATH, json.dumps(sent), content_type="application/json")
    assert answer.status_code == 422
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ('{"requests": [{"points": NaN}]}', 400, "malformed_body"),
        ('{"requests": [{"points": 1, "points": 2}]}', 400, "malformed_body"),
        ('{"requests": ' + "[" * 33 + "]" * 33 + "}", 400, "malformed_body"),
        ('{"requests": ["' + "x" * 5 * 1024 * 1024 + '"]}', 413, "body_too_large"),
    ],
)
def test_body_that_cannot_be_read_is_refused_whole(owner: ApiClient, sent: str, status: int, code: str) -> None:
    answer = api(owner).generic("POST", PATH, sent, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_empty_batch_does_nothing(owner: ApiClient) -> None:
    assert send(owner) == {"results": [], "credited": 0, "pending": 0, "failed": 0, "points": 0}


def test_statements_do_not_grow_with_the_batch(programme: Programme, person: Person, owner: ApiClient) -> None:
    http, counts = api(owner), []
    http.post(SINGLE, good())  # opens the wallet
    for size in (1, 3, 300):
        with CaptureQueriesContext(connection) as queries:
            http.post(PATH, {"requests": [good(points=1, external_id=f"{size}-{place}") for place in range(size)]})
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2]


def test_ten_thousand_items_are_credited(programme: Programme, person: Person, owner: ApiClient) -> None:
    answer = send(owner, *(good(points=1, external_id=str(place)) for place in range(10_000)))
    assert sums(answer) == {"credited": 10_000, "pending": 0, "failed": 0, "points": 10_000}
