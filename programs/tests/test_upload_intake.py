"""Taking files: checked at once or by the worker, laid out by somebody, never half kept, and compared with what was."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone

from people.models import Person
from people.tests.factories import make_person
from programs import upload_files
from programs.enums import UploadStatus
from programs.errors import UnreadableUpload, UploadClosed
from programs.models import Programme, Upload, UploadLayout, UploadPiece, UploadRow
from programs.operations import upload_intake, upload_pieces, uploads
from programs.tests.factories import AT, credited, make_programme
from programs.tests.test_budgets import make_department_budget
from programs.tests.upload_files import csv_file, xlsx_file
from programs.upload_files import Layout, WrittenDays, WrittenNumbers
from wallets import queries as wallet_queries
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
AWARDS = "Employee ID;Award;Why;Ref;On;Cost centre"
NAMED = Layout(
    columns={"recipient": "Employee ID", "points": "Award", "reason": "Why", "external_id": "Ref", "credit_on": "On"},
    numbers=WrittenNumbers.POINT,
    days=WrittenDays.DAY_FIRST,
)


def receive(programme: Programme, file: BytesIO, **options: Any) -> Upload:
    defaults = {"name": "awards.csv", "by": None, "at": AT}
    return uploads.receive(file=file, programme=programme, **(defaults | options))


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every file count as one that nobody waits for."""
    monkeypatch.setattr(upload_intake, "SMALL_BYTES", 0)
    monkeypatch.setattr(upload_intake, "SMALL_ROWS", 0)


def line(person: Person, points: str = "5", reason: str = "Q3", more: str = ";;") -> str:
    return f"{person.employee_number};{points};{reason}{more};4711"


def test_small_file_is_checked_at_once() -> None:
    upload = receive(make_programme(), csv_file(f"{make_person().employee_number},5,Q3"))

    assert (upload.status, upload.ready_rows, upload.next_attempt_at) == (UploadStatus.CHECKED, 1, None)
    assert upload.rows.get().person is not None


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("made", [csv_file, xlsx_file])
def test_large_file_is_checked_by_the_worker(made: Any) -> None:
    programme, ana = make_programme(), make_person()
    rows = [f"{ana.employee_number},5,Q{number}" for number in range(3)]
    file = made(*rows) if made is csv_file else made(*(row.split(",") for row in rows))
    upload = receive(programme, file)
    assert (upload.status, upload.rows.count(), upload.next_attempt_at) == (UploadStatus.CHECKING, 0, AT)

    assert uploads.work(at=AT) is True
    upload.refresh_from_db()
    assert (upload.status, upload.row_count, upload.ready_rows) == (UploadStatus.CHECKED, 3, 3)
    assert (upload.read_rows, upload.expected_rows, upload.checked_percent) == (3, 3, 99)
    assert uploads.work(at=AT + HOUR) is False


