"""Points given and taken by hand, by two people."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from approvals.errors import AlreadyDecided, ContentChanged, MayNotDecide
from messaging.models import Message
from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person
from programs.enums import AdjustmentStatus
from programs.errors import OverBudget, OwnWallet, PointsOutOfRange, ReasonMissing, RecipientInactive
from programs.models import Adjustment, Programme
from programs.operations import adjustments
from programs.tests.factories import AT, approvers, credited, make_programme
from programs.tests.test_ledger_rules import without_triggers
from wallets.errors import InsufficientPoints
from wallets.ledger_rules import findings
from wallets.models import Account, Lot, Transfer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _ledger_stays_true(request: pytest.FixtureRequest) -> Any:
    yield
    if "planted" not in request.node.name:
        assert list(findings()) == []


def make_approver(**fields: Any) -> Person:
    person = make_person(**fields)
    person.groups.add(approvers())
    return person


def proposed(programme: Programme, person: Person, points: int, **fields: Any) -> Adjustment:
    values = {"reason": "Missed in March", "by": make_person(), "at": AT} | fields
    return adjustments.propose(programme=programme, person=person, points=points, **values)


def available(person: Person) -> int:
    return Account.objects.get(person=person).available


def test_given_points_come_from_the_budget_expire_and_are_told_with_the_reason() -> None:
    programme, ana = make_programme(budget=1000, points_expire_after_days=30), make_person(time_zone="Europe/Lisbon")
    row = proposed(programme, ana, 300)
    assert not Account.objects.filter(person=ana).exists()
    adjustments.approve(row.pk, by=make_approver(), at=AT)
    row.refresh_from_db()
    assert (row.status, row.closed_at, available(ana)) == (AdjustmentStatus.POSTED, AT, 300)
    assert Account.objects.get(pk=programme.budget_id).points == 700
    assert (row.transfer.kind, row.transfer.points) == ("adjustment", 300)
    assert Lot.objects.get().expires_at > AT + timedelta(days=30)
    told = Message.objects.get(person=ana)
    assert (told.title, told.body, told.path) == ("You got 300 points", "Missed in March", "/statement")


def test_taken_points_go_back_to_the_budget() -> None:
    programme, ana = make_programme(budget=1000), make_person()
    credited(programme, ana)
    row = proposed(programme, ana, -200, reason="Counted twice")
    adjustments.approve(row.pk, by=make_approver(), at=AT)
    assert (available(ana), Account.objects.get(pk=programme.budget_id).points) == (300, 700)
    assert Message.objects.filter(person=ana, kind="points_adjusted").get().title == "200 points were taken back"


def test_points_that_are_gone_are_not_taken_and_it_still_waits() -> None:
    programme, ana = make_programme(), make_person()
    credited(programme, ana)
    row = proposed(programme, ana, -501)
    with pytest.raises(InsufficientPoints, match="has 500 points available now, and 501 were to be taken") as refused:
        adjustments.approve(row.pk, by=make_approver(), at=AT)
    assert (refused.value.code, refused.value.pointer) == ("insufficient_points", "/points")
    row.refresh_from_db()
    assert (row.status, available(ana), row.approval.decisions.count()) == (AdjustmentStatus.WAITING, 500, 0)
    assert not Message.objects.filter(kind="points_adjusted").exists()


def test_a_budget_that_is_too_small_gives_nothing() -> None:
    row = proposed(make_programme(budget=10), make_person(), 11)
    with pytest.raises(OverBudget, match="Fund it first"):
        adjustments.approve(row.pk, by=make_approver(), at=AT)


def test_four_eyes_hold_for_proposer_beneficiary_outsider_and_superuser() -> None:
    programme, proposer, ana = make_programme(), make_approver(), make_approver()
    row = proposed(programme, ana, 100, by=proposer)
    for person in (proposer, ana, make_person(), make_person(is_superuser=True)):
        with pytest.raises(MayNotDecide):
            adjustments.approve(row.pk, by=person, at=AT)
    row.refresh_from_db()
    assert row.status == AdjustmentStatus.WAITING


def test_rejected_moves_nothing_and_tells_the_proposer() -> None:
    proposer, approver = make_person(), make_approver()
    row = proposed(make_programme(), make_person(name="Ana"), 100, by=proposer)
    adjustments.reject(row.pk, by=approver, note="Ask in May", at=AT)
    row.refresh_from_db()
    assert (row.status, row.transfer) == (AdjustmentStatus.REJECTED, None)
    told = Message.objects.get()
    assert (told.person, told.title, told.body) == (
        proposer,
        "Not approved: Give 100 points to Ana: Missed in March",
        f"{approver}: Ask in May",
    )
    for decide in (adjustments.approve, adjustments.reject):
        with pytest.raises(AlreadyDecided):
            decide(row.pk, by=make_approver(), at=AT)


def test_what_changed_since_it_was_proposed_is_not_approved() -> None:
    row = proposed(make_programme(), make_person(), 100)
    with without_triggers():
        Adjustment.objects.filter(pk=row.pk).update(points=900)
    with pytest.raises(ContentChanged):
        adjustments.approve(row.pk, by=make_approver(), at=AT)


@pytest.mark.parametrize("points", [0, 10_000_001, -10_000_001, True, 1.5, "5"])
def test_impossible_points_are_refused(points: Any) -> None:
    with pytest.raises(PointsOutOfRange):
        proposed(make_programme(), make_person(), points)
    assert not Adjustment.objects.exists()


def test_a_reason_is_needed_and_nobody_adjusts_their_own_or_gives_to_a_leaver() -> None:
    programme, ana = make_programme(), make_person()
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(ReasonMissing):
            proposed(programme, ana, 5, reason=reason)
    with pytest.raises(OwnWallet):
        proposed(programme, ana, 5, by=ana)
    left = make_person(status=PersonStatus.LEFT)
    with pytest.raises(RecipientInactive):
        proposed(programme, left, 5)
    proposed(programme, left, -5)


def test_who_left_meanwhile_gets_nothing() -> None:
    ana = make_person()
    row = proposed(make_programme(), ana, 5)
    Person.objects.filter(pk=ana.pk).update(status=PersonStatus.LEFT)
    with pytest.raises(RecipientInactive):
        adjustments.approve(row.pk, by=make_approver(), at=AT)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE programs_adjustment SET points = 7",
        "UPDATE programs_adjustment SET reason = 'other'",
        "UPDATE programs_adjustment SET status = 'posted', closed_at = now()",
        "UPDATE programs_adjustment SET requested_by_id = person_id",
        "DELETE FROM programs_adjustment",
        "TRUNCATE programs_adjustment",
    ],
)
def test_the_database_keeps_an_adjustment_as_it_was_proposed(sql: str) -> None:
    proposed(make_programme(), make_person(), 100)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(IntegrityError), transaction.atomic():
            cursor.execute(sql)


def test_the_database_posts_no_adjustment_without_approval() -> None:
    programme, ana = make_programme(), make_person()
    row, credit = proposed(programme, ana, 100), credited(programme, ana)
    with pytest.raises(IntegrityError, match="is not approved"), transaction.atomic():
        Adjustment.objects.filter(pk=row.pk).update(status="posted", closed_at=AT, transfer=credit.transfer_id)


def test_planted_adjustments_are_found() -> None:
    programme, ana = make_programme(), make_person()
    changed, orphan = (proposed(programme, ana, 100) for _ in range(2))
    for row in (changed, orphan):
        adjustments.approve(row.pk, by=make_approver(), at=AT)
    orphan.refresh_from_db()
    with without_triggers():
        Adjustment.objects.filter(pk=changed.pk).update(points=101)
        Adjustment.objects.filter(pk=orphan.pk).delete()
    found = {(finding.rule, finding.id) for finding in findings() if finding.rule.startswith("adjustment")}
    assert found == {
        ("adjustment_as_written", str(changed.pk)),
        ("adjustment_was_proposed", str(orphan.transfer_id)),
    }
    assert Transfer.objects.filter(pk=orphan.transfer_id).exists()
