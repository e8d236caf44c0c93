"""A wallet and any account as they stood: each moment that was looked at is the same when looked back to."""

import re
import time
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.tests.factories import api
from people.tests.factories import make_person
from wallets import queries
from wallets.enums import AccountKind, TransferKind
from wallets.errors import InvalidTime
from wallets.models import Account
from wallets.operations import accounts, holds, lots
from wallets.operations.transfers import NewTransfer, post
from wallets.queries import Expiring
from wallets.tests.factories import NOW, YEAR, make_budget, make_wallet, move, new_reference
from wallets.tests.refusals import refusal

pytestmark = pytest.mark.django_db
LATER = NOW + YEAR


def moment() -> datetime:
    """Return the database's time, which ids are made of, with nothing else in its microsecond."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp() FROM pg_sleep(0.001)")
        [(now,)] = cursor.fetchall()
    return now


def test_a_wallet_as_of_any_moment_is_what_it_was() -> None:
    wallet, budget, seen = make_wallet(), make_budget(), {}
    person = wallet.person

    def look() -> None:
        seen[moment()] = queries.wallet(person)
        moment()

    look()
    move(budget, wallet, 100, expires_at=LATER)
    look()
    move(budget, wallet, 50, expires_at=moment() + timedelta(days=1))
    move(budget, wallet, 7)
    look()
    kept, taken = (
        holds.place(account_id=wallet.pk, points=points, reference=f"hold:{points}", at=moment()) for points in (20, 60)
    )
    look()
    holds.capture(taken.pk, at=moment())  # all of the lot that expires first, and 10 of the next
    look()
    holds.release(kept.pk, at=moment())
    look()
    with time_machine.travel(LATER):
        lots.expire(at=LATER)
    look()
    assert len({repr(was) for was in seen.values()}) == 7
    assert {at: queries.wallet(person, at) for at in seen} == seen


def test_what_was_past_its_date_could_not_be_spent_then_though_no_run_had_moved_it() -> None:
    wallet, budget, seen = make_wallet(), make_budget(), {}
    ends = moment() + timedelta(milliseconds=150)
    for points, expires_at in ((30, ends), (20, ends + timedelta(milliseconds=1)), (50, LATER), (7, None)):
        move(budget, wallet, points, expires_at=expires_at)
    kept = holds.place(account_id=wallet.pk, points=40, reference="hold:kept", at=moment())

    def look() -> queries.Wallet:
        seen[moment()] = was = queries.wallet(wallet.person)
        moment()
        return was

    look()
    time.sleep(0.2)
    assert (look().available, look().held) == (107 - 40 - 10, 40)  # the hold keeps 40 of the 50 that are over
    holds.place(account_id=wallet.pk, points=5, reference="hold:later", at=moment())  # keeps nothing of them
    assert look().available == 52
    holds.release(kept.pk, at=moment())
    assert look().available == 52  # what it kept is over too
    lots.expire(at=moment())
    assert look().available == 52
    assert {at: queries.wallet(wallet.person, at) for at in seen} == seen


def test_balances_are_what_can_be_spent_and_what_is_held() -> None:
    wallet, nobody = make_wallet(100), make_person()
    holds.place(account_id=wallet.pk, points=30, reference="hold:kept", at=NOW)
    assert queries.balances([wallet.person_id, nobody.pk]) == {wallet.person_id: (70, 30)}


def test_what_an_account_had_is_its_balance_after_its_last_transfer_by_then() -> None:
    budget, redeemed = make_budget(1000), accounts.system(AccountKind.REDEEMED)
    first, before = moment(), Account.objects.get(kind="funding").points
    wallet = make_wallet()
    move(budget, wallet, 100)
    second = moment()
    move(wallet, redeemed, 30, kind=TransferKind.REDEMPTION)
    assert [queries.points_at(budget.pk, at) for at in (NOW, first, second)] == [0, 1000, 900]
    assert [queries.points_at(redeemed.pk, at) for at in (first, second, moment())] == [0, 0, 30]
    assert [queries.points_at(wallet.pk, at) for at in (first, second, moment())] == [0, 100, 70]
    assert queries.points_at(Account.objects.get(kind="funding").pk, first) == before == -1000


def test_a_transfer_counts_from_its_own_microsecond_on() -> None:
    wallet = make_wallet(5)
    milliseconds, fraction = divmod(queries.statement(wallet.person)[0].transfer_id.int >> 64, 1 << 16)
    microseconds = milliseconds * 1000 + -(-(fraction & 0xFFF) * 1000 // 4096)
    recorded = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds)
    ago = recorded - timedelta(microseconds=1)
    assert [queries.points_at(wallet.pk, at) for at in (ago, recorded)] == [0, 5]
    assert [queries.wallet(wallet.person, at).available for at in (ago, recorded)] == [0, 5]


def test_what_it_costs_does_not_grow_with_the_history(django_assert_num_queries) -> None:
    wallet = make_wallet(1, 2, 3, 4)
    person, at = wallet.person, moment()
    with django_assert_num_queries(1):
        queries.wallet(person, at)
    with django_assert_num_queries(1):
        queries.points_at(wallet.pk, at)


@pytest.mark.parametrize("at", [NOW.replace(tzinfo=None), datetime(9999, 1, 1, tzinfo=UTC)])
@pytest.mark.parametrize("ask", ["wallet", "history", "points_at", "account_statement"])
def test_a_time_without_zone_or_in_the_future_is_refused(ask: str, at: datetime) -> None:
    wallet = make_wallet()
    whose = wallet.person if ask in {"wallet", "history"} else wallet.pk
    said = "The time has no zone. Write it as 2026-06-01T12:00:00Z."
    if at.tzinfo:
        said = "The time is in the future. Give one that is over."
    assert refusal(lambda: getattr(queries, ask)(whose, at=at)) == (InvalidTime, said, "/at")


def test_this_very_moment_is_not_in_the_future() -> None:
    with time_machine.travel(NOW, tick=False):
        assert queries.recorded_by(NOW) == NOW


def test_a_statement_goes_on_below_the_last_line_of_the_page_before() -> None:
    make_wallet(9)  # somebody else's
    wallet = make_wallet(*range(1, 6))
    for read in (partial(queries.statement, wallet.person), partial(queries.account_statement, wallet.pk)):
        first = read(limit=2)
        second = read(limit=2, before=first[-1].transfer_id)
        assert [line.points for line in (*first, *second)] == [5, 4, 3, 2]
    assert queries.history(wallet.person).account_id == wallet.pk


def test_a_page_has_fifty_lines_where_nobody_says_and_two_hundred_at_most() -> None:
    budget, wallet = make_budget(), make_wallet()
    items = [
        NewTransfer(
            debit_id=budget.pk, credit_id=wallet.pk, points=1, kind=TransferKind.CREDIT, reference=new_reference()
        )
        for _ in range(201)
    ]
    post(items, at=NOW)
    for read in (partial(queries.statement, wallet.person), partial(queries.account_statement, wallet.pk)):
        assert [len(read()), len(read(limit=200)), len(read(limit=201))] == [50, 200, 200]


def test_a_page_reads_no_more_than_its_lines_of_each_side() -> None:
    wallet = make_wallet(1, 2, 3)
    with CaptureQueriesContext(connection) as queries_:
        queries.account_statement(wallet.pk, limit=2)
    [query] = queries_.captured_queries
    assert re.findall("LIMIT 2|UNION ALL|UNION", query["sql"]) == ["LIMIT 2", "UNION ALL", "LIMIT 2", "LIMIT 2"]


def test_open_lots_are_the_wallets_own_in_the_order_in_which_they_are_spent() -> None:
    make_wallet((100, LATER))
    wallet = make_wallet(5, (1, LATER), (7, LATER + YEAR), (2, LATER), (3, NOW), 4)
    lots.expire(at=NOW)
    assert [lot.remaining for lot in queries.open_lots(wallet)] == [1, 2, 7, 5, 4]
    with time_machine.travel(NOW):
        assert repr(queries.wallet(wallet.person).expiring) == repr(
            [Expiring(points=3, expires_at=LATER), Expiring(points=7, expires_at=LATER + YEAR)]
        )


def test_the_api_answers_with_the_wallet_as_it_stood() -> None:
    http, person = api(scopes=["wallets:read"]), make_person()
    path = f"/api/v1/wallets/{person.employee_number}"
    wallet, budget = make_wallet((100, LATER), person=person), Account.objects.get(kind="budget")
    at = moment()
    move(budget, wallet, 11)
    was = http.get(path, {"at": at.isoformat()}).json()
    assert (was["available"], was["lifetime_earned"], was["expiring"]) == (
        100,
        100,
        [{"points": 100, "expires_at": "2027-06-01T12:00:00Z"}],
    )
    assert http.get(path).json()["available"] == 111
    assert http.get(path, {"at": "2020-01-01T00:00:00Z"}).json()["available"] == 0


def test_the_api_lists_what_was_recorded_by_then_page_by_page() -> None:
    http, wallet = api(scopes=["wallets:read"]), make_wallet(1, 2, 3)
    at = moment()
    move(Account.objects.get(kind="budget"), wallet, 4)
    path = f"/api/v1/wallets/{wallet.person.employee_number}/transfers"
    first = http.get(path, {"at": at.astimezone(UTC).isoformat().replace("+00:00", "z"), "limit": 2}).json()
    second = http.get(first["next"]).json()
    assert [line["points"] for page in (first, second) for line in page["results"]] == [3, 2, 1]
    assert second["next"] is None


@pytest.mark.parametrize("tail", ["", "/transfers"])
@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2026-06-01T12:00:00", "not_rfc_3339"),
        ("2026-06-01T12:00:00 02:00", "not_rfc_3339"),
        ("2026-06-01", "not_rfc_3339"),
        ("2026-02-30T12:00:00Z", "not_rfc_3339"),
        ("0001-01-01T00:00:00+23:59", "not_rfc_3339"),
        ("1780000000", "not_rfc_3339"),
        ("", "not_rfc_3339"),
        ("9999-12-31T23:59:59Z", "invalid_time"),
    ],
)
def test_the_api_names_the_member_that_is_no_time(at: str, code: str, tail: str) -> None:
    http, person = api(scopes=["wallets:read"]), make_person()
    answer = http.get(f"/api/v1/wallets/{person.employee_number}{tail}", {"at": at})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"], answer.json()["errors"][0]["code"]) == (
        422,
        "/at",
        code,
    )
