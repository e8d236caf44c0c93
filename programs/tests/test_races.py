"""What happens at the same moment, on real connections: exact to the point, and everybody gets an answer."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from people.models import Person
from people.tests.factories import make_person
from programs.errors import OverBudget
from programs.models import Funding, LowBudget, PointsRequest, Programme, Upload
from programs.operations import budget_closings, budget_transfers, budgets, fundings, uploads
from programs.operations.points_requests import Submitted, submit
from programs.tests.factories import AT, approvers, make_programme, new
from programs.tests.test_budgets import make_department_budget
from programs.tests.upload_files import csv_file
from wallets.ledger_rules import findings
from wallets.models import Account
from wallets.operations import accounts
from wallets.queries import wallet

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 10


def at_once(work: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """Run work(0), work(1), … on a thread and a connection each, all started together; return what each returned."""
    start, results = threading.Barrier(threads), [None] * threads

    def run(index: int) -> None:
        try:
            connection.ensure_connection()
            start.wait()
            results[index] = work(index)
        finally:
            connection.close()

    running = [threading.Thread(target=run, args=[index]) for index in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return results


def make_earner() -> Person:
    """Somebody with a wallet: opening one would let the first of ten pass alone."""
    person = make_person()
    accounts.open_wallets([person.pk])
    return person


def codes(submitted: list[Submitted]) -> Counter[str]:
    return Counter(each.error.code if each.error else "replayed" if each.replayed else "new" for each in submitted)


def test_same_external_id_is_one_credit_and_one_answer() -> None:
    programme, person = make_programme(), make_earner()
    done = at_once(lambda _: submit([new(programme, person, external_id="a")], at=AT)[0])
    assert codes(done) == {"new": 1, "replayed": 9}
    assert {each.points_request for each in done} == {PointsRequest.objects.get()}
    assert {(each.wallet.available, each.wallet.held) for each in done} == {(500, 0)}
    assert list(findings()) == []


def test_same_external_id_with_other_content_is_one_credit_and_nine_conflicts() -> None:
    programme, person = make_programme(), make_earner()
    done = at_once(lambda i: submit([new(programme, person, external_id="a", points=500 + i)], at=AT)[0])
    assert codes(done) == {"new": 1, "external_id_conflict": 9}
    assert Account.objects.get(kind="wallet").points == PointsRequest.objects.get().points


def test_same_once_key_is_one_credit() -> None:
    programme, person = make_programme(), make_earner()
    done = at_once(lambda i: submit([new(programme, person, external_id=f"{i}", once_key="Q3")], at=AT)[0])
    assert codes(done) == {"new": 1, "already_credited": 9}


def test_lists_in_opposite_order_all_get_an_answer() -> None:
    programme, people = make_programme(steps=[(100, 1)]), [make_earner() for _ in range(20)]  # no budget to queue at
    asked = [new(programme, person, external_id=f"{i}") for i, person in enumerate(people)]
    done = at_once(lambda i: submit(asked if i % 2 else asked[::-1], at=AT))
    assert codes([each for answers in done for each in answers]) == {"new": 20, "replayed": 180}
    assert list(findings()) == []


def test_last_points_of_a_budget_are_given_exactly() -> None:
    programme, people = make_programme(budget=1700), [make_earner() for _ in range(THREADS)]
    done = at_once(lambda i: submit([new(programme, people[i])], at=AT)[0])
    assert codes(done) == {"new": 3, "over_budget": 7}
    assert Account.objects.get(pk=programme.budget_id).points == 200
    assert list(findings()) == []


def test_hot_budget_gives_its_last_point_and_never_one_more() -> None:
    programme, people = make_programme(budget=1000), [make_earner() for _ in range(32)]
    sizes = [7, 11, 13]  # the same for all, so that what is left fits one of them until the very end

    def work(index: int) -> list[Submitted]:
        asked = [
            new(programme, people[index], points=size, external_id=f"{index}-{n}") for n, size in enumerate(sizes * 2)
        ]
        return [submit([each], at=AT)[0] for each in asked] if index % 2 else submit(asked, at=AT)

    done = [each for answers in at_once(work, threads=32) for each in answers]
    given = sum(each.points_request.points for each in done if each.points_request)
    left = Account.objects.get(pk=programme.budget_id).points
    assert (given + left, codes(done)["new"] + codes(done)["over_budget"]) == (1000, 192)
    assert 0 <= left < min(sizes)
    assert sum(row.points for row in PointsRequest.objects.all()) == given
    assert list(findings()) == []


def test_person_limit_holds_across_connections() -> None:
    programme, person = make_programme(per_person_limit=1700, per_person_limit_days=30), make_earner()
    done = at_once(lambda _: submit([new(programme, person)], at=AT)[0])
    assert codes(done) == {"new": 3, "over_person_limit": 7}


def test_funding_with_one_external_id_is_one_funding() -> None:
    programme = make_programme(budget=0)
    done = at_once(lambda _: fundings.fund(programme=programme, points=100, reference="", at=AT, external_id="f"))
    assert set(done) == {Funding.objects.get()}
    assert Account.objects.get(pk=programme.budget_id).points == 100


def test_ten_workers_on_two_uploads_of_the_same_rows_credit_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(uploads.credit_batch.__kwdefaults__, "limit", 2)
    programme, people = make_programme(), [make_earner() for _ in range(9)]
    lines = [f"{person.employee_number},10,Q3" for person in people]
    made = [
        uploads.prepare(file=csv_file(*lines), name="q3.csv", programme=programme, by=None, at=AT) for _ in range(2)
    ]
    for upload in made:
        uploads.confirm(upload.pk, by=None, at=AT)

    def work(index: int) -> None:
        """Be a worker, or, as every other one, the command that waits for no worker."""
        for _ in range(10):
            if index % 2:
                uploads.work(at=AT)
            else:
                uploads.credit_batch(made[index % 4 // 2].pk, at=AT)

    at_once(work)
    assert list(Upload.objects.values_list("status", "settled_rows")) == [("done", 9)] * 2
    assert sum(Upload.objects.values_list("credited_points", flat=True)) == 90
    assert [wallet(person).available for person in people] == [10] * 9
    assert list(findings()) == []


def test_last_points_of_a_departments_budget_are_given_exactly_and_the_programmes_are_left_alone() -> None:
    programme = make_programme(budget=10_000)
    budget = make_department_budget(programme, 1700)
    people = [make_earner() for _ in range(THREADS)]
    Person.objects.update(department=budget.department)
    done = at_once(lambda i: submit([new(programme, people[i])], at=AT)[0])
    assert codes(done) == {"new": 3, "over_budget": 7}
    points = Account.objects.values_list("points", flat=True)
    assert (points.get(pk=budget.account_id), points.get(pk=programme.budget_id)) == (200, 8300)
    assert list(findings()) == []


def limited_at_once(*, is_settled: bool) -> tuple[Programme, list[Submitted]]:
    """Ten ask for 500 points each at the same moment of a programme that gives 1,700 at most."""
    programme = make_programme(per_programme_limit=1700, per_programme_limit_days=30)
    if is_settled:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE programs_programme DISABLE TRIGGER USER")
            cursor.execute("UPDATE programs_programme SET counted_since = '2026-01-01'")
            cursor.execute("ALTER TABLE programs_programme ENABLE TRIGGER USER")
    people = [make_earner() for _ in range(THREADS)]
    return programme, at_once(lambda i: submit([new(programme, people[i])], at=AT)[0])


@pytest.mark.parametrize("is_settled", [True, False])
def test_programme_limit_holds_across_connections(is_settled: bool) -> None:
    _, done = limited_at_once(is_settled=is_settled)
    assert codes(done) == {"new": 3, "over_programme_limit": 7}
    assert sum(row.points for row in PointsRequest.objects.all()) == 1500
    assert list(findings()) == []


def test_programme_limit_without_its_lock_would_be_overrun() -> None:
    """Control: the same race where the programme is not locked gives more than the limit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('programs_limits'::regproc)")
        [definition] = cursor.fetchone()
        # everybody reads before anybody writes, as those who take no turns do in the worst case
        unlocked = definition.replace("FOR NO KEY UPDATE", "").replace(
            "RETURN QUERY SELECT", "PERFORM pg_sleep(0.3); RETURN QUERY SELECT"
        )
        cursor.execute(unlocked)
    try:
        _, done = limited_at_once(is_settled=True)
    finally:
        with connection.cursor() as cursor:
            cursor.execute(definition)
    assert codes(done)["new"] > 3