@pytest.mark.usefixtures("large")
def test_pieces_of_a_file_make_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_pieces, "PIECE_BYTES", 10)
    file = csv_file(f"{make_person().employee_number},5,Q3")
    upload = receive(make_programme(), file)

    assert upload.pieces.count() == -(-len(file.getvalue()) // 10)
    with upload_pieces.kept(upload) as kept:
        assert kept.read() == file.getvalue()


@pytest.mark.usefixtures("large")
def test_file_that_the_worker_cannot_read_says_why_and_is_not_kept() -> None:
    upload = receive(make_programme(), csv_file("E1,5,a", 'E2,5,"b'))
    uploads.work(at=AT)
    upload.refresh_from_db()

    assert (upload.status, upload.closed_at) == (UploadStatus.UNREADABLE, AT)
    assert upload.last_error.startswith("The file is not CSV at line 4")
    assert (UploadPiece.objects.count(), UploadRow.objects.count()) == (0, 0)


def test_small_file_that_cannot_be_read_leaves_nothing() -> None:
    with pytest.raises(UnreadableUpload, match="holds NUL"):
        receive(make_programme(), csv_file("E1,5,a\0"))
    assert (Upload.objects.count(), UploadPiece.objects.count()) == (0, 0)


class Killed(BaseException):
    """What ends a process in the middle."""


@pytest.mark.usefixtures("large")
def test_check_that_was_killed_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_intake, "CHECKED_AT_ONCE", 2)
    ana = make_person()
    upload = receive(make_programme(), csv_file(*(f"{ana.employee_number},5,Q{number}" for number in range(5))))
    keep, calls = upload_intake._keep, []

    def dies(*arguments: Any) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise Killed
        keep(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(upload_intake, "_keep", dies)
        with pytest.raises(Killed):
            uploads.work(at=AT)
    upload.refresh_from_db()
    assert (upload.status, upload.rows.count()) == (UploadStatus.CHECKING, 2)
    assert uploads.work(at=AT) is False  # its turn has not ended

    later = timezone.now() + HOUR
    assert uploads.work(at=later) is True
    upload.refresh_from_db()
    assert (upload.status, upload.ready_rows, upload.rows.count()) == (UploadStatus.CHECKED, 5, 5)


@pytest.mark.usefixtures("large")
def test_check_gives_up_where_another_attempt_began(monkeypatch: pytest.MonkeyPatch) -> None:
    upload = receive(make_programme(), csv_file(f"{make_person().employee_number},5,Q3"))
    Upload.objects.filter(pk=upload.pk).update(attempts=2)
    upload_intake.check(upload.pk, attempt=1, at=AT)
    upload.refresh_from_db()

    assert (upload.status, upload.rows.count()) == (UploadStatus.CHECKING, 0)


@pytest.mark.usefixtures("large")
def test_check_that_always_fails_ends_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    upload, at = receive(make_programme(), csv_file("E1,5,Q3")), AT

    def fails(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(upload_intake, "_check", fails)
    for _ in range(uploads.ATTEMPTS_MAX):
        assert uploads.work(at=at) is True
        at += HOUR
    upload.refresh_from_db()
    assert (upload.status, upload.last_error) == (
        UploadStatus.UNREADABLE,
        "The check failed too often (RuntimeError). Upload the file again.",
    )


def test_other_headings_wait_for_somebody_who_names_them_and_are_remembered() -> None:
    programme, ana = make_programme(), make_person()
    more = ";r-1;30.06.2026"
    upload = receive(programme, csv_file(line(ana, "1.500", "Q3", more), header=AWARDS))
    assert (upload.status, upload.headings) == (UploadStatus.COLUMNS, AWARDS.split(";"))
    assert upload.samples == [[ana.employee_number, "1.500", "Q3", "r-1", "30.06.2026", "4711"]]

    upload = uploads.lay_out(upload.pk, layout=NAMED, by=None, at=AT)
    row = upload.rows.get()
    assert (upload.status, row.points, row.external_id) == (UploadStatus.CHECKED, 1500, "r-1")
    assert row.credit_on == date(2026, 6, 30)
    again = receive(programme, csv_file(line(ana, "2.500", "Q4"), header=AWARDS))
    assert (again.status, again.points) == (UploadStatus.CHECKED, 2500)
    other = receive(make_programme(), csv_file(line(ana), header=AWARDS))
    assert other.status == UploadStatus.COLUMNS


def test_columns_can_be_named_again_until_it_is_confirmed() -> None:
    programme, ana = make_programme(), make_person()
    upload = receive(programme, csv_file(line(ana, "1,500"), header=AWARDS))
    upload = uploads.lay_out(upload.pk, layout=NAMED, by=None, at=AT)
    assert upload.bad_rows == 1
    mended = Layout(columns=NAMED.columns, numbers=WrittenNumbers.COMMA)
    upload = uploads.lay_out(upload.pk, layout=mended, by=None, at=AT)
    assert (upload.bad_rows, upload.points, upload.rows.count()) == (0, 1500, 1)
    assert Layout.of_json(UploadLayout.objects.get().layout) == mended

    uploads.confirm(upload.pk, by=None, at=AT)
    assert UploadPiece.objects.count() == 0
    with pytest.raises(UploadClosed):
        uploads.lay_out(upload.pk, layout=NAMED, by=None, at=AT)


def test_layout_that_does_not_fit_changes_nothing() -> None:
    upload = receive(make_programme(), csv_file("E1;5;Q3;;;", header=AWARDS))
    with pytest.raises(UnreadableUpload, match="no column “Wage”"):
        uploads.lay_out(upload.pk, layout=Layout(columns=NAMED.columns | {"points": "Wage"}), by=None, at=AT)
    upload.refresh_from_db()

    assert (upload.status, UploadLayout.objects.count()) == (UploadStatus.COLUMNS, 0)


def test_file_that_nobody_confirms_is_kept_for_a_week() -> None:
    upload = receive(make_programme(), csv_file(f"{make_person().employee_number},5,Q3"))
    assert upload_pieces.drop_forgotten(at=AT + timedelta(days=6)) == 0
    assert upload_pieces.drop_forgotten(at=AT + timedelta(days=8)) == 1

    with pytest.raises(UploadClosed, match="no longer kept"):
        uploads.lay_out(upload.pk, layout=NAMED, by=None, at=AT)
    assert uploads.confirm(upload.pk, by=None, at=AT).status == UploadStatus.CREDITING


def test_upload_without_columns_can_be_dropped_and_not_confirmed() -> None:
    upload = receive(make_programme(), csv_file("E1;5;Q3;;;", header=AWARDS))
    with pytest.raises(UploadClosed):
        uploads.confirm(upload.pk, by=None, at=AT)

    assert uploads.cancel(upload.pk, by=None, at=AT).status == UploadStatus.CANCELLED
    assert UploadPiece.objects.count() == 0


def test_points_that_the_person_got_lately_are_pointed_out_and_not_refused() -> None:
    programme, ana, ben = make_programme(), make_person(), make_person()
    credited(programme, ana, points=5, reason="Q3")
    upload = receive(
        programme,
        csv_file(
            f"{ana.employee_number},5,Q3,",
            f"{ana.employee_number},6,Q3,a",
            f"{ana.employee_number},5,Q4,",
            f"{ben.employee_number},5,Q3,",
            f"email:{ana.email},5,Q3,b",
            header="recipient,points,reason,external_id",
        ),
    )
    alike = "Looks like points of 04 May 2026: same person, points and reason."
    assert [(row.number, row.detail) for row in upload.rows.order_by("number")] == [
        *((2, alike), (3, ""), (4, ""), (5, "")),
        (6, alike),
    ]
    assert (upload.alike_rows, upload.ready_rows, upload.bad_rows) == (2, 5, 0)
    later = receive(programme, csv_file(f"{ben.employee_number},5,Q9"), at=AT + timedelta(days=31))
    assert later.alike_rows == 0


def test_points_of_long_ago_or_of_another_programme_are_not_alike() -> None:
    ana = make_person()
    credited(make_programme(), ana, points=5, reason="Q3")
    programme = make_programme()
    credited(programme, ana, points=7, reason="Q3")
    file = f"{ana.employee_number},{{}},Q3"
    assert receive(programme, csv_file(file.format(5))).alike_rows == 0
    assert receive(programme, csv_file(file.format(7)), at=AT + timedelta(days=31)).alike_rows == 0


def test_same_rows_in_another_kind_of_file_are_repeats() -> None:
    programme, ana = make_programme(), make_person()
    first = receive(programme, csv_file(f"{ana.employee_number},5,Q3"))
    uploads.confirm(first.pk, by=None, at=AT)
    uploads.work(at=AT)

    assert receive(programme, xlsx_file([ana.employee_number, 5, "Q3"]), name="other.xlsx").repeated_rows == 1
    renamed = receive(programme, csv_file(f"{ana.employee_number},5,Q3"), name="renamed.csv")
    assert (renamed.repeated_rows, uploads.same_file(renamed)) == (1, first)


def test_nobody_uploads_points_for_themselves() -> None:
    marta, ana = make_person(), make_person()
    upload = receive(make_programme(), csv_file(f"email:{marta.email},5,Q3", f"{ana.employee_number},5,Q3"), by=marta)

    assert [row.detail for row in upload.rows.order_by("number")] == [
        "These points would be your own. Have a colleague upload this row.",
        "",
    ]


def test_file_is_credited_at_its_time() -> None:
    programme, ana = make_programme(), make_person()
    evening = AT + 8 * HOUR
    file = csv_file(
        f"{ana.employee_number},1,a,", f"{ana.employee_number},2,b,2026-05-03", f"{ana.employee_number},4,c,2026-05-06",
        header="recipient,points,reason,credit_on",
    )  # fmt: skip
    upload = receive(programme, file, credit_at=evening)
    assert (upload.ready_rows, upload.later_rows) == (3, 3)
    upload = uploads.confirm(upload.pk, by=None, at=AT)
    assert (upload.status, upload.next_attempt_at) == (UploadStatus.SCHEDULED, evening)
    assert uploads.work(at=evening - HOUR) is False
    assert uploads.credit_batch(upload.pk, at=evening - HOUR).settled_rows == 0

    assert uploads.work(at=evening) is True
    upload.refresh_from_db()
    assert (upload.status, wallet_queries.wallet(ana).available) == (UploadStatus.SCHEDULED, 3)
    assert upload.next_attempt_at == datetime(2026, 5, 6, tzinfo=UTC)
    assert list(findings()) == []


def test_file_for_a_later_time_can_be_cancelled() -> None:
    programme, ana = make_programme(), make_person()
    upload = receive(programme, csv_file(f"{ana.employee_number},1,a"), credit_at=AT + HOUR)
    uploads.confirm(upload.pk, by=None, at=AT)

    upload = uploads.cancel(upload.pk, by=None, at=AT)
    assert (upload.status, upload.rows.get().status) == (UploadStatus.DONE, "refused")
    assert uploads.work(at=AT + 2 * HOUR) is False


def test_programme_that_begins_at_the_time_of_the_file() -> None:
    programme, ana = make_programme(starts_on=date(2026, 6, 1)), make_person()
    made = [csv_file(f"{ana.employee_number},5,Q3") for _ in range(2)]

    assert receive(programme, made[0]).bad_rows == 1
    assert receive(programme, made[1], credit_at=datetime(2026, 6, 1, tzinfo=UTC)).ready_rows == 1


def test_limits_are_those_that_are_said() -> None:
    limits = (upload_files.FILE_BYTES_MAX, upload_files.UNPACKED_BYTES_MAX, upload_files.ENTRIES_MAX)
    assert limits == (25 * 1024**2, 100 * 1024**2, 200)
    assert (upload_files.ROWS_MAX, upload_files.COLUMNS_MAX) == (200_000, 60)


def test_budget_of_a_department_is_counted_by_itself() -> None:
    programme = make_programme(budget=130)
    budget = make_department_budget(programme, 30)
    ana, ben = make_person(department=budget.department), make_person()
    upload = receive(
        programme,
        csv_file(
            *(f"{ana.employee_number},20,{reason}" for reason in "ab"),
            *(f"{ben.employee_number},60,{reason}" for reason in "ab"),
            f"{ben.employee_number},40,c",
        ),
    )
    details = [row.detail for row in upload.rows.order_by("number")]

    assert [bool(detail) for detail in details] == [False, True, False, True, False]
    assert details[1] == "The budget of Sales holds 10 points after the rows above. Fund it, or take rows out."
    assert details[3] == "The budget holds 40 points after the rows above. Fund it, or take rows out."
    assert (upload.ready_rows, upload.budget_points) == (3, 130)
    uploads.confirm(upload.pk, by=None, at=AT, skip_bad=True)
    uploads.work(at=AT)
    assert (wallet_queries.wallet(ana).available, wallet_queries.wallet(ben).available) == (20, 100)


def test_limit_of_the_programme_is_counted_down_the_rows() -> None:
    programme, ana = make_programme(per_programme_limit=50, per_programme_limit_days=30), make_person()
    credited(programme, ana, points=20)
    upload = receive(programme, csv_file(*(f"{ana.employee_number},20,{reason}" for reason in "ab")))

    assert (upload.ready_rows, upload.bad_rows) == (1, 1)
    assert upload.rows.get(status="bad").detail.endswith("to all together; 10 are left.")
