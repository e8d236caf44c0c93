"""One run: clients ask, things are killed, then it gets calm, the queues drain, and the books are compared."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from threading import Event

from tests.hand import Hand, hand_in
from torture import audit
from torture.book import Book
from torture.chaos import Chaos
from torture.client import Client
from torture.drills import CLIENTS, uploads
from torture.stage import Stage, set_stage

PEOPLE, CODES = 60, 2_000
BUDGET_POINTS = 1_000_000_000
DRAIN_SECONDS = 300.0
SCOPES = "points:write points:read events:write redemptions:write redemptions:read"
CONFIGURATION = """
version: 1
programmes:
  - {slug: torture, name: Torture, status: active, notify: [inbox]}
  - slug: events
    name: Events
    status: active
    notify: [inbox, email]
    rules:
      - {slug: done, event: torture.done, when: "true", points: event.points, reason: "{event.key}"}
suppliers:
  - {slug: code-pool, kind: code_pool}
  - {slug: travel-credit, kind: travel_credit}
products:
  - {sku: voucher, name: Voucher, kind: voucher, brand: Acme, category: Shopping, countries: [], currency: EUR,
     denominations: ["5.00"], points_per_unit: 100, supplier: code-pool}
  - {sku: air-credit, name: Air credit, kind: travel_credit, brand: Solvane, category: Travel, countries: [],
     currency: EUR, range: {min: "1.00", max: "500.00"}, points_per_unit: 100, supplier: travel-credit}
"""


@dataclass(frozen=True, slots=True)
class Report:
    """What a run came to.

    Args:
        book: what clients were told, with the figures.
        findings: what is wrong, a line each.
        drain_seconds: how long the queues took to drain, once it was calm.
    """

    book: Book
    findings: list[str]
    drain_seconds: float


def run(*, seed: int, seconds: float, folder: Path, postgres: Path | None, once: bool = False) -> Report:
    """Torture a portal.

    Args:
        seed: decides what is asked for, and what is killed when.
        seconds: how long it is killed; the last round of kills is finished.
        folder: an empty one, for queue, logs and files.
        postgres: see `set_stage`.
        once: one kill of each kind, and no more.
    """
    book, calm, over = Book(), Event(), Event()
    people = [f"E{number}" for number in range(PEOPLE)]
    with set_stage(folder, postgres=postgres) as stage:
        with hand_in(stage.portal.environment) as hand:
            access = _set_up(stage, hand, people)
        workers = _workers(stage, book, people, access, seed=seed, calm=calm, over=over, folder=folder)
        with ThreadPoolExecutor(len(workers)) as pool:
            working = [pool.submit(worker) for worker in workers]
            try:
                deadline = time.monotonic() + seconds
                Chaos(stage, Random(f"{seed} chaos"), book).run(deadline, once=once)
            finally:
                stage.portal.wait_until_it_answers()
                calm.set()
                over.set()
        failures = _failures(working)
        drain_seconds = _drain(stage.database_url)
        with hand_in(stage.portal.environment) as hand:
            found = [*failures, *audit.findings(book, stage.database_url), *hand.do("findings")]
        found += [f"{count} {what} wait for ever" for what, count in audit.waiting(stage.database_url).items()]
    return Report(book, found, drain_seconds)


def figures(report: Report) -> str:
    """Return what happened, in words and numbers."""
    tally = Counter(report.book.tally)
    kills = {what.removeprefix("killed: "): count for what, count in tally.items() if what.startswith("killed: ")}
    others = {what: count for what, count in tally.items() if not what.startswith("killed: ")}
    points = sum(credit.points for credit in report.book.credits.values())
    wallets = len({credit.recipient for credit in report.book.credits.values()})
    return "\n".join(
        [
            f"  told      {len(report.book.credits):,} credits of {points:,} points in {wallets:,} wallets, "
            f"{len(report.book.orders):,} orders, {len(report.book.reversals):,} reversals",
            f"  requests  {_listed(others)}",
            f"  killed    {sum(kills.values())}: {_listed(kills)}",
            f"  drained   in {report.drain_seconds:.0f} s",
        ]
    )


def _set_up(stage: Stage, hand: Hand, people: Sequence[str]) -> str:
    """Make what clients ask about, and return an access token."""
    hand.do(
        "set_up",
        configuration=CONFIGURATION,
        people=people,
        budgets={"torture": BUDGET_POINTS, "events": BUDGET_POINTS},
    )
    hand.do("stock", product="voucher", count=CODES)
    return stage.portal.token(hand.do("make_client", scopes=SCOPES))


def _workers(
    stage: Stage,
    book: Book,
    people: Sequence[str],
    access: str,
    *,
    seed: int,
    calm: Event,
    over: Event,
    folder: Path,
) -> list[Callable[[], None]]:
    """Return what each thread does until it is over: the clients of each drill, and the shell that uploads."""

    def ask(drill: str, number: int) -> None:
        random = Random(f"{seed} {drill} {number}")
        client = Client(base_url=stage.portal.base_url, token=access, book=book, random=random, calm=calm)
        with closing(client):
            while not over.is_set():
                CLIENTS[drill][1](client, people)

    def upload() -> None:
        random = Random(f"{seed} uploads")
        while not over.is_set():
            uploads.upload(folder, people, book=book, random=random, environment=stage.portal.environment, calm=calm)

    each = [(drill, number) for drill, (count, _) in CLIENTS.items() for number in range(count)]
    return [upload, *(partial(ask, drill, number) for drill, number in each)]


def _failures(working: Sequence[Future[None]]) -> list[str]:
    """Return why a client gave up, where one did."""
    return [f"a client gave up: {error!r}" for error in (one.exception() for one in working) if error]


def _drain(database_url: str) -> float:
    """Wait until no work waits, or five minutes have gone by; return the seconds it took."""
    began = time.monotonic()
    while audit.waiting(database_url) and time.monotonic() - began < DRAIN_SECONDS:
        time.sleep(0.5)
    return time.monotonic() - began


def _listed(counts: dict[str, int]) -> str:
    return " · ".join(f"{count:,} {what}" for what, count in sorted(counts.items(), key=lambda item: -item[1]))
