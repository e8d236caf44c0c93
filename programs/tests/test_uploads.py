"""Uploads: what the check says, what confirming leads to, and that no row is ever credited twice."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from messaging.models import Message
from people.enums import PersonStatus
from people.models import Person
from people.tests.factories import make_person
from programs import upload_results
from programs.enums import PointsRequestStatus, ProgrammeStatus, UnknownRecipients, UploadRowStatus, UploadStatus
from programs.errors import UnreadableUpload, UploadClosed, UploadHasBadRows, UploadHasNoRows
from programs.models import PointsRequest, Programme, Upload, UploadRow
from programs.operations import points_requests, upload_crediting, upload_intake, uploads
from programs.tests.factories import AT, approvers, make_programme
from programs.tests.upload_files import csv_file, xlsx_file
from wallets import queries as wallet_queries
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OPTIONAL = "recipient,points,reason,external_id,credit_on"


def prepare(programme: Programme, file: BytesIO, **options: Any) -> Upload:
    defaults = {"name": "q3.csv", "by": None, "at": AT}
    return uploads.prepare(file=file, programme=programme, **(defaults | options))


def confirmed(programme: Programme, file: BytesIO, **options: Any) -> Upload:
    upload = prepare(programme, file)
    return uploads.confirm(upload.pk, **({"by": None, "at": AT, "skip_bad": True} | options))


def credit(upload: Upload, at: datetime = AT) -> Upload:
    """Do what the worker does until nothing is due."""
    while uploads.work(at=at):
        pass
    upload.refresh_from_db()
    return upload


def rows(upload: Upload) -> list[tuple[int, str, str]]:
    return list(upload.rows.order_by("number").values_list("number", "status", "detail"))


def available(person: Person) -> int:
    return wallet_queries.wallet(person).available


def test_check_counts_and_moves_nothing() -> None:
    programme = make_programme(budget=10_000, steps=[(1000, 1)], per_request_limit=5000)
    ana, ben, left = make_person(), make_person(), make_person(status=PersonStatus.LEFT, name="Lee")
    upload = prepare(
        programme,
        csv_file(
            f"{ana.employee_number},500,Q3",
            f"email:{ben.email.upper()},2000,Q3",
            f"{ana.employee_number},300,Spot",
            f"{ben.employee_number},1.500,Spot",
            f"{left.employee_number},500,Q3",
            f"{ana.employee_number},6000,Big",
        ),
    )

    counts = (upload.row_count, upload.ready_rows, upload.approval_rows, upload.bad_rows, upload.people)
    assert counts == (6, 2, 1, 3, 2)
    assert (upload.points, upload.ready_points, upload.budget_points) == (2800, 800, 10_000)
    assert [(number, detail) for number, _, detail in rows(upload) if detail] == [
        (5, "Points must be a whole number in digits alone, such as 1500."),
        (6, "Lee no longer works here, or is suspended. Take the row out."),
        (7, "Over the 5,000 that one request may hold. Ask for fewer points."),
    ]
    assert (PointsRequest.objects.count(), available(ana), upload.status) == (0, 0, UploadStatus.CHECKED)


def test_unknown_recipient_is_told_who_is_alike() -> None:
    programme = make_programme()
    make_person(employee_number="E10482", name="M. von Hohenstein")
    make_person(employee_number="00123", name="Zoe")
    upload = prepare(programme, csv_file("E1O482,5,a", "123,5,b", "nobody,5,c", "e10482,5,d"))

    assert [detail for _, _, detail in rows(upload)] == [
        "Nobody has E1O482. Did you mean E10482, M. von Hohenstein?",
        "Nobody has 123. Did you mean 00123, Zoe?",
        "Nobody has nobody. Check it, or add the person first.",
        "Nobody has e10482. Did you mean E10482, M. von Hohenstein?",
    ]


def test_number_of_a_workbook_must_name_one_person_as_it_stands() -> None:
    programme = make_programme()
    for number in ("10482", "77", "0077", "0088"):
        make_person(employee_number=number)
    upload = prepare(programme, xlsx_file([10482, 5, "a"], [77, 5, "b"], [88, 5, "c"], [99, 5, "d"], ["77", 5, "e"]))

    dropped = "Excel may have dropped leading zeros: is it {}? Format the column as text, type it again."
    assert rows(upload) == [
        (2, "ready", ""),
        (3, "bad", dropped.format("77 or 0077")),
        (4, "bad", dropped.format("0088")),
        (5, "bad", "Nobody has 99. Where it began with zeros, format the column as text and type it again."),
        (6, "ready", ""),
    ]


def test_row_twice_in_a_file_is_named_with_the_first() -> None:
    programme, ana = make_programme(), make_person()
    upload = prepare(
        programme,
        csv_file(
            f"{ana.employee_number},5,Q3,,",
            f"email:{ana.email},7,Q3,,",
            f"{ana.employee_number},5,Q3,,2026-06-01",
            f"{ana.employee_number},5,Q3,one,",
            f"{ana.employee_number},5,Q4,one,",
            f"{ana.employee_number},5,Q3,two,",
            header=OPTIONAL,
        ),
    )

    again = "as row {}. Take one out, or give each an external_id of its own."
    assert [(number, detail) for number, _, detail in rows(upload) if detail] == [
        (3, f"Same person and reason {again.format(2)}"),
        (6, f"Same external_id {again.format(5)}"),
    ]


def test_budget_is_counted_down_the_rows() -> None:
    programme, ana = make_programme(budget=1000), make_person()
    upload = prepare(programme, csv_file(*(f"{ana.employee_number},{points},{points}" for points in (600, 500, 400))))

    assert rows(upload) == [
        (2, "ready", ""),
        (3, "bad", "The budget holds 400 points after the rows above. Fund it, or take rows out."),
        (4, "ready", ""),
    ]


def test_limit_of_a_person_is_counted_down_the_rows() -> None:
    programme = make_programme(per_person_limit=1000, per_person_limit_days=90)
    ana = make_person()
    upload = prepare(programme, csv_file(*(f"{ana.employee_number},600,{number}" for number in range(2))))

    assert [status for _, status, _ in rows(upload)] == ["ready", "bad"]
    assert rows(upload)[1][2].endswith("gives one person at most 1000 points in 90 days; 400 are left for this one.")


def test_programme_that_gives_nothing_makes_every_row_bad() -> None:
    programme, ana = make_programme(status=ProgrammeStatus.PAUSED), make_person()
    upload = prepare(programme, csv_file(f"{ana.employee_number},5,Q3"))

    assert rows(upload) == [(2, "bad", f"{programme.slug.capitalize()} is paused. Ask HR when it gives points again.")]


@pytest.mark.parametrize("file", [csv_file(), xlsx_file(), csv_file(",,", " , , ")])
def test_file_without_rows_is_refused_and_leaves_nothing(file: BytesIO) -> None:
    with pytest.raises(UnreadableUpload, match="no rows beneath"):
        prepare(make_programme(), file)
    assert Upload.objects.count() == 0


def test_file_that_breaks_in_the_middle_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_intake, "CHECKED_AT_ONCE", 2)
    with pytest.raises(UnreadableUpload, match="NUL"):
        prepare(make_programme(), csv_file("E1,5,a", "E2,5,b", "E3,5,c", "E\0,5,d"))
    assert (Upload.objects.count(), UploadRow.objects.count()) == (0, 0)


def test_confirmed_rows_are_credited_and_told_of() -> None:
    programme = make_programme(steps=[(1000, 1)])
    ana, ben, marta = make_person(), make_person(), make_person()
    upload = confirmed(
        programme,
        csv_file(f"{ana.employee_number},500,Q3", f"{ben.employee_number},2000,Q3", "nobody,5,Q3"),
        by=marta,
    )
    assert (upload.status, upload.percent) == (UploadStatus.CREDITING, 0)
    upload = credit(upload)

    assert (upload.status, upload.settled_rows, upload.credited_rows, upload.credited_points) == ("done", 2, 1, 500)
    assert [status for _, status, _ in rows(upload)] == ["credited", "pending_approval", "bad"]
    assert (available(ana), available(ben)) == (500, 0)
    request = PointsRequest.objects.get(person=ana)
    assert (request.source, request.reason, request.requested_by) == ("upload", "Q3", marta)
    assert request.explanation == {"upload": upload.public_id, "file": "q3.csv", "row": 2}
    told = Message.objects.get(person=marta)
    assert (told.title, told.body) == (
        "q3.csv is done",
        f"1 of 3 rows are credited: 500 points from {programme.name}.",
    )
    assert list(findings()) == []


def test_approval_of_a_row_comes_after_the_upload_is_done() -> None:
    programme, ben, marta = make_programme(steps=[(1000, 1)]), make_person(), make_person()
    approver = make_person()
    approver.groups.add(approvers())
    credit(confirmed(programme, csv_file(f"{ben.employee_number},2000,Q3"), by=marta))
    points_requests.approve(PointsRequest.objects.get().pk, by=approver, at=AT)

    assert available(ben) == 2000
    assert list(findings()) == []


def test_same_file_twice_credits_once() -> None:
    programme, ana = make_programme(), make_person()
    lines = [f"{ana.employee_number},5,Q3,,", f"{ana.employee_number},5,Q4,own,"]
    first = credit(confirmed(programme, csv_file(*lines, header=OPTIONAL)))
    second = prepare(programme, csv_file(*lines, header=OPTIONAL))

    assert (uploads.same_file(first), uploads.same_file(second)) == (None, first)
    assert (second.repeated_rows, second.planned_rows, second.points) == (2, 0, 0)
    with pytest.raises(UploadHasNoRows):
        uploads.confirm(second.pk, by=None, at=AT)
    assert available(ana) == 10


def test_same_file_confirmed_twice_before_either_ran_credits_once() -> None:
    programme, ana = make_programme(), make_person()
    both = [confirmed(programme, csv_file(f"{ana.employee_number},5,Q3")) for _ in range(2)]
    first, second = (credit(upload) for upload in both)

    assert (first.credited_rows, second.credited_rows, second.settled_rows) == (1, 0, 1)
    assert [status for _, status, _ in rows(second)] == ["repeated"]
    assert available(ana) == 5
    assert list(findings()) == []


def test_mended_file_credits_what_was_mended() -> None:
    programme, ana, ben = make_programme(), make_person(), make_person()
    credit(confirmed(programme, csv_file(f"{ana.employee_number},5,Q3", f"{ben.employee_number},1.500,Q3")))
    mended = prepare(programme, csv_file(f"{ana.employee_number},5,Q3", f"{ben.employee_number},1500,Q3"))
    credit(uploads.confirm(mended.pk, by=None, at=AT))

    assert (mended.repeated_rows, mended.ready_rows) == (1, 1)
    assert (available(ana), available(ben)) == (5, 1500)


def test_row_with_other_points_than_before_is_named() -> None:
    programme, ana = make_programme(), make_person()
    credit(confirmed(programme, csv_file(f"{ana.employee_number},5,Q3")))
    upload = prepare(programme, csv_file(f"{ana.employee_number},6,Q3"))

    detail = "It was uploaded before with other points or another reason. Give it an external_id of its own."
    assert rows(upload) == [(2, "bad", detail)]


def test_same_rows_in_another_programme_are_others() -> None:
    ana, lines = make_person(), "{},5,Q3"
    for programme in (make_programme(), make_programme()):
        credit(confirmed(programme, csv_file(lines.format(ana.employee_number))))

    assert available(ana) == 10


class Killed(BaseException):
    """What ends a process in the middle."""


@pytest.mark.parametrize("killed_at", ["submitted", "settled"])
def test_killed_half_way_it_goes_on_and_credits_each_row_once(killed_at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    programme, people = make_programme(), [make_person() for _ in range(7)]
    upload = confirmed(programme, csv_file(*(f"{person.employee_number},10,Q3" for person in people)))
    uploads.credit_batch(upload.pk, at=AT, limit=3)
    with monkeypatch.context() as patch:
        if killed_at == "submitted":
            patch.setattr(upload_crediting, "_settled", _kill)
        else:
            patch.setattr(uploads, "_settle", _kill)
        with pytest.raises(Killed), transaction.atomic():
            uploads.credit_batch(upload.pk, at=AT)
    upload.refresh_from_db()
    assert (upload.settled_rows, upload.credited_points, upload.percent) == (3, 30, 42)

    upload = credit(upload)
    assert (upload.status, upload.credited_rows, upload.credited_points) == ("done", 7, 70)
    assert [available(person) for person in people] == [10] * 7
    assert list(findings()) == []


def _kill(*_: object, **__: object) -> None:
    raise Killed


def test_upload_that_fails_is_tried_again_later_then_stops_and_can_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    programme, ana = make_programme(), make_person()
    upload = confirmed(programme, csv_file(f"{ana.employee_number},5,Q3"))
    at = AT
    with monkeypatch.context() as patch:
        patch.setattr(upload_crediting, "credit_next", _fail)
        for _ in range(uploads.ATTEMPTS_MAX):
            assert uploads.work(at=at) is True
            assert uploads.work(at=at) is False
            at += timedelta(hours=1)
    upload.refresh_from_db()
    assert (upload.status, upload.last_error, upload.next_attempt_at) == ("dead", "RuntimeError", None)

    credit(uploads.retry(upload.pk, at=at), at)
    assert available(ana) == 5
    with pytest.raises(UploadClosed):
        uploads.retry(upload.pk, at=at)


def _fail(*_: object, **__: object) -> None:
    raise RuntimeError("E10482 is in this text, which no log may hold")


def test_row_for_a_later_day_is_credited_on_that_day() -> None:
    programme, ana = make_programme(), make_person()
    upload = confirmed(
        programme,
        csv_file(
            f"{ana.employee_number},1,Q3,,2026-05-04",
            f"{ana.employee_number},2,Q3,,2026-05-06",
            f"{ana.employee_number},4,Q3,,2026-05-07",
            header=OPTIONAL,
        ),
    )
    assert upload.later_rows == 2
    upload = credit(upload)
    assert (upload.status, available(ana)) == ("scheduled", 1)
    assert upload.next_attempt_at == datetime(2026, 5, 6, tzinfo=UTC)

    assert uploads.work(at=datetime(2026, 5, 5, 23, 59, tzinfo=UTC)) is False
    upload = credit(upload, datetime(2026, 5, 6, 0, 0, 1, tzinfo=UTC))
    assert (upload.status, available(ana), upload.percent) == ("scheduled", 3, 66)
    assert (credit(upload, AT + 9 * DAY).status, available(ana)) == ("done", 7)
    assert list(findings()) == []


def test_rows_that_wait_for_their_day_can_be_cancelled() -> None:
    programme, ana = make_programme(), make_person()
    line = f"{ana.employee_number},2,Q3,,2026-05-06"
    upload = uploads.cancel(credit(confirmed(programme, csv_file(line, header=OPTIONAL))).pk, by=None, at=AT)

    assert upload.status == UploadStatus.DONE
    assert rows(upload) == [(2, "refused", "Cancelled on 04 May 2026 before it was credited.")]
    assert (credit(upload, AT + 9 * DAY).status, available(ana)) == ("done", 0)


def test_budget_that_is_gone_by_then_refuses_the_rest_and_says_so() -> None:
    programme, ana = make_programme(budget=1000), make_person()
    upload = confirmed(programme, csv_file(f"{ana.employee_number},600,a", f"{ana.employee_number},400,b"))
    prepared = prepare(programme, csv_file(f"{ana.employee_number},500,c"))
    credit(uploads.confirm(prepared.pk, by=None, at=AT - DAY), AT - DAY)
    upload = credit(upload)

    assert [status for _, status, _ in rows(upload)] == ["refused", "credited"]
    assert (upload.credited_rows, upload.credited_points, available(ana)) == (1, 400, 900)
    assert list(findings()) == []


def test_stranger_is_parked_where_the_programme_parks() -> None:
    programme = make_programme(unknown_recipients=UnknownRecipients.PARK)
    upload = prepare(programme, csv_file("E999,5,Q3"))
    assert (upload.parked_rows, upload.people) == (1, 1)
    credit(uploads.confirm(upload.pk, by=None, at=AT))

    assert [status for _, status, _ in rows(upload)] == ["parked"]
    assert PointsRequest.objects.get().status == PointsRequestStatus.PARKED


def test_bad_rows_are_left_out_only_when_that_was_said() -> None:
    programme, ana = make_programme(), make_person()
    upload = prepare(programme, csv_file(f"{ana.employee_number},5,Q3", "nobody,5,Q3"))

    with pytest.raises(UploadHasBadRows):
        uploads.confirm(upload.pk, by=None, at=AT)
    assert credit(upload).status == UploadStatus.CHECKED
    confirmed_once = uploads.confirm(upload.pk, by=None, at=AT, skip_bad=True)
    assert uploads.confirm(upload.pk, by=None, at=AT + DAY).confirmed_at == confirmed_once.confirmed_at


def test_cancelled_upload_keeps_no_rows_and_stays_cancelled() -> None:
    upload = prepare(make_programme(), csv_file(f"{make_person().employee_number},5,Q3"))
    cancelled = uploads.cancel(upload.pk, by=None, at=AT)

    assert (cancelled.status, cancelled.rows.count()) == (UploadStatus.CANCELLED, 0)
    for refused in (uploads.confirm, uploads.cancel):
        with pytest.raises(UploadClosed):
            refused(upload.pk, by=None, at=AT)


def test_queries_do_not_grow_with_the_rows() -> None:
    programme = make_programme(steps=[(1000, 1)])
    people = [make_person() for _ in range(3)]

    def cost(reason: str, count: int) -> tuple[int, int]:
        lines = [f"{person.employee_number},{500 * (number + 1)},{reason}" for number, person in enumerate(people)]
        with CaptureQueriesContext(
            connection,
        ) as checking:
            upload = prepare(programme, csv_file(*lines[:count]))
        uploads.confirm(upload.pk, by=None, at=AT)
        with CaptureQueriesContext(connection) as crediting:
            uploads.credit_batch(upload.pk, at=AT)
        return len(checking), len(crediting)

    cost("first", 2)  # opens what is opened once
    assert cost("one", 1) == cost("two", 2)


def test_result_names_every_row_and_never_writes_a_formula() -> None:
    programme, ana = make_programme(), make_person()
    upload = credit(confirmed(programme, csv_file(f"{ana.employee_number},5,=1+1", "@sum,1.5,-2")))

    [request] = PointsRequest.objects.all()
    assert request.reason == "=1+1"
    assert "".join(upload_results.result(upload)) == (
        "row,recipient,points,reason,external_id,credit_on,outcome,detail,points_request\r\n"
        f"2,{ana.employee_number},5,'=1+1,,,Credited,,pr_{request.pk.hex}\r\n"
        "3,'@sum,1.5,'-2,,,Cannot be credited,"
        '"Points must be a whole number from 1, in digits alone, such as 1500.",\r\n'
    )


@contextmanager
def pretending() -> Iterator[None]:
    """Let a row be changed as no trigger allows."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_check_ledger_finds_an_upload_that_counts_what_it_did_not_credit() -> None:
    programme, ana = make_programme(), make_person()
    upload = credit(confirmed(programme, csv_file(f"{ana.employee_number},5,Q3", f"{ana.employee_number},7,Q4")))
    assert list(findings()) == []

    Upload.objects.filter(pk=upload.pk).update(credited_points=13)
    assert [(each.rule, each.id) for each in findings()] == [("upload_as_counted", str(upload.pk))]
    Upload.objects.filter(pk=upload.pk).update(credited_points=12)
    with pretending():
        UploadRow.objects.filter(upload=upload, number=2).update(points=6)
    assert [(each.rule, each.id) for each in findings()] == [("upload_as_counted", str(upload.pk))]


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"status": "lost", "confirmed_at": AT}, "upload_status_known"),
        ({"ready_rows": 2}, "upload_counts_every_row"),
        ({"settled_rows": 2}, "upload_settles_what_is_planned"),
        ({"status": "done", "closed_at": AT}, "upload_confirmed_before_credited"),
        ({"status": "crediting", "confirmed_at": AT}, "upload_next_attempt_when_worked_on"),
        ({"closed_at": AT}, "upload_closed_when_over"),
        ({"status": "waiting", "confirmed_at": AT}, "upload_waits_for_an_approval"),
    ],
)
def test_database_refuses_an_upload_that_cannot_be(change: dict[str, Any], constraint: str) -> None:
    upload = prepare(make_programme(), csv_file(f"{make_person().employee_number},5,Q3"))

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Upload.objects.filter(pk=upload.pk).update(**change)


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"status": "lost"}, "upload_row_status_known"),
        ({"points": 0}, "upload_row_points_range"),
        ({"points": None}, "upload_row_points_range"),
        ({"status": UploadRowStatus.CREDITED}, "upload_row_has_what_it_led_to"),
    ],
)
def test_database_refuses_a_row_that_cannot_be(change: dict[str, Any], constraint: str) -> None:
    number = make_person().employee_number
    upload = prepare(make_programme(), csv_file(f"{number},5,Q3", f"{number},5,Q4"))

    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), pretending():
        upload.rows.filter(number=2).update(**change)


@pytest.mark.parametrize(
    "change",
    [
        *({"points": 6}, {"reason": "Q4"}, {"recipient": "E2"}, {"request_key": "x"}, {"credit_on": date(2026, 6, 1)}),
        *({"external_id": "x"}, {"written_points": "6"}, {"person": None}),
    ],
)
def test_database_keeps_what_a_row_said(change: dict[str, Any]) -> None:
    upload = prepare(make_programme(), csv_file(f"{make_person().employee_number},5,Q3"))

    with pytest.raises(IntegrityError, match="stays as it was checked"), transaction.atomic():
        upload.rows.update(**change)


def test_day_of_a_programme_that_begins_later_is_what_counts() -> None:
    programme, ana = make_programme(starts_on=date(2026, 6, 1)), make_person()
    line = f"{ana.employee_number},5,Q3"
    upload = prepare(programme, csv_file(f"{line},,2026-05-31", f"{line},,2026-06-01", header=OPTIONAL))

    assert [status for _, status, _ in rows(upload)] == ["bad", "ready"]