def test_moving_points_away_while_they_are_credited_loses_none() -> None:
    programme, other = make_programme(budget=2000), make_programme(budget=0)
    people = [make_earner() for _ in range(THREADS)]

    def work(index: int) -> object:
        if index % 2:
            return submit([new(programme, people[index])], at=AT)[0]
        try:
            return budget_transfers.propose(
                from_account_id=programme.budget_id,
                to_account_id=other.budget_id,
                points=300,
                reason="x",
                by=people[0],
                at=AT,
            )
        except OverBudget as error:
            return error

    at_once(work)
    held = {each.pk: each.points for each in Account.objects.all()}
    credited = sum(row.points for row in PointsRequest.objects.all())
    assert held[programme.budget_id] + held[other.budget_id] + credited == 2000
    assert held[programme.budget_id] in range(300)
    assert list(findings()) == []


def test_closing_a_year_while_points_are_credited_keeps_figures_that_add_up() -> None:
    programme, approver = make_programme(budget=10_000), make_person()
    approver.groups.add(approvers())
    people = [make_earner() for _ in range(THREADS)]
    closing = budget_closings.propose(programme=programme, year=2025, carry_over_max=4000, by=people[0], at=AT)

    def work(index: int) -> object:
        if index == 0:
            return budget_closings.approve(closing.pk, by=approver, at=AT)
        return submit([new(programme, people[index])], at=AT)[0]

    at_once(work)
    closing.refresh_from_db()
    assert (closing.status, closing.carried_over) == ("posted", 4000)
    later = 9 * 500 - (closing.credited or 0)
    assert Account.objects.get(pk=programme.budget_id).points == 4000 - later
    assert list(findings()) == []


def test_ten_sweeps_notice_a_low_budget_once() -> None:
    make_programme(budget=10, budget_low_at=50)
    assert sum(at_once(lambda _: budgets.notice(at=AT))) == 1
    assert LowBudget.objects.count() == 1
