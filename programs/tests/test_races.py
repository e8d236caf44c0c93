"""What happens at the same moment, on real connections: exact to the point, and everybody gets an answer."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from people.models import Person
from people.tests.factories import make_person
from programs.models import Funding, PointsRequest, Upload
from programs.operations import fundings, uploads
from programs.operations.points_requests import Submitted, submit
from programs.tests.factories import AT, make_programme, new
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
