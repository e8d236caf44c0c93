"""S5: S1 and S3 with a million wallets and ten million transfers, as fast as with ten thousand wallets."""

import statistics
from contextlib import ExitStack

from benchmarks import company, databases, load, server
from benchmarks.company import Company, singly
from benchmarks.s1 import CONNECTIONS, OURS
from benchmarks.s3 import BATCHES, Caller
from benchmarks.sizes import Sizes
from benchmarks.table import Row

REACH, BATCH_REACH = 0.85, 0.7


def measure(acme: Company, sizes: Sizes) -> list[Row]:
    """Measure the large database and the small one, which is in use, in turns."""
    with ExitStack() as servers:
        with databases.use(databases.LARGE):
            giant = company.found_before(size=sizes.wallets)
            giant_port = servers.enter_context(server.running())
        port = servers.enter_context(server.running())
        both = [(acme, port), (giant, giant_port)]
        return [_singly(both, sizes), _in_batches(both, sizes)]


def _singly(both: list[tuple[Company, int]], sizes: Sizes) -> Row:
    small, large = load.compare(
        *(load.Side(port, singly(OURS, company.token(port), company.requests())) for company, port in both),
        connections=CONNECTIONS,
        sizes=sizes,
    )
    ratio = large.per_second / small.per_second
    return Row(
        name="S5",
        measure=f"S1 with {both[0][0].people:,} wallets, then {_scale(sizes)}",
        floor=f"{small.per_second:.0f}/s",
        ours=f"{large.per_second:.0f}/s",
        ratio=ratio,
        reach=f"≥ {REACH}",
        reached=ratio >= REACH,
        notes=large.slowness,
    )


def _in_batches(both: list[tuple[Company, int]], sizes: Sizes) -> Row:
    callers = [Caller(port, company.token(port)) for company, port in both]
    took: list[list[float]] = [[], []]
    for _ in range(1 + BATCHES):
        for (company_, _), caller, kept in zip(both, callers, took, strict=True):
            kept.append(caller.seconds(company_.batch(sizes.batch)))
    small, large = (statistics.median(kept[1:]) for kept in took)
    ratio = small / large
    return Row(
        name="S5",
        measure=f"S3 with {both[0][0].people:,} wallets, then {_scale(sizes)}",
        floor=f"{sizes.batch / small:,.0f}/s",
        ours=f"{sizes.batch / large:,.0f}/s",
        ratio=ratio,
        reach=f"≥ {BATCH_REACH}",
        reached=ratio >= BATCH_REACH,
        notes=f"{large:.2f} s a batch",
    )


def _scale(sizes: Sizes) -> str:
    return f"{sizes.wallets:,} and {sizes.transfers:,} transfers"
