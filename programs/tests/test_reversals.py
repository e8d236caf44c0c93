"""Taking points back: whole, in part, twice, too much, too late."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from api.tests.factories import make_client
from messaging.models import Message
from people.models import Person
from people.tests.factories import make_person
from programs.enums import PointsRequestStatus
from programs.errors import AlreadyReversed, NotCredited, OverPersonLimit, OverReversal, PointsOutOfRange, ReasonMissing
from programs.models import PointsRequest, Reversal
from programs.operations import reversals
from programs.tests.factories import AT, credited, make_programme, submit_one
from programs.tests.test_ledger_rules import without_triggers
from wallets.ledger_rules import findings
from wallets.models import Account
from wallets.operations import holds

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ledger_stays_true(request: pytest.FixtureRequest) -> Any:
    yield
    if "planted" not in request.node.name:
        assert list(findings()) == []


def spend(person: Person, points: int) -> None:
    hold = holds.place(account_id=Account.objects.get(person=person).pk, points=points, reference=f"x{points}", at=AT)
    holds.capture(hold.pk, at=AT)


def reverse(row: PointsRequest, **fields: Any) -> Reversal:
    values = {"reason": "Rated the wrong person", "by": None, "at": AT} | fields
    if values["by"] is None and "client" not in values:
        values["by"] = make_person()
    return reversals.reverse(row.pk, **values)


def points_of(account: dict[str, Any]) -> int:
    return Account.objects.get(**account).points


def test_all_of_it_goes_back_to_the_budget_and_the_person_is_told() -> None:
    programme, ana = make_programme(budget=1000, name="Spotlight"), make_person()
    row = credited(programme, ana)
    done = reverse(row)
    row.refresh_from_db()
    assert (done.points, done.taken, done.shortfall) == (500, 500, 0)
    assert (row.status, row.reversed_points, row.status_reason) == ("reversed", 500, "Rated the wrong person")
    assert (points_of({"person": ana}), points_of({"pk": programme.budget_id})) == (0, 1000)
    assert (done.transfer.kind, done.transfer.reverses_id) == ("reversal", row.transfer_id)
    told = Message.objects.get(person=ana, kind="points_reversed")
    assert told.title == "500 points were taken back"
    assert told.body == "Why: Rated the wrong person (They had come from Spotlight: Q3 rating 5)"


def test_what_was_spent_is_the_shortfall_and_it_is_final() -> None:
    programme, ana = make_programme(), make_person()
    row = credited(programme, ana)
    spend(ana, 300)
    assert reversals.expected(row, at=AT) == reversals.Expected(taken=200, shortfall=300)
    done = reverse(row)
    row.refresh_from_db()
    assert (done.taken, done.shortfall, row.status, row.reversed_points) == (200, 300, "reversed", 200)
    credited(programme, ana)
    assert reverse(row).pk == done.pk
    assert points_of({"person": ana}) == 500


def test_where_all_was_spent_nothing_moves_and_nobody_is_told() -> None:
    ana = make_person()
    row = credited(make_programme(), ana)
    spend(ana, 500)
    done = reverse(row)
    assert (done.taken, done.shortfall, done.transfer) == (0, 500, None)
    assert not Message.objects.filter(kind="points_reversed").exists()


def test_a_part_leaves_it_credited_and_the_rest_can_follow() -> None:
    ana = make_person()
    row = credited(make_programme(), ana)
    reverse(row, points=200)
    row.refresh_from_db()
    assert (row.status, row.reversed_points) == (PointsRequestStatus.CREDITED, 200)
    with pytest.raises(OverReversal, match="300 points of this request"):
        reverse(row, points=301)
    reverse(row, points=300)
    row.refresh_from_db()
    assert (row.status, row.reversed_points, points_of({"person": ana})) == ("reversed", 500, 0)


def test_what_is_held_for_an_order_is_not_taken() -> None:
    ana = make_person()
    row = credited(make_programme(), ana)
    holds.place(account_id=Account.objects.get(person=ana).pk, points=400, reference="o", at=AT)
    assert reverse(row).taken == 100


def test_again_with_the_same_words_answers_what_happened_and_with_others_is_refused() -> None:
    row = credited(make_programme(), make_person())
    first = reverse(row)
    assert reverse(row).pk == reverse(row, points=500).pk == first.pk
    for fields in ({"reason": "Another"}, {"points": 499}):
        with pytest.raises(AlreadyReversed):
            reverse(row, **fields)
    assert Reversal.objects.count() == 1


def test_what_was_not_credited_is_not_taken_back() -> None:
    waiting = credited(make_programme(steps=[(100, 1)]), make_person())
    parked = credited(make_programme(unknown_recipients="park"))
    for row, hint in ((waiting, "reject it instead"), (parked, "parked")):
        with pytest.raises(NotCredited, match=hint):
            reverse(row)


@pytest.mark.parametrize("points", [0, -1, True, 1.0, "5"])
def test_impossible_points_and_no_reason_are_refused(points: Any) -> None:
    row = credited(make_programme(), make_person())
    with pytest.raises(PointsOutOfRange):
        reverse(row, points=points)
    with pytest.raises(ReasonMissing):
        reverse(row, reason="  ")
    assert not Reversal.objects.exists()


def test_what_was_taken_back_counts_no_more_against_the_persons_limit() -> None:
    programme, ana = make_programme(per_person_limit=600, per_person_limit_days=30), make_person()
    row = credited(programme, ana)
    assert isinstance(submit_one(programme, ana, points=200).error, OverPersonLimit)
    reverse(row, points=100)
    assert submit_one(programme, ana, points=200).error is None


def test_by_a_client() -> None:
    client = make_client()
    done = reverse(credited(make_programme(), make_person()), client=client)
    assert (done.client, done.reversed_by) == (client, None)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE programs_reversal SET taken = 0",
        "DELETE FROM programs_reversal",
        "TRUNCATE programs_reversal",
        "UPDATE programs_pointsrequest SET reversed_points = 0",
    ],
)
def test_the_database_keeps_a_reversal(sql: str) -> None:
    reverse(credited(make_programme(), make_person()), points=100)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(sql)


def test_planted_reversals_are_found() -> None:
    changed, orphan, counted = (credited(make_programme(), make_person()) for _ in range(3))
    first, second, third = (reverse(row, points=100) for row in (changed, orphan, counted))
    with without_triggers():
        Reversal.objects.filter(pk=first.pk).update(taken=90, shortfall=10)
        Reversal.objects.filter(pk=second.pk).delete()
        PointsRequest.objects.filter(pk=counted.pk).update(reversed_points=200)
    found = {(finding.rule, finding.id) for finding in findings() if finding.rule.startswith("revers")}
    assert found == {
        ("reversal_as_written", str(first.pk)),
        ("reversed_as_counted", str(changed.pk)),
        ("reversal_was_asked", str(second.transfer_id)),
        ("reversed_as_counted", str(orphan.pk)),
        ("reversed_as_counted", str(counted.pk)),
    }
    assert third.taken == 100
