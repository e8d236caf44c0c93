"""Who may do what: every address and method of the API, for every kind of caller. One without a row here fails."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from rest_framework.views import APIView

from api.oauth import SCOPES
from api.operations import api_keys
from api.tests.factories import make_client, make_token
from people.tests.factories import make_person
from programs.models import PointsRequest
from redemptions.models import Order
from rewards_portal.roles import HR_ADMINISTRATORS
from tests.api.world import World, make_world
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db
PREFIX = "api/v1/"
PLACE = re.compile(r"<\w+:(\w+)>")
ASKED = {"programme": "spot", "recipient": "E1", "points": 5, "reason": "Thanks"}
EUR_10 = {"amount": "10.00", "currency": "EUR"}
EVENT = {"specversion": "1.0", "id": "1", "source": "hr", "type": "rated", "subject": "E1"}
REDEEMED = {"external_id": "1", "recipient": "E1", "product": "voucher", "face_value": EUR_10}
BOOKED = {"amount": EUR_10, "reference": "7K2QPL"}
LISTENS = {"url": "https://hr.acme.example/hooks", "types": ["points_request.credited"]}


@dataclass(frozen=True)
class Row:
    """One method of one address.

    Args:
        own: the answer to a client with the scope.
        others: the answer to a client with the scope that is held to another programme and made none of the objects.
        scope: what a token needs; None where no token is asked for.
        body: what is sent.
    """

    own: int
    others: int
    scope: str | None
    body: dict[str, Any] = field(default_factory=dict)


TABLE = {
    "GET points-requests": Row(200, 200, "points:read"),
    "POST points-requests": Row(201, 422, "points:write", ASKED),
    "POST points-requests/batch": Row(200, 200, "points:write", {"requests": [ASKED]}),
    "GET points-requests/<str:points_request_id>": Row(200, 404, "points:read"),
    "POST points-requests/<str:points_request_id>/reverse": Row(200, 404, "points:write", {"reason": "By mistake"}),
    "GET programmes": Row(200, 200, "programmes:read"),
    "GET programmes/<slug:slug>": Row(200, 404, "programmes:read"),
    "GET programmes/<slug:slug>/budget": Row(200, 404, "programmes:read"),
    "POST programmes/<slug:slug>/fundings": Row(201, 404, "budgets:write", {"external_id": "1", "points": 5}),
    "POST events": Row(200, 200, "events:write", EVENT),
    "POST events/simulate": Row(200, 200, "events:write", EVENT),
    # Wallets, the catalogue, redemptions and travel credits belong to people, not to clients: the scope is enough.
    "GET wallets/<str:recipient>": Row(200, 200, "wallets:read"),
    "GET wallets/<str:recipient>/transfers": Row(200, 200, "wallets:read"),
    "GET products": Row(200, 200, "catalogue:read"),
    "GET products/<slug:product_id>": Row(200, 200, "catalogue:read"),
    "GET redemptions": Row(200, 200, "redemptions:read"),
    "POST redemptions": Row(201, 201, "redemptions:write", REDEEMED),
    "GET redemptions/<str:redemption_id>": Row(200, 200, "redemptions:read"),
    "GET travel-credits/<str:travel_credit_id>": Row(200, 200, "travel:write"),
    "POST travel-credits/<str:travel_credit_id>/authorisations": Row(201, 201, "travel:write", BOOKED),
    "POST travel-credits/<str:travel_credit_id>/authorisations/<str:authorisation_id>/capture": Row(
        200, 404, "travel:write"
    ),
    "POST travel-credits/<str:travel_credit_id>/authorisations/<str:authorisation_id>/release": Row(
        200, 404, "travel:write"
    ),
    "POST travel-credits/<str:travel_credit_id>/refunds": Row(422, 422, "travel:write"),
    "GET webhook-endpoints": Row(200, 200, "webhooks:write"),
    "POST webhook-endpoints": Row(201, 201, "webhooks:write", LISTENS),
    "GET webhook-endpoints/<str:webhook_endpoint_id>": Row(200, 404, "webhooks:write"),
    "PATCH webhook-endpoints/<str:webhook_endpoint_id>": Row(200, 404, "webhooks:write", {"description": "HR"}),
    "POST webhook-endpoints/<str:webhook_endpoint_id>/rotate-secret": Row(200, 404, "webhooks:write"),
    "POST webhook-endpoints/<str:webhook_endpoint_id>/disable": Row(200, 404, "webhooks:write"),
    "POST webhook-endpoints/<str:webhook_endpoint_id>/enable": Row(200, 404, "webhooks:write"),
    "POST webhook-endpoints/<str:webhook_endpoint_id>/test": Row(201, 404, "webhooks:write"),
    "GET webhook-deliveries": Row(200, 200, "webhooks:write"),
    "GET webhook-deliveries/<str:webhook_delivery_id>": Row(200, 404, "webhooks:write"),
    "POST webhook-deliveries/<str:webhook_delivery_id>/retry": Row(200, 404, "webhooks:write"),
    # Let in by other means: nothing to hide, a handshake, a connection's own credential.
    "GET schema": Row(200, 200, None),
    "OPTIONS events": Row(200, 200, None),
    "OPTIONS events/simulate": Row(200, 200, None),
    "POST hooks/<slug:slug>": Row(404, 404, None),
}
CALLS = sorted(TABLE)
GUARDED = [call for call in CALLS if TABLE[call].scope]


def routes(patterns: list[URLPattern | URLResolver], before: str = "") -> Iterator[tuple[str, Any]]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns, before + str(each.pattern))
        else:
            yield before + str(each.pattern), each.callback


def answered() -> set[str]:
    """Return every method of every address of the API, as the table writes them."""
    return {
        f"{method.upper()} {route.removeprefix(PREFIX)}"
        for route, view in routes(get_resolver().url_patterns)
        if route.startswith(PREFIX)
        for method in view.cls.http_method_names
        if hasattr(view.cls, method) and method != "head" and getattr(view.cls, method) is not APIView.options
    }


def ask(world: World, call: str, *, token: str | None = None, http: Client | None = None) -> HttpResponse:
    """Return the answer to one call of the table."""
    method, _, route = call.partition(" ")
    route = PLACE.sub(lambda place: world.names[place[1]], route)
    headers = {"WebHook-Request-Origin": "hr.example"} | ({"Authorization": f"Bearer {token}"} if token else {})
    sent = {"data": TABLE[call].body, "content_type": "application/json"} if method in {"POST", "PATCH"} else {}
    return getattr(http or Client(), method.lower())(f"/{PREFIX}{route}", headers=headers, **sent)


@pytest.fixture
def world() -> World:
    return make_world()


def written() -> tuple[int, int, int]:
    return PointsRequest.objects.count(), Order.objects.count(), len(list(findings()))


def test_every_address_and_method_has_its_row() -> None:
    assert answered() == set(TABLE)


@pytest.mark.parametrize("call", GUARDED)
def test_who_has_not_what_is_asked_for_gets_nowhere(world: World, call: str) -> None:
    scope, before = TABLE[call].scope, written()
    employee, hr = Client(), Client()
    employee.force_login(make_person())
    staff = make_person(is_staff=True)
    staff.groups.add(Group.objects.get(name=HR_ADMINISTRATORS))
    hr.force_login(staff)
    wrong = make_token(world.own, [each for each in SCOPES if each != scope])
    answers = {
        "nobody": ask(world, call),
        "a bad token": ask(world, call, token="x"),
        "an employee": ask(world, call, http=employee),
        "HR": ask(world, call, http=hr),
        "every other scope": ask(world, call, token=wrong),
    }
    said = {who: (answer.status_code, answer.json()["code"]) for who, answer in answers.items()}
    assert said == {
        "nobody": (401, "not_authenticated"),
        "a bad token": (401, "invalid_token"),
        "an employee": (401, "not_authenticated"),
        "HR": (401, "not_authenticated"),
        "every other scope": (403, "insufficient_scope"),
    }
    assert written() == before


@pytest.mark.parametrize("call", CALLS)
def test_the_scope_is_enough_for_ones_own(world: World, call: str) -> None:
    scope = TABLE[call].scope
    answer = ask(world, call, token=make_token(world.own, [scope]) if scope else None)
    assert answer.status_code == TABLE[call].own, answer.content
    assert written()[2] == 0


def outsiders_token(kind: str, scope: str) -> str:
    """Return a token that is held to another programme: by its client, or as a key of a client that is not."""
    if kind == "client":
        return make_token(make_client(programmes=["other"]), [scope])
    at = timezone.now()
    made = api_keys.make(
        make_client().pk, name="x", scopes=[scope], programmes=["other"], expires_at=at + timedelta(days=1), at=at
    )
    return made.value


@pytest.mark.parametrize("kind", ["client", "key"])
@pytest.mark.parametrize("call", CALLS)
def test_anothers_is_out_of_reach(world: World, call: str, kind: str) -> None:
    scope, before = TABLE[call].scope, PointsRequest.objects.values_list("status", "points").get()
    answer = ask(world, call, token=outsiders_token(kind, scope) if scope else None)
    assert answer.status_code == TABLE[call].others, answer.content
    assert PointsRequest.objects.values_list("status", "points").get() == before
    if call in {"GET points-requests", "GET programmes", "GET webhook-endpoints", "GET webhook-deliveries"}:
        assert answer.json()["results"] == []
