"""S1: `POST /points-requests` over 16 connections, all features on, one programme."""

import itertools
import random
import uuid
from collections.abc import Callable

from django.utils import timezone

from api.operations import clients
from benchmarks import floor, load, server
from people.operations import people
from people.operations.people import NewPerson
from programs.models import Programme
from programs.operations import fundings, programmes

PEOPLE = 10_000
CONNECTIONS = 16
WARM_UP_SECONDS, ROUND_SECONDS, ROUNDS = 8, 8, 3
REACH, P99_REACH = 0.6, 5
CREATED = 201
FLOOR, OURS = "/floor/points-requests", "/api/v1/points-requests"


def measure() -> str:
    """Measure S1 and its floor in turns and return the row of the table."""
    numbers = [f"B{number:06d}" for number in range(PEOPLE)]
    client_id, secret = _prepare(numbers)
    outcomes: dict[str, list[load.Outcome]] = {FLOOR: [], OURS: []}
    with server.running() as port:
        token = load.token(port, client_id, secret)
        for path, seconds in [(FLOOR, WARM_UP_SECONDS), (OURS, WARM_UP_SECONDS)] + ROUNDS * [
            (FLOOR, ROUND_SECONDS),
            (OURS, ROUND_SECONDS),
        ]:
            make = _requests(path, token, numbers)
            outcomes[path].append(load.run(port, make, connections=CONNECTIONS, seconds=seconds, expect=CREATED))
    return _row(_middle(outcomes[FLOOR][1:]), _middle(outcomes[OURS][1:]))


def _middle(outcomes: list[load.Outcome]) -> load.Outcome:
    return sorted(outcomes, key=lambda outcome: outcome.per_second)[len(outcomes) // 2]


def _row(smallest: load.Outcome, ours: load.Outcome) -> str:
    ratio = ours.per_second / smallest.per_second
    tail = ours.p99_seconds / ours.p50_seconds
    return (
        f"| S1 | POST /points-requests, {CONNECTIONS} connections, one programme | {smallest.per_second:.0f}/s "
        f"| {ours.per_second:.0f}/s | {ratio:.2f}, p99 {tail:.1f} × p50 | ≥ {REACH}, p99 ≤ {P99_REACH} × p50 "
        f"| {1000 * ours.p50_seconds:.1f} ms | {1000 * ours.p99_seconds:.1f} ms |"
    )


def _prepare(numbers: list[str]) -> tuple[str, str]:
    at = timezone.now()
    enrolled = [
        NewPerson(employee_number=number, name=f"Person {number}", email=f"{number}@bench.example", country="DE")
        for number in numbers
    ]
    people.enrol(enrolled, by=None, at=at)
    programme = Programme.objects.filter(slug="bench").first() or programmes.create(
        slug="bench",
        name="Bench",
        status="active",
        points_expire_after_days=365,
        notify=["inbox", "slack"],
        by=None,
        at=at,
    )
    fundings.fund(programme=programme, points=10**10, reference="bench", at=at, external_id=uuid.uuid4().hex)
    floor.prepare(numbers)
    created = clients.create(name=f"bench {uuid.uuid4().hex}", scopes=["points:write"], per_minute=0, at=at)
    return created.client_id, created.client_secret


def _requests(path: str, token: str, numbers: list[str]) -> Callable[[], bytes]:
    run, count, choose = uuid.uuid4().hex, itertools.count(), random.Random(path)

    def make() -> bytes:
        body = {
            "external_id": f"{run}-{next(count)}",
            "recipient": choose.choice(numbers),
            "points": 5,
            "reason": "Bench",
        }
        return load.post_request(path, token, body | {"programme": "bench"})

    return make
