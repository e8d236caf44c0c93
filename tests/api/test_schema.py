"""The whole of openapi.yaml against the API: what it allows and what it forbids, for every kind of caller."""

import functools
import logging
import os
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import schemathesis
from django.contrib.auth.models import Group
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, connection, transaction
from django.test import Client
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import negative_data_rejection
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.pytest._test_builder import build_operation_test

from api.oauth import SCOPES
from api.tests.factories import make_token
from people.models import Person
from people.tests.factories import make_person
from rewards_portal.processes import ROOT
from rewards_portal.roles import HR_ADMINISTRATORS
from tests.api.test_access import CALLS, PREFIX, TABLE
from tests.api.world import World, make_world
from wallets.ledger_rules import findings

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "200"))
SEED = int(os.environ.get("SCHEMA_SEED", "0"))  # 0 for the same examples every time
CONFIG: dict[str, Any] = {
    **({"seed": SEED} if SEED else {}),
    "generation": {"deterministic": not SEED, "database": "none", "allow-x00": False},
    "checks": {"positive_data_acceptance": {"enabled": False}},  # `not_called_invalid` knows what is no fault of form
}
OF_FORM = {"bad_request", "malformed_body", "invalid_request", "unsupported_media_type"}
# What no schema says: which cursors we gave, that a date-time is one (the generator takes "" for one), what is
# base64 of an object, which currencies there are and how many decimals each has, that 1.0 is no whole number.
UNSAYABLE_POINTERS = ("/cursor", "/expires_at", "/time", "/data_base64")
UNSAYABLE_CODES = {"unknown_currency", "not_an_amount", "points_out_of_range", "not_seconds"}
BATCH = "POST /api/v1/points-requests/batch"  # answers of each item for itself, with 200
CALL_OF = {
    call.replace(" ", f" /{PREFIX}").replace("<str:", "{").replace("<slug:", "{").replace(">", "}"): call
    for call in CALLS
}
DESCRIBED = [each for each, call in CALL_OF.items() if call != "GET schema"]
OPERATIONS = [*DESCRIBED[SEED % len(DESCRIBED) :], *DESCRIBED[: SEED % len(DESCRIBED)]]
NOTHING_TO_FIND = ("POST /api/v1/hooks/", "POST /api/v1/travel-credits/{travel_credit_id}/refunds")
WALKS, STEPS, REACHED = max(50, EXAMPLES // 2), 8, 3  # of the stateful phase
AFFORDABLE = {"face_value": {"amount": "10.00", "currency": "EUR"}, "amount": {"amount": "0.01", "currency": "EUR"}}


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
        derandomize=not SEED,
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
    logging.disable(logging.WARNING)  # each refusal is a line, and there are ten thousands of them
    with connection.cursor() as cursor:  # on a busy machine it may take long to think of what to send next
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
    yield make_world()
    logging.disable(logging.NOTSET)
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
    assert list(findings()) == []


def aimed(case: Case, world: World, *, keep_ids: bool = False) -> Case:
    """Return the case; a well-meant one at what is there, so that it gets further than "there is none".

    Args:
        case: the request.
        world: what is there.
        keep_ids: leaves the ids that an earlier answer gave.
    """
    names = {name: value for name, value in world.names.items() if not (keep_ids and name.endswith("_id"))}
    if case.meta is not None and case.meta.generation.mode.is_positive:
        asked = case.body if isinstance(case.body, dict) else {}
        for members in (case.path_parameters, case.query, asked, *asked.get("requests", [])):
            members.update({name: value for name, value in (names | AFFORDABLE).items() if name in members})
    return case


Callers = dict[str, tuple[dict[str, str], int, str]]


def refused_callers(operation: str, world: World) -> Callers:
    """Return who gets nowhere with an operation: the headers of each, and the status and code that it is answered."""
    scope = TABLE[CALL_OF[operation]].scope
    if scope is None:  # a handshake and a hook ask for no token
        return {}
    staff = make_person(is_staff=True)
    staff.groups.add(Group.objects.get(name=HR_ADMINISTRATORS))
    wrong = make_token(world.own, [each for each in SCOPES if each != scope])
    return {
        "nobody": ({}, 401, "not_authenticated"),
        "an employee": (signed_in(make_person()), 401, "not_authenticated"),
        "HR": (signed_in(staff), 401, "not_authenticated"),
        "every other scope": ({"Authorization": f"Bearer {wrong}"}, 403, "insufficient_scope"),
    }


def signed_in(person: Person) -> dict[str, str]:
    """Return the headers of a browser in which somebody is signed in."""
    browser = Client()
    browser.force_login(person)
    return {"Cookie": f"sessionid={browser.cookies['sessionid'].value}"}


def only_reads(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
    """Let a statement through that writes nothing."""
    assert sql.lstrip().startswith("SELECT"), sql
    return execute(sql, *rest)


def is_refused(response: Any, status: int, code: str) -> None:
    """Fail where an answer is not this problem to the letter; a path that cannot be one is answered 404."""
    problem = response.json()
    found = (response.status_code, problem["status"], problem["code"])
    assert found in {(status, status, code), (404, 404, "not_found")}, response.text
    assert set(problem) == {"type", "title", "status", "detail", "instance", "request_id", "code"}, response.text
    assert response.headers["content-type"] == ["application/problem+json"]
    assert response.headers["x-request-id"] == [problem["request_id"]]
    assert ("www-authenticate" in response.headers) == (response.status_code != 404)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_with_the_scope_everything_is_as_described_and_without_it_nothing_is_done(operation: str, world: World) -> None:
    headers = {"Authorization": f"Bearer {make_token(world.own)}"}
    callers = refused_callers(operation, world)
    seen: Counter[int] = Counter()

    def check(case: Case) -> None:
        aimed(case, world)
        if operation.startswith(f"{case.method} "):  # the edges try methods too that are not there
            with connection.execute_wrapper(only_reads):
                for others, status, code in callers.values():
                    is_refused(case.call(headers=others), status, code)
        response = case.call(headers=headers)
        seen[response.status_code] += 1
        case.validate_response(
            response,
            headers=headers,
            additional_checks=[not_called_invalid],
            excluded_checks=[negative_data_rejection] if operation == BATCH else [],
        )

    explore(operation, check, examples=EXAMPLES, edges=True)
    assert seen[200] + seen[201] or operation.startswith(NOTHING_TO_FIND)


def test_what_is_made_is_found_and_changed_as_described(world: World) -> None:
    """The stateful phase: one call's answer feeds the next, as ids lead from a resource to what can be done with it."""
    headers = {"Authorization": f"Bearer {make_token(world.own)}"}
    reached: set[str] = set()  # what was found or changed by an id, which only an answer can have told

    class Walk(described(edges=False).as_state_machine()):  # type: ignore[misc]
        def setup(self) -> None:  # each walk begins in the same world, or Hypothesis could not walk it again
            self.before = transaction.savepoint()

        def teardown(self) -> None:
            found = list(findings())
            transaction.savepoint_rollback(self.before)
            assert found == []

        def before_call(self, case: Case) -> None:
            aimed(case, world, keep_ids=True)

        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            return {"headers": headers}

        def after_call(self, response: Any, case: Case) -> None:
            if "_id}" in case.operation.label and response.status_code in {200, 201}:
                reached.add(case.operation.label)

        def validate_response(self, response: Any, case: Case, **_: Any) -> None:
            is_batch = case.operation.label == BATCH
            case.validate_response(
                response,
                headers=headers,
                additional_checks=[not_called_invalid],
                excluded_checks=[negative_data_rejection] if is_batch else [],
            )

    Walk.run(
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=STEPS,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
    )
    assert len(reached) >= REACHED, reached
