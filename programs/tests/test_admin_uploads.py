"""The pages of uploads, as HR administrators, auditors and others see them."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from people.models import Person
from people.tests.factories import make_person
from programs import upload_files
from programs.enums import ProgrammeStatus
from programs.models import PointsRequest, Programme, Upload
from programs.operations import upload_intake, uploads
from programs.tests.factories import AT, credited, make_programme
from programs.tests.upload_files import csv_file, xlsx_file
from tests.pages import signed_in

pytestmark = pytest.mark.django_db
LIST, ADD = reverse("admin:programs_upload_changelist"), reverse("admin:programs_upload_add")
ADMINISTRATORS, AUDITORS, APPROVERS, FINANCE = "HR administrators", "Auditors", "HR approvers", "Finance"


def member(role: str) -> Person:
    person = make_person(is_staff=True, name="Marta Silva")
    person.groups.add(Group.objects.get(name=role))
    return person


def page(upload: Upload, name: str = "change") -> str:
    return reverse(f"admin:programs_upload_{name}", args=[upload.pk])


def sent(client: Client, programme: Programme, file: BytesIO, name: str = "q3.csv") -> HttpResponse:
    file.name = name
    return client.post(ADD, {"programme": programme.pk, "file": file})  # type: ignore[return-value]


def make_upload(*lines: str, programme: Programme | None = None) -> Upload:
    return uploads.prepare(
        file=csv_file(*lines), name="q3.csv", programme=programme or make_programme(), by=None, at=timezone.now()
    )


def credit(upload: Upload) -> Upload:
    uploads.confirm(upload.pk, by=None, at=timezone.now(), skip_bad=True)
    return uploads.credit_batch(upload.pk, at=timezone.now())


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("memory_bytes", [2_500_000, 10])  # kept in memory, or in a file of its own
def test_from_file_to_credit(kind: str, memory_bytes: int, settings: Any) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = memory_bytes
    marta, ana, programme = member(ADMINISTRATORS), make_person(name="Ana Reis"), make_programme(name="Q3 ratings")
    client = signed_in(marta)
    good, bad = [ana.employee_number, "500", "Q3"], ["nobody", "5", "<b>Q3</b>"]
    file = xlsx_file(good, bad) if kind == "xlsx" else csv_file(",".join(good), ",".join(bad))
    answer = sent(client, programme, file, f"q3.{kind}")
    upload = Upload.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, page(upload))

    text = client.get(page(upload)).content.decode()
    assert "Credit 1 row<" in text
    assert "Nobody has nobody. Check it, or add the person first." in text
    assert "&lt;b&gt;Q3&lt;/b&gt;" in text
    assert "<b>99,500</b> left" in text
    assert PointsRequest.objects.count() == 0

    assert client.post(page(upload, "confirm"))["Location"] == page(upload)
    text = client.get(page(upload)).content.decode()
    assert ("0%" in text, "0 of 1 row" in text) == (True, True)
    assert uploads.work(at=timezone.now()) is True
    text = client.get(page(upload)).content.decode()
    assert "500</span> points credited" in text
    request = PointsRequest.objects.get()
    assert (request.person, request.requested_by, request.status) == (ana, marta, "credited")


def test_file_that_cannot_be_read_is_said_at_the_form() -> None:
    client = signed_in(member(ADMINISTRATORS))
    text = sent(client, make_programme(), csv_file("E1,5,Q\0")).content.decode()

    assert "The file is not text: line 2 holds NUL." in text
    assert Upload.objects.count() == 0


def test_only_active_programmes_can_be_chosen() -> None:
    client = signed_in(member(ADMINISTRATORS))
    make_programme(name="Running"), make_programme(name="Resting", status=ProgrammeStatus.PAUSED)
    text = client.get(ADD).content.decode()

    assert ("Running" in text, "Resting" in text) == (True, False)


@pytest.mark.parametrize(
    ("role", "looks", "uploads_points"),
    [(ADMINISTRATORS, 200, True), (AUDITORS, 200, False), (FINANCE, 200, False), (APPROVERS, 200, False)],
)
def test_who_may_look_and_who_may_upload(role: str, looks: int, uploads_points: bool) -> None:
    client, upload = signed_in(member(role)), make_upload(f"{make_person().employee_number},5,Q3", "nobody,5,Q3")
    for path in (LIST, page(upload), page(upload, "to_mend"), page(upload, "result")):
        assert client.get(path).status_code == looks, path
    assert client.get(ADD).status_code == (200 if uploads_points else 403)
    assert ("Credit 1 row<" in client.get(page(upload)).content.decode()) is uploads_points
    assert client.post(page(upload, "confirm")).status_code == (302 if uploads_points else 403)
    upload.refresh_from_db()
    assert upload.status == ("crediting" if uploads_points else "checked")


@pytest.mark.parametrize("name", ["confirm", "cancel", "retry"])
def test_what_changes_something_is_posted_by_those_who_may(name: str) -> None:
    upload = make_upload(f"{make_person().employee_number},5,Q3")
    assert signed_in(member(ADMINISTRATORS)).get(page(upload, name)).status_code == 405
    assert signed_in(member(AUDITORS)).post(page(upload, name)).status_code == 403
    assert Client().post(page(upload, name)).status_code == 302
    upload.refresh_from_db()
    assert upload.status == "checked"


def test_choosing_another_file_drops_this_one() -> None:
    client, upload = signed_in(member(ADMINISTRATORS)), make_upload(f"{make_person().employee_number},5,Q3")

    assert client.post(page(upload, "cancel"))["Location"] == ADD
    assert "the upload was dropped" in client.get(page(upload)).content.decode()
    assert client.post(page(upload, "confirm"), follow=True).content.decode().count("This upload was cancelled.") == 1


def test_rows_to_mend_are_a_file_to_upload_again() -> None:
    client, upload = signed_in(member(ADMINISTRATORS)), make_upload("=nobody,5,Q3")
    answer = client.get(page(upload, "to_mend"))

    assert answer["Content-Disposition"] == 'attachment; filename="q3.rejected.csv"'
    assert b"".join(answer.streaming_content).decode().splitlines()[1].startswith("'=nobody,5,Q3,,,")  # type: ignore[attr-defined]


def test_page_says_that_the_file_was_uploaded_before() -> None:
    client, programme = signed_in(member(ADMINISTRATORS)), make_programme()
    line = f"{make_person().employee_number},5,Q3"
    credit(make_upload(line, programme=programme))
    text = client.get(page(make_upload(line, programme=programme))).content.decode()

    assert "The same file was uploaded before" in text
    assert "1 row stands in an earlier upload and stays as it is." in text
    assert "Credit 0" not in text


def test_upload_that_stopped_can_go_on() -> None:
    client, upload = signed_in(member(ADMINISTRATORS)), make_upload(f"{make_person().employee_number},5,Q3")
    uploads.confirm(upload.pk, by=None, at=timezone.now())
    Upload.objects.update(status="dead", next_attempt_at=None, last_error="OperationalError")
    assert "It stopped after 0 of 1 rows (OperationalError)." in client.get(page(upload)).content.decode()

    client.post(page(upload, "retry"))
    assert uploads.work(at=timezone.now() + timedelta(seconds=1)) is True
    upload.refresh_from_db()
    assert (upload.status, upload.credited_rows) == ("done", 1)


@pytest.mark.parametrize("path", ["list", "page"])
def test_queries_do_not_grow_with_the_rows(path: str) -> None:
    client, programme = signed_in(member(ADMINISTRATORS)), make_programme()

    def cost(count: int) -> int:
        lines = [f"{make_person().employee_number},5,Q3" for _ in range(count)]
        made = [make_upload(*lines, programme=programme) for _ in range(count)]
        with CaptureQueriesContext(connection) as queries:
            assert client.get(LIST if path == "list" else page(made[0]) + "?show=all").status_code == 200
        return len(queries)

    cost(1)
    assert cost(1) == cost(3)


def test_upload_is_found_by_the_id_that_its_requests_name() -> None:
    client, upload = signed_in(member(ADMINISTRATORS)), make_upload(f"{make_person().employee_number},5,Q3")
    make_upload("nobody,5,Q3")
    text = client.get(LIST, {"q": upload.public_id}).content.decode()

    assert (page(upload) in text, text.count("q3.csv</a>")) == (True, 1)


AWARDS = "Employee ID;Award;Why"


def chosen(**options: str) -> dict[str, str]:
    named = {"recipient": "Employee ID", "points": "Award", "reason": "Why", "external_id": "", "credit_on": ""}
    return named | {"people": "number", "numbers": "plain", "days": "iso"} | options


def test_columns_are_asked_for_guessed_and_said() -> None:
    client, programme, ana = signed_in(member(ADMINISTRATORS)), make_programme(), make_person()
    answer = sent(client, programme, csv_file(f"{ana.employee_number};1,500;Q3", header=AWARDS))
    upload = Upload.objects.get()
    text = client.get(answer["Location"], follow=True).content.decode()
    assert "What do the columns of <strong>q3.csv</strong> hold?" in text
    assert text.count("selected") == 8  # three guesses, two that are not in the file, three formats
    assert "1,500</td>" in text

    address = page(upload, "columns")
    assert "Choose the column that holds this." in client.post(address, chosen(points="")).content.decode()
    assert "is named for" in client.post(address, chosen(points="Why")).content.decode()
    assert client.post(address, chosen())["Location"] == page(upload)
    assert "Points must be a whole number in digits alone" in client.get(page(upload)).content.decode()
    client.post(address, chosen(numbers="comma"))
    text = client.get(page(upload)).content.decode()
    assert "Credit 1 row<" in text
    assert "Change what the columns hold" in text


def test_columns_of_an_upload_that_was_confirmed_stay_as_they_are() -> None:
    client, upload = signed_in(member(ADMINISTRATORS)), make_upload(f"{make_person().employee_number},5,Q3")
    uploads.confirm(upload.pk, by=None, at=timezone.now())

    assert client.post(page(upload, "columns"), chosen())["Location"] == page(upload)
    assert signed_in(member(AUDITORS)).get(page(upload, "columns")).status_code == 403


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_template_can_be_downloaded(kind: str) -> None:
    address = reverse(f"admin:programs_upload_template_{kind}")
    answer = signed_in(member(ADMINISTRATORS)).get(address)

    assert answer["Content-Disposition"] == f'attachment; filename="points.{kind}"'
    assert len(list(upload_files.read(BytesIO(answer.content)))) == 1
    assert signed_in(member(AUDITORS)).get(address).status_code == 403


def test_file_that_needs_an_approval_is_decided_on_its_page() -> None:
    programme = make_programme()
    programme.approval_steps.create(applies_to="uploads", over=1, approvals=1, group=Group.objects.get(name=APPROVERS))
    marta, jo = member(ADMINISTRATORS), member(APPROVERS)
    sent(signed_in(marta), programme, csv_file(f"{make_person().employee_number},5,Q3"))
    upload = Upload.objects.get()
    text = signed_in(marta).get(page(upload)).content.decode()
    assert "Ask to credit 1 row<" in text
    assert "Files with more than 1 points need 1 approval of HR approvers." in text
    signed_in(marta).post(page(upload, "confirm"))
    text = signed_in(marta).get(page(upload)).content.decode()
    assert ("Take it back" in text, 'value="approve"' in text) == (True, False)
    text = signed_in(jo).get(page(upload)).content.decode()
    assert ("Take it back" in text, "Credit 1 row with 5 points<" in text) == (False, True)

    signed_in(jo).post(page(upload, "decide"), {"verdict": "approve"})
    upload.refresh_from_db()
    assert upload.status == "crediting"


def test_check_that_is_under_way_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_intake, "SMALL_BYTES", 0)
    client = signed_in(member(ADMINISTRATORS))
    sent(client, make_programme(), csv_file(*(f"{make_person().employee_number},5,Q3" for _ in range(3))))
    upload = Upload.objects.get()
    Upload.objects.update(read_rows=1, expected_rows=3)
    text = client.get(page(upload)).content.decode()
    assert ("33%" in text, "1 of about 3 rows" in text) == (True, True)
    uploads.work(at=timezone.now())
    assert "Credit 3 rows" in client.get(page(upload)).content.decode()


def test_file_that_the_worker_could_not_read_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_intake, "SMALL_BYTES", 0)
    client = signed_in(member(ADMINISTRATORS))
    sent(client, make_programme(), csv_file("E1,5,Q\0"))
    uploads.work(at=timezone.now())

    assert "The file is not text: line 2 holds NUL." in client.get(page(Upload.objects.get())).content.decode()


def test_time_of_a_file_is_said_and_kept() -> None:
    client, programme = signed_in(member(ADMINISTRATORS)), make_programme()
    file = csv_file(f"{make_person().employee_number},5,Q3")
    file.name = "q3.csv"
    client.post(ADD, {"programme": programme.pk, "file": file, "credit_at": "2999-06-30T09:00"})
    upload = Upload.objects.get()
    assert "Nothing is credited before <time" in client.get(page(upload)).content.decode()
    client.post(page(upload, "confirm"))
    text = client.get(page(upload)).content.decode()
    assert "Cancel 1 row<" in text
    assert client.post(ADD, {"programme": programme.pk, "credit_at": "soon"}).status_code == 200


def test_rows_that_look_like_earlier_points_are_shown_by_themselves() -> None:
    client, programme, ana = signed_in(member(ADMINISTRATORS)), make_programme(), make_person()
    credited(programme, ana, points=5, reason="Q3")
    file = csv_file(f"{ana.employee_number},5,Q3", f"{ana.employee_number},6,Q4")
    upload = uploads.prepare(file=file, name="q3.csv", programme=programme, by=None, at=AT)
    text = client.get(page(upload)).content.decode()
    assert 'Look again <span class="count">1<' in text
    assert text.count("Looks like points of 04 May 2026: same person, points and reason.") == 1
    assert text.count('<th scope="row">') == 1

    uploads.confirm(upload.pk, by=None, at=AT)
    uploads.work(at=AT)
    assert "Look again" not in client.get(page(upload)).content.decode()
