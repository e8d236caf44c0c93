"""The whole of openapi.yaml against the API: what it allows and what it forbids, for every kind of caller."""

import functools
import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import Group
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import content_type_conformance, negative_data_rejection, response_schema_conformance
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.pytest._test_builder import build_operation_test

from api.oauth import SCOPES
from api.tests.factories import make_token
from people.tests.factories import make_person
from rewards_portal.processes import ROOT
from rewards_portal.roles import HR_ADMINISTRATORS
from tests.api.test_access import CALLS, PREFIX, TABLE, written
from tests.api.world import World, make_world
from wallets.ledger_rules import findings

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "200"))
CONFIG = {
    "generation": {"deterministic": True, "database": "none", "allow-x00": False},
    "checks": {"positive_data_acceptance": {"enabled": False}},  # `not_called_invalid` knows what is no fault of form
}
OF_FORM = {"bad_request", "malformed_body", "invalid_request", "unsupported_media_type"}
# What no schema says: which cursors we gave, that a date-time is one (the generator takes "" for one), what is
# base64 of an object, which currencies there are and how many decimals each has, that 1.0 is no whole number.
UNSAYABLE_POINTERS = ("/cursor", "/expires_at", "/time", "/data_base64")
UNSAYABLE_CODES = {"unknown_currency", "not_an_amount", "points_out_of_range"}
BATCH = "POST /api/v1/points-requests/batch"  # answers of each item for itself, with 200
CALL_OF = {
    call.replace(" ", f" /{PREFIX}").replace("<str:", "{").replace("<slug:", "{").replace(">", "}"): call
    for call in CALLS
}
OPERATIONS = [each for each, call in CALL_OF.items() if not call.startswith("OPTIONS") and call != "GET schema"]
NOTHING_TO_FIND = ("POST /api/v1/hooks/", "POST /api/v1/travel-credits/{travel_credit_id}/refunds")
AFFORDABLE = {"face_value": {"amount": "10.00", "currency": "EUR"}, "amount": {"amount": "0.01", "currency": "EUR"}}
REFUSED_EXAMPLES = max(1, EXAMPLES // 10)


def not_called_invalid(_: Any, response: Any, case: Case) -> None:
    """Fail where what openapi.yaml allows is refused for its form; the portal's rules may still refuse it."""
    meant_well = case.meta is not None and case.meta.generation.mode.is_positive
    if not meant_well or response.status_code not in {400, 415, 422} or response.json()["code"] not in OF_FORM:
        return
    problems = [(one["pointer"], one["code"]) for one in response.json().get("errors", [])]
    assert all(pointer.endswith(UNSAYABLE_POINTERS) or code in UNSAYABLE_CODES for pointer, code in problems), (
        response.text
    )


@functools.cache
def described(*, edges: bool) -> Any:
    """Return openapi.yaml, ready to be called; `edges` are the phase that tries the rim of every range."""
    config = schemathesis.Config.from_dict(CONFIG | {"phases": {"coverage": {"enabled": edges}}})
    schema = schemathesis.openapi.from_path(ROOT / "openapi.yaml", config=config)
    schema.app = get_wsgi_application()
    return schema


def explore(operation: str, check: Callable[[Case], None], *, examples: int, edges: bool) -> None:
    """Send every example, every edge of the schema, and many requests in and outside it."""

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def test(case: Case) -> None:
        check(case)

    schema = described(edges=edges)
    build_operation_test(
        config=schema.config,
        operation=schema.find_operation_by_label(operation),
        test_func=test,
        given_kwargs={},
        feedback=NO_FEEDBACK,
    )()


@pytest.fixture
def world() -> Iterator[World]:
    for signal in (request_started, request_finished):  # which would end the test's transaction
        signal.disconnect(close_old_connections)
    yield make_world()
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    assert list(findings()) == []


def aimed(case: Case, world: World) -> Case:
    """Return the case; a well-meant one at what is there, so that it gets further than "there is none"."""
    if case.meta is not None and case.meta.generation.mode.is_positive:
        asked = case.body if isinstance(case.body, dict) else {}
        for members in (case.path_parameters, case.query, asked, *asked.get("requests", [])):
            members.update({name: value for name, value in (world.names | AFFORDABLE).items() if name in members})
    return case


@pytest.mark.parametrize("operation", OPERATIONS)
def test_with_the_scope_everything_is_as_described(operation: str, world: World) -> None:
    headers = {"Authorization": f"Bearer {make_token(world.own)}"}
    seen: Counter[int] = Counter()

    def check(case: Case) -> None:
        response = aimed(case, world).call(headers=headers)
        seen[response.status_code] += 1
        case.validate_response(
            response,
            headers=headers,
            additional_checks=[not_called_invalid],
            excluded_checks=[negative_data_rejection] if operation == BATCH else [],
        )

    explore(operation, check, examples=EXAMPLES, edges=True)
    assert seen[200] + seen[201] or operation.startswith(NOTHING_TO_FIND)


@pytest.mark.parametrize("operation", [each for each in OPERATIONS if "/hooks/" not in each])
def test_without_it_nothing_is(operation: str, world: World) -> None:
    scope = TABLE[CALL_OF[operation]].scope
    employee, hr = Client(), Client()
    employee.force_login(make_person())
    staff = make_person(is_staff=True)
    staff.groups.add(Group.objects.get(name=HR_ADMINISTRATORS))
    hr.force_login(staff)
    callers = {
        "nobody": ({}, 401),
        "an employee": ({"Cookie": f"sessionid={employee.cookies['sessionid'].value}"}, 401),
        "HR": ({"Cookie": f"sessionid={hr.cookies['sessionid'].value}"}, 401),
        "every other scope": (
            {"Authorization": f"Bearer {make_token(world.own, [each for each in SCOPES if each != scope])}"},
            403,
        ),
    }
    before = written()

    def check(case: Case) -> None:
        for who, (headers, status) in callers.items():
            response = aimed(case, world).call(headers=headers)
            assert response.status_code in {status, 404}, (who, response.status_code, response.text)
            case.validate_response(response, checks=[response_schema_conformance, content_type_conformance])

    explore(operation, check, examples=REFUSED_EXAMPLES, edges=False)
    assert written() == before
