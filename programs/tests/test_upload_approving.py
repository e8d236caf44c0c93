"""Uploads as a whole need others: who may approve, what the approval binds, and what the database refuses itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from approvals.enums import ApprovalStatus
from approvals.errors import AlreadyDecided, ContentChanged, MayNotDecide
from approvals.models import Approval
from messaging.models import Message
from people.models import Person
from people.tests.factories import make_person
from programs import matters
from programs.enums import ApprovalSubject, UploadStatus
from programs.errors import OwnWallet, UploadClosed
from programs.models import Programme, Upload
from programs.operations import uploads
from programs.tests.factories import AT, approvers, make_programme
from programs.tests.test_races import at_once
from programs.tests.upload_files import csv_file
from wallets import queries as wallet_queries
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def approver(**fields: object) -> Person:
    person = make_person(**fields)
    person.groups.add(approvers())
    return person


def programme_with_step(*, over: int = 10, approvals: int = 1, **fields: object) -> Programme:
    programme = make_programme(**fields)  # type: ignore[arg-type]
    programme.approval_steps.create(
        applies_to=ApprovalSubject.UPLOADS, over=over, approvals=approvals, group=approvers()
    )
    return programme


def confirmed(programme: Programme, *people: Person, by: Person | None = None, points: int = 20) -> Upload:
    lines = [f"{person.employee_number},{points},Q3" for person in people]
    upload = uploads.prepare(file=csv_file(*lines), name="q3.csv", programme=programme, by=by, at=AT)
    return uploads.confirm(upload.pk, by=by, at=AT)


def available(person: Person) -> int:
    return wallet_queries.wallet(person).available


@contextmanager
def without_triggers() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_nothing_moves_before_others_approved() -> None:
    programme, ana, marta, jo = programme_with_step(), make_person(), make_person(), approver()
    upload = confirmed(programme, ana, by=marta)
    assert (upload.status, upload.next_attempt_at) == (UploadStatus.WAITING, None)
    assert uploads.work(at=AT + HOUR) is False
    assert uploads.credit_batch(upload.pk, at=AT + HOUR).status == UploadStatus.WAITING
    approval = Approval.objects.get()
    assert (approval.kind, approval.summary) == ("upload", "Credit 1 row with 20 points: q3.csv")
    assert (approval.programme, approval.points, approval.requested_by) == (programme.slug, 20, marta)

    upload = uploads.approve(upload.pk, by=jo, at=AT + HOUR)
    assert upload.status == UploadStatus.CREDITING
    assert uploads.work(at=AT + HOUR) is True
    assert available(ana) == 20
    with pytest.raises(AlreadyDecided):
        uploads.approve(upload.pk, by=approver(), at=AT + HOUR)
    assert list(findings()) == []


@pytest.mark.parametrize(("points", "status"), [(10, UploadStatus.CREDITING), (11, UploadStatus.WAITING)])
def test_threshold_is_of_the_whole_file(points: int, status: UploadStatus) -> None:
    upload = confirmed(programme_with_step(over=20), make_person(), make_person(), points=points)

    assert upload.status == status


def test_step_of_single_requests_says_nothing_about_the_file() -> None:
    upload = confirmed(make_programme(steps=[(10, 1)]), make_person())

    assert (upload.status, upload.approval) == (UploadStatus.CREDITING, None)


def test_two_approvers_are_two() -> None:
    programme, first = programme_with_step(approvals=2), approver()
    upload = confirmed(programme, make_person())
    assert uploads.approve(upload.pk, by=first, at=AT).status == UploadStatus.WAITING
    with pytest.raises(AlreadyDecided):
        uploads.approve(upload.pk, by=first, at=AT)
    assert uploads.approve(upload.pk, by=approver(), at=AT).status == UploadStatus.CREDITING


@pytest.mark.parametrize("who", ["asked", "gains", "outsider"])
def test_who_may_not_approve(who: str) -> None:
    marta, ana = approver(is_superuser=True), approver(is_superuser=True)
    upload = confirmed(programme_with_step(), ana, by=marta)
    person = {"asked": marta, "gains": ana, "outsider": make_person(is_superuser=True)}[who]
    with pytest.raises(MayNotDecide):
        uploads.approve(upload.pk, by=person, at=AT)
    upload.refresh_from_db()

    assert upload.status == UploadStatus.WAITING


def test_who_gains_may_reject() -> None:
    ana = approver()
    upload = confirmed(programme_with_step(), ana)

    assert uploads.reject(upload.pk, by=ana, note="Not mine", at=AT).status == UploadStatus.REJECTED


def test_rejected_upload_credits_nothing_and_says_why() -> None:
    programme, ana, marta = programme_with_step(), make_person(), make_person()
    upload = confirmed(programme, ana, by=marta)
    upload = uploads.reject(upload.pk, by=approver(), note="Wrong quarter", at=AT)

    assert (upload.status, upload.closed_at) == (UploadStatus.REJECTED, AT)
    assert (uploads.work(at=AT + HOUR), available(ana)) == (False, 0)
    told = Message.objects.get(person=marta)
    assert told.title == "Not approved: Credit 1 row with 20 points: q3.csv"
    assert "Wrong quarter" in told.body
    with pytest.raises(UploadClosed):
        uploads.cancel(upload.pk, by=marta, at=AT)


def test_upload_that_waits_can_be_taken_back() -> None:
    upload = confirmed(programme_with_step(), make_person())
    upload = uploads.cancel(upload.pk, by=None, at=AT)

    assert (upload.status, Approval.objects.get().status) == (UploadStatus.CANCELLED, ApprovalStatus.WITHDRAWN)
    with pytest.raises(AlreadyDecided):
        uploads.approve(upload.pk, by=approver(), at=AT)


@pytest.mark.parametrize("change", [{"points": 21}, {"recipient": "E2"}, {"status": "bad"}, {"reason": "Q4"}])
def test_approval_binds_the_rows_that_were_seen(change: dict[str, object]) -> None:
    upload = confirmed(programme_with_step(), make_person(), make_person())
    with without_triggers():
        upload.rows.filter(number=2).update(**change)
    with pytest.raises(ContentChanged):
        uploads.approve(upload.pk, by=approver(), at=AT)


def test_approval_binds_how_many_rows_there_are() -> None:
    upload = confirmed(programme_with_step(), make_person(), make_person())
    upload.rows.filter(number=2).delete()
    with pytest.raises(ContentChanged):
        uploads.approve(upload.pk, by=approver(), at=AT)


@pytest.mark.parametrize("change", [{"credit_at": AT}, {"rows_hash": "0" * 64}, {"approval": None}])
def test_database_keeps_what_an_approval_was_asked_for(change: dict[str, object]) -> None:
    upload = confirmed(programme_with_step(), make_person())

    with pytest.raises(IntegrityError, match="stays as its approval"), transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(**change)


def test_database_credits_nothing_that_is_not_approved() -> None:
    upload = confirmed(programme_with_step(), make_person())

    with pytest.raises(IntegrityError, match="is not approved"), transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(status="crediting", next_attempt_at=AT)


def test_database_lets_nobody_approve_points_for_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    ana = approver()
    upload = confirmed(programme_with_step(), ana)
    monkeypatch.setattr("programs.operations.upload_approving.own_row", lambda *_: None)

    with pytest.raises(IntegrityError, match="gets points from it"), transaction.atomic():
        uploads.approve(upload.pk, by=ana, at=AT)


def test_nobody_confirms_points_for_themselves() -> None:
    ana = make_person()
    upload = uploads.prepare(
        file=csv_file(f"{ana.employee_number},5,Q3"), name="q3.csv", programme=make_programme(), by=None, at=AT
    )
    with pytest.raises(OwnWallet, match="Row 2 gives points to you"):
        uploads.confirm(upload.pk, by=ana, at=AT)


def test_approved_upload_waits_for_its_time() -> None:
    programme, file = programme_with_step(), csv_file(f"{make_person().employee_number},50,Q3")
    upload = uploads.prepare(file=file, name="q3.csv", programme=programme, by=None, at=AT, credit_at=AT + HOUR)
    uploads.confirm(upload.pk, by=None, at=AT)

    assert uploads.approve(upload.pk, by=approver(), at=AT).status == UploadStatus.SCHEDULED


def test_matter_says_what_approving_does() -> None:
    programme = programme_with_step(name="Spot", budget=100)
    upload = confirmed(programme, make_person(), make_person())

    assert list(matters.UPLOAD.facts(matters.UPLOAD.rows().get())) == [
        ("What", "Credit 2 rows with 40 points to 2 people"),
        ("File", "q3.csv"),
        ("Budget", "Spot: 100 left, 60 after"),
        ("When", "As soon as it is approved"),
    ]
    assert matters.UPLOAD.seen(upload) == Approval.objects.get().content_hash


@pytest.mark.django_db(transaction=True)
def test_approving_rejecting_and_taking_back_at_once_is_one_of_them() -> None:
    programme, ana, marta = programme_with_step(), make_person(), make_person()
    people = [approver() for _ in range(6)]
    upload = confirmed(programme, ana, by=marta)

    def decide(index: int) -> str:
        work = (uploads.approve, uploads.reject, uploads.cancel)[index % 3]
        try:
            return str(work(upload.pk, by=people[index], at=AT).status)
        except (AlreadyDecided, UploadClosed) as error:
            return error.code

    answers = at_once(decide, threads=6)
    [status] = set(answers) - {"already_decided", "upload_closed"}
    assert answers.count(status) == 1
    while uploads.work(at=AT):
        pass
    upload.refresh_from_db()
    assert (available(ana), upload.status) == ((20, "done") if status == "crediting" else (0, status))
    assert Approval.objects.get().status != ApprovalStatus.WAITING
    assert list(findings()) == []
