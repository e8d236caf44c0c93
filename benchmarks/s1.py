"""S1: `POST /points-requests` over 16 connections, all features on, one programme."""

from benchmarks import floor_single, load, server
from benchmarks.company import Company, employee_number, singly
from benchmarks.sizes import Sizes
from benchmarks.table import Row

CONNECTIONS = 16
REACH, P99_REACH = 0.6, 5
FLOOR, OURS = "/floor/points-requests", "/api/v1/points-requests"


def measure(company: Company, sizes: Sizes) -> list[Row]:
    """Measure S1 and its floor in turns."""
    floor_single.prepare([employee_number(number) for number in range(company.people)])
    with server.running() as port:
        token = company.token(port)
        smallest, ours = load.compare(
            *(load.Side(port, singly(path, token, company.requests())) for path in (FLOOR, OURS)),
            connections=CONNECTIONS,
            sizes=sizes,
        )
    tail = ours.p99_seconds / ours.p50_seconds
    ratio = ours.per_second / smallest.per_second
    return [
        Row(
            name="S1",
            measure=f"POST /points-requests, {CONNECTIONS} connections, one programme",
            floor=f"{smallest.per_second:.0f}/s",
            ours=f"{ours.per_second:.0f}/s",
            ratio=ratio,
            reach=f"≥ {REACH}, p99 ≤ {P99_REACH} × p50",
            reached=ratio >= REACH and tail <= P99_REACH,
            notes=f"{ours.slowness}, {tail:.1f} × as long",
        )
    ]
