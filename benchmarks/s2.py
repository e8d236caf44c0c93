"""S2: 32 connections that credit from one programme, as fast as from 32: its budget is the row they all want."""

from benchmarks import load, server
from benchmarks.company import Company, singly
from benchmarks.s1 import OURS
from benchmarks.sizes import Sizes
from benchmarks.table import Row

CONNECTIONS = 32
REACH = 0.8


def measure(company: Company, sizes: Sizes) -> list[Row]:
    """Measure one programme and 32 in turns."""
    with server.running() as port:
        token = company.token(port)
        many, one = load.compare(
            *(
                load.Side(port, singly(OURS, token, company.requests(programmes=programmes)))
                for programmes in (company.programmes, company.programmes[:1])
            ),
            connections=CONNECTIONS,
            sizes=sizes,
        )
    ratio = one.per_second / many.per_second
    return [
        Row(
            name="S2",
            measure=f"POST /points-requests, {CONNECTIONS} connections: {len(company.programmes)} programmes, then one",
            floor=f"{many.per_second:.0f}/s",
            ours=f"{one.per_second:.0f}/s",
            ratio=ratio,
            reach=f"≥ {REACH}",
            reached=ratio >= REACH,
            notes=one.slowness,
        )
    ]
