"""The company that the benchmarks credit: people, programmes with full budgets, and a client without a limit."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from random import Random
from typing import Any

from django.utils import timezone

from api.models import ApiClient
from api.operations import clients
from benchmarks import load
from people.operations import people
from people.operations.people import NewPerson
from programs.models import Programme
from programs.operations import fundings, programmes
from wallets.operations import accounts

SLUGS = [f"bench-{number}" for number in range(32)]
BUDGET = 10**11  # points


@dataclass(frozen=True, kw_only=True)
class Company:
    """Whom the benchmarks credit, from which programmes, and the client that asks."""

    people: int
    programmes: Sequence[str]
    client_id: str
    client_secret: str

    def client(self) -> ApiClient:
        """Return the client."""
        return ApiClient.objects.get(pk=self.client_id)

    def token(self, port: int) -> str:
        """Return a bearer token."""
        return load.token(port, self.client_id, self.client_secret)

    def requests(self, *, programmes: Sequence[str] | None = None) -> Iterator[dict[str, Any]]:
        """Return points requests without end, for people chosen by chance."""
        run, choose, slugs = uuid.uuid4().hex, Random(0), programmes or self.programmes[:1]
        for place in count():
            yield {
                "external_id": f"{run}-{place}",
                "programme": slugs[place % len(slugs)],
                "recipient": employee_number(choose.randrange(self.people)),
                "points": 5,
                "reason": "Bench",
            }

    def batch(self, size: int) -> list[dict[str, Any]]:
        """Return points requests for as many different people, in no order."""
        numbers = map(employee_number, Random(0).sample(range(self.people), size))
        return [item | {"recipient": number} for item, number in zip(self.requests(), numbers, strict=False)]


def found(*, size: int) -> Company:
    """Set up the company in the database in use.

    Args:
        size: people; those who are missing are enrolled.
    """
    at = timezone.now()
    enrol(range(size), at=at)
    for slug in SLUGS:
        set_up(slug, at=at)
    return found_before(size=size)


def found_before(*, size: int) -> Company:
    """Return the company that is in the database in use already, with a new client.

    Args:
        size: people.
    """
    made = clients.create(name=f"Bench {uuid.uuid4().hex}", scopes=["points:write"], per_minute=0, at=timezone.now())
    return Company(people=size, programmes=SLUGS, client_id=made.client_id, client_secret=made.client_secret)


def enrol(numbers: Sequence[int], *, at: datetime) -> None:
    """Enrol people and open their wallets."""
    enrolled = people.enrol(
        [
            NewPerson(
                employee_number=employee_number(number),
                name=f"Person {number}",
                email=f"b{number}@bench.example",
                country="DE",
                time_zone="Europe/Berlin",
            )
            for number in numbers
        ],
        by=None,
        at=at,
    )
    accounts.open_wallets(person.pk for person in enrolled)


def set_up(slug: str, *, at: datetime) -> Programme:
    """Create a programme with all that costs time: expiry, inbox and Slack; and fund it."""
    programme = programmes.create(
        slug=slug,
        name=slug,
        status="active",
        points_expire_after_days=365,
        notify=["inbox", "slack"],
        by=None,
        at=at,
    )
    fundings.fund(programme=programme, points=BUDGET, reference="bench", at=at, external_id=slug)
    return programme


def employee_number(number: int) -> str:
    """Return the employee number of the so-manieth person."""
    return f"B{number:07d}"


def singly(path: str, token: str, requests: Iterator[dict[str, Any]]) -> Callable[[], bytes]:
    """Return what makes the next HTTP request of each of these."""
    return lambda: load.post_request(path, token, next(requests))
