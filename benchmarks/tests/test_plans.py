"""What runs all day reaches its rows by an index, whatever the size of the tables.

Not timed: PostgreSQL counts the scans and the rows of each table, those in functions, triggers and foreign keys too.
Each thing is done more often than PostgreSQL makes plans for the values at hand; what it then keeps is tried as well.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from api.models import ApiClient
from api.tests.factories import api
from benchmarks import company, filling
from benchmarks.company import Company
from people.models import Person
from programs.enums import Source
from programs.operations import points_requests
from programs.operations.points_requests import NewPointsRequest
from wallets import queries
from wallets.enums import AccountKind, TransferKind
from wallets.ledger_rules import findings
from wallets.models import Account
from wallets.operations import accounts, holds, lots, transfers
from wallets.operations.transfers import NewTransfer

pytestmark = pytest.mark.django_db
WALLETS = 2_000
TIMES = 7  # PostgreSQL keeps a plan for a prepared statement from the sixth time on
ROWS_MAX = 500  # of one table that one deed may read: a page of a list, a batch of a hundred; not the table
COUNTS = "SELECT relname, seq_scan, seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = ANY(%s)"


@pytest.fixture
def acme() -> Iterator[Company]:
    """Fill the tables and let PostgreSQL know what is in them."""
    at = timezone.now()
    one = company.found(size=1)
    request = filling.credit_one(one, at=at)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        filling.write(cursor, request, others=WALLETS - 1, at=at)
        cursor.execute("SET LOCAL session_replication_role = origin")
        for table in filling.TABLES:
            cursor.execute(f"ANALYZE {table}")
        cursor.execute("SET LOCAL seq_page_cost = 20")  # as if there were far more pages than a test can write
    assert list(findings()) == []
    return replace(one, people=WALLETS)


def counts() -> dict[str, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, [filling.TABLES])
        return {table: (scans, rows) for table, scans, rows in cursor.fetchall()}


def scanned(deed: Callable[[], object]) -> list[str]:
    """Return the tables that something scanned, or read a good part of."""
    before = counts()
    for _ in range(TIMES):
        deed()
    after = counts()
    return [
        table
        for table, (scans, rows) in after.items()
        if scans > before.get(table, (0, 0))[0] or rows > before.get(table, (0, 0))[1] + ROWS_MAX * TIMES
    ]


def submit(acme: Company, client: ApiClient, size: int) -> None:
    asked = [NewPointsRequest(source=Source.API, client=client, **item) for item in acme.batch(size)]
    answers = points_requests.submit(asked, at=timezone.now())
    assert [answer.error for answer in answers] == [None] * size


def test_a_scan_is_seen(acme: Company) -> None:
    assert scanned(lambda: list(Person.objects.filter(name="Nobody"))) == ["people_person"]
    assert scanned(lambda: list(Person.objects.order_by("pk")[: ROWS_MAX + 1])) == ["people_person"]


@pytest.mark.parametrize("size", [1, 100])
def test_submit(acme: Company, size: int) -> None:
    client = acme.client()
    assert scanned(lambda: submit(acme, client, size)) == []


def test_expiry(acme: Company) -> None:
    begins, days = timezone.now() + timedelta(days=1000), iter(range(TIMES))
    before = Account.objects.get(kind=AccountKind.EXPIRED).points
    with time_machine.travel(begins + timedelta(days=TIMES)):  # the ledger refuses times that have not come
        assert scanned(lambda: lots.expire(at=begins + timedelta(days=next(days)), limit=10)) == []
    assert Account.objects.get(kind=AccountKind.EXPIRED).points > before


def test_spending_and_statements(acme: Company) -> None:
    person = Person.objects.get(employee_number="B0000007")
    wallet, at = Account.objects.get(person=person), timezone.now()
    budget = Account.objects.filter(kind=AccountKind.BUDGET).order_by("points")[0]
    redeemed, orders = accounts.system(AccountKind.REDEEMED), iter(range(TIMES))

    def spend() -> None:
        order = next(orders)
        hold = holds.place(account_id=wallet.pk, points=7, reference=f"held:{order}", at=at)
        holds.capture(hold.pk, at=at)
        taken = NewTransfer(
            debit_id=wallet.pk,
            credit_id=redeemed.pk,
            points=70,
            kind=TransferKind.REDEMPTION,
            reference=f"taken:{order}",
        )
        [posting] = transfers.post([taken], at=at)
        assert posting.error is None

    def read() -> None:
        queries.wallet(person)
        assert len(queries.statement(person)) == 10 + 2 * TIMES
        [*_, last] = queries.account_statement(budget.pk)
        assert len(queries.account_statement(budget.pk, before=last.transfer_id)) == 50

    assert scanned(spend) == []
    assert scanned(read) == []


def test_reading_over_the_api(acme: Company) -> None:
    http = api(acme.client(), ["points:read", "wallets:read"])
    paths = [
        *("wallets/B0000007", "wallets/B0000007/transfers", "points-requests", "points-requests?recipient=B0000007"),
        *("points-requests?external_id=old-7", "points-requests?programme=bench-0"),
    ]
    scans = {path: scanned(lambda path=path: http.get(f"/api/v1/{path}").json()) for path in paths}
    assert scans == {path: [] for path in paths}
