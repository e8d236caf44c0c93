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
from programs.enums import ProgrammeStatus
from programs.models import PointsRequest, Programme, Upload
from programs.operations import uploads
from programs.tests.factories import make_programme
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
    text = sent(client, make_programme(), csv_file(header="who,points,reason")).content.decode()

    assert "Row 1 lacks recipient." in text
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
