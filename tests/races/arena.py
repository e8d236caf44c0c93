"""Where the races are run: a portal with four web processes, and client systems that call it at the same moment.

A race is a function of an arena that asserts what must hold afterwards. It is run in an arena as it is, and in one
whose guard against just this race was taken away: there the same assertion must fail, or it could not see anything.
"""

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any

import psycopg
import requests

from tests.hand import Hand, hand_in
from tests.processes import running_portal

WEB_PROCESSES = 4
ROUNDS = 4
TIMEOUT_SECONDS = 60
PLENTY = 100_000_000  # points
BONUS = "bonus"  # a programme
AIR_CREDIT = {"product": "air-credit", "face_value": {"amount": "10.00", "currency": "EUR"}}
PRICE = 1000  # points, of AIR_CREDIT
SCOPES = "points:write points:read wallets:read redemptions:write redemptions:read budgets:write programmes:read"
CONFIGURATION = """
version: 1
programmes:
  - {slug: bonus, name: Bonus, status: active}
  - {slug: scarce, name: Scarce, status: active}
suppliers:
  - {slug: travel-credit, kind: travel_credit}
products:
  - {sku: air-credit, name: Air credit, kind: travel_credit, brand: Solvane, category: Travel, countries: [],
     currency: EUR, range: {min: "1.00", max: "500.00"}, points_per_unit: 100, supplier: travel-credit}
"""
Call = tuple[str, Mapping[str, Any]]


@dataclass
class Arena:
    """A portal under a race.

    Args:
        base_url: where it answers.
        token: of a client system that may do everything.
        database_url: as libpq reads it.
        hand: does in the portal what no endpoint offers.
        missing: a file that names the guards taken away, a line each (tests/races/without_guards.py).
        known: what check_ledger finds already: an unguarded arena keeps the damage of each control.
    """

    base_url: str
    token: str
    database_url: str
    hand: Hand
    missing: Path
    known: set[str] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def people(self, count: int, *, points: int = 0) -> list[str]:
        """Enrol so many people, credit each, and return their employee numbers."""
        numbers = [self.name("E") for _ in range(count)]
        self.hand.do("join", people=numbers)
        if points:
            self.hand.do("credit", programme=BONUS, recipients=numbers, points=points)
        return numbers

    def name(self, prefix: str) -> str:
        """Return a name that nothing else in this arena has."""
        return f"{prefix}{next(self._numbers)}"

    def post_at_once(self, calls: Sequence[Call]) -> list[requests.Response]:
        """Send all at the same moment, each over a connection of its own that is open already; return the answers."""
        return self.at_once([partial(self.post, path=path, body=body) for path, body in calls])

    def at_once(self, works: Sequence[Callable[[requests.Session], Any]]) -> list[Any]:
        """Start all at the same moment, each in a thread with an open connection; return what each returned."""
        start = Barrier(len(works))

        def run(work: Callable[[requests.Session], Any]) -> Any:
            with requests.Session() as session:
                session.headers["Authorization"] = f"Bearer {self.token}"
                session.get(f"{self.base_url}/healthz", timeout=TIMEOUT_SECONDS)
                start.wait(TIMEOUT_SECONDS)
                return work(session)

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(run, works))

    def get(self, path: str) -> dict[str, Any]:
        """Read a resource that must be there."""
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = requests.get(f"{self.base_url}/api/v1{path}", headers=headers, timeout=TIMEOUT_SECONDS)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    def assert_sound(self) -> None:
        """Prove the ledger, but for what is known."""
        found = set(self.hand.do("findings")) - self.known
        assert not found, f"check_ledger finds {sorted(found)}"

    @contextmanager
    def without(self, guard: str) -> Iterator[None]:
        """Take a guard of the portal's code away (tests/races/without_guards.py)."""
        self.missing.write_text(guard)
        try:
            yield
        finally:
            self.missing.write_text("")

    @contextmanager
    def rewritten(self, function: str, old: str, new: str) -> Iterator[None]:
        """Run with a function of the database changed, wherever `old` stands in it."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            found = connection.execute("SELECT pg_get_functiondef(%s::regproc)", [function]).fetchone()
            source = str(found[0]) if found else ""
            assert old in source
            connection.execute(source.replace(old, new))
            try:
                yield
            finally:
                connection.execute(source)

    def count(self, query: str, *parameters: object) -> int:
        """Return the number that a query asks for."""
        with psycopg.connect(self.database_url) as connection:
            found = connection.execute(query, parameters).fetchone()
        return int(found[0]) if found else 0

    def drop(self, *statements: str) -> None:
        """Drop constraints or indexes, for good: what a race without them wrote would not let them back."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def post(self, session: requests.Session, path: str, body: Mapping[str, Any]) -> requests.Response:
        return session.post(f"{self.base_url}/api/v1{path}", json=body, timeout=TIMEOUT_SECONDS)


def run(race: Callable[[Arena], None], arena: Arena, *, rounds: int = ROUNDS) -> None:
    """Run a race some times over."""
    for _ in range(rounds):
        race(arena)


@contextmanager
def open_arena(folder: Path, *, guarded: bool) -> Iterator[Arena]:
    """Run a portal for races; unguarded, one that can be told to leave out a guard."""
    environment = {"WEB_CONCURRENCY": str(WEB_PROCESSES), "LOG_LEVEL": "WARNING"}
    if not guarded:
        environment["DJANGO_SETTINGS_MODULE"] = "tests.races.unguarded_settings"
    missing = folder / "missing_guards"
    with running_portal(folder, names=["web"], environment=environment) as portal, hand_in(portal.environment) as hand:
        missing.write_text("")
        hand.do("set_up", configuration=CONFIGURATION, people=[], budgets={BONUS: PLENTY})
        client = hand.do("make_client", scopes=SCOPES)
        yield Arena(
            base_url=portal.base_url,
            token=portal.token(client),
            database_url=portal.environment["DATABASE_URL"].replace("postgres://", "postgresql://", 1),
            hand=hand,
            missing=missing,
        )
