"""S3: `POST /points-requests/batch` with 10,000 items over HTTP, against the same rows written straight into tables."""

import http.client
import json
import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks import databases, floor_batch, server
from benchmarks.company import Company
from benchmarks.sizes import Sizes
from benchmarks.table import Row

REACH = 0.4
PATH = "/api/v1/points-requests/batch"
BATCHES = 5  # for each round of single requests that others measure


def measure(company: Company, sizes: Sizes) -> list[Row]:
    """Measure S3 and its floor in turns."""
    floor_batch.prepare()
    floors, ours = [], []
    with server.running() as port, databases.direct() as direct:
        caller = Caller(port, company.token(port))
        for _ in range(1 + BATCHES):
            floors.append(floor_batch.seconds(direct, company.batch(sizes.batch), client=company.client_id))
            ours.append(caller.seconds(company.batch(sizes.batch)))
    smallest, mine = (statistics.median(took[1:]) for took in (floors, ours))
    ratio = smallest / mine
    return [
        Row(
            name="S3",
            measure=f"POST /points-requests/batch, {sizes.batch:,} items",
            floor=f"{sizes.batch / smallest:,.0f}/s",
            ours=f"{sizes.batch / mine:,.0f}/s",
            ratio=ratio,
            reach=f"≥ {REACH}",
            reached=ratio >= REACH,
            notes=f"{mine:.2f} s a batch, from {min(ours[1:]):.2f} to {max(ours[1:]):.2f}",
        )
    ]


class Caller:
    """A client that sends batches over one connection."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def seconds(self, batch: Sequence[Mapping[str, Any]]) -> float:
        """Send a batch and return how long it took until its answer was there.

        Raises:
            RuntimeError: not all of it was credited.
        """
        body = json.dumps({"requests": batch})
        started = time.perf_counter()
        self.connection.request("POST", PATH, body, self.headers)
        content = self.connection.getresponse().read()
        took = time.perf_counter() - started
        answer = json.loads(content)
        if answer.get("credited") != len(batch):
            raise RuntimeError(f"Of {len(batch)} items {answer.get('credited')} were credited: {content[:400]!r}")
        return took
