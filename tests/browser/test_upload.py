"""Uploading points in a real Chromium: 3 bad rows of 50 are named, the 47 are credited, with and without a script."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from people.models import Person
from people.tests.factories import make_person
from programs.models import PointsRequest, Programme, Upload
from programs.operations import uploads
from programs.tests.factories import approvers, make_programme
from rewards_portal import roles
from tests.browser.conftest import Open
from tests.browser.test_admin import SCREENS, Seen, session_of
from wallets.ledger_rules import findings

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def marta(transactional_db: None) -> Person:
    roles.ensure()
    person = make_person(name="Marta Silva", is_staff=True)
    person.groups.set(Group.objects.filter(name=roles.HR_ADMINISTRATORS))
    return person


@pytest.fixture
def programme(transactional_db: None) -> Programme:
    return make_programme(name="Q3 ratings", budget=100_000)


def file_of_fifty(folder: Path) -> Path:
    """Write 50 rows, of which the rows 14, 27 and 51 cannot be credited."""
    people = [make_person(employee_number=f"E1{number:04d}") for number in range(50)]
    lines = [f"{person.employee_number},500,Q3 rating 5" for person in people]
    lines[12] = "E1OO12,500,Q3 rating 5"
    lines[25] = f"{people[25].employee_number},1.500,Q3 rating 5"
    lines[49] = f"{people[49].employee_number},500,"
    file = folder / "q3-ratings.csv"
    file.write_text("\n".join(["recipient,points,reason", *lines, ""]), encoding="utf-8")
    return file


@pytest.mark.parametrize("script", [True, False])
def test_three_bad_rows_of_fifty(
    open_page: Open, marta: Person, programme: Programme, tmp_path: Path, script: bool
) -> None:
    page = open_page(person=marta, java_script_enabled=script)
    page.goto("/admin/")
    page.get_by_role("link", name="Upload points").click()
    page.get_by_label("Programme").select_option(label="Q3 ratings")
    page.get_by_label("File").set_input_files(file_of_fifty(tmp_path))
    page.get_by_role("button", name="Check the file").click()

    expect(page.locator(".total")).to_have_text("23,500 points to 47 people")
    rows = page.locator(".upload-page tbody tr").all_inner_texts()
    assert [row.split("\t")[0] for row in rows] == ["14", "27", "51"]
    assert [row.split("\t")[-1].strip() for row in rows] == [
        "Nobody has E1OO12. Did you mean E10012, " + Person.objects.get(employee_number="E10012").name + "?",
        "Points must be a whole number in digits alone, such as 1500.",
        "A reason is needed: the person reads it.",
    ]
    assert page.get_by_text("Budget after: 76,500 left").is_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the 3 rows to mend").click()
    assert len(download.value.path().read_text(encoding="utf-8").splitlines()) == 4
    assert PointsRequest.objects.filter(programme=programme).count() == 0

    page.get_by_role("button", name="Credit 47 rows").click()
    expect(page.locator(".total")).to_have_text("0%")
    assert uploads.work(at=timezone.now()) is True
    if not script:
        page.reload()
    page.get_by_text("points credited").wait_for()
    page.get_by_role("link", name="Download the result").wait_for()
    expect(page.locator(".total")).to_have_text("23,500 points credited")
    upload = Upload.objects.get()
    assert (upload.status, upload.credited_rows, upload.confirmed_by) == ("done", 47, marta)
    assert PointsRequest.objects.filter(programme=programme, status="credited").count() == 47
    assert list(findings()) == []


def test_pages_of_an_upload_are_clean(
    chromium: Browser, live_server: LiveServer, marta: Person, programme: Programme, tmp_path: Path
) -> None:
    with file_of_fifty(tmp_path).open("rb") as file:
        name = "a-very-long-name-of-a-file-that-somebody-made-for-the-third-quarter-of-the-year.csv"
        upload = uploads.prepare(file=file, name=name, programme=programme, by=marta, at=timezone.now())
    other = tmp_path / "awards.csv"
    other.write_text(
        "Employee ID;Award;Why it is given, in a heading that is long;On\nE10000;1.500;Q3 rating 5;30.06.2027\n"
    )
    with other.open("rb") as file:
        unnamed = uploads.receive(file=file, name=other.name, programme=programme, by=marta, at=timezone.now())
    pages = {
        "columns": f"/admin/programs/upload/{unnamed.pk}/columns/",
        "choose": "/admin/programs/upload/add/",
        "check": f"/admin/programs/upload/{upload.pk}/change/",
        "all rows": f"/admin/programs/upload/{upload.pk}/change/?show=all",
        "uploads": "/admin/programs/upload/",
    }
    seen, session = Seen(), session_of(marta)

    def look(state: str, names: list[str], screens: Sequence[tuple[str, int, int, str]]) -> None:
        for screen, width, height, theme in screens:
            context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
            context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
            page = context.new_page()
            page.on("console", seen.hear)
            for name in names:
                seen.look(page, live_server.url + pages[name], f"{name}, {state} ({screen}, {theme})")
            context.close()

    look("checked", ["choose", "columns", "check", "all rows"], SCREENS)
    step = programme.approval_steps.create(applies_to="uploads", over=1, approvals=1, group=approvers())
    look("to be approved", ["check"], SCREENS[::3])
    step.delete()
    uploads.confirm(upload.pk, by=marta, at=timezone.now(), skip_bad=True)
    look("running", ["check"], SCREENS[::3])
    uploads.work(at=timezone.now())
    look("done", ["check", "uploads"], SCREENS[::3])
    assert "\n".join(seen.faults) == ""


def test_file_with_other_headings_is_named_once(
    open_page: Open, marta: Person, programme: Programme, tmp_path: Path
) -> None:
    """Without a script: the columns are guessed, the formats are chosen, and the next file needs no word."""
    make_person(employee_number="E10482")
    page = open_page(person=marta, java_script_enabled=False)

    def upload(reason: str) -> None:
        file = tmp_path / "awards.csv"
        file.write_text(f"Employee ID;Award;Why\nE10482;1.500,00;{reason}\n", encoding="utf-16")
        page.goto("/admin/programs/upload/add/")
        page.get_by_label("Programme").select_option(label="Q3 ratings")
        page.get_by_label("File").set_input_files(file)
        page.get_by_role("button", name="Check the file").click()

    upload("Q3")
    expect(page.get_by_text("What do the columns of awards.csv hold?")).to_be_visible()
    expect(page.get_by_text("The file is read as UTF-16 text.")).to_be_visible()
    page.get_by_label("Points are written as").select_option("point")
    page.get_by_role("button", name="Check the file").click()
    expect(page.locator(".total")).to_have_text("1,500 points to 1 person")
    upload("Q4")
    expect(page.locator(".total")).to_have_text("1,500 points to 1 person")


def test_thousand_rows_are_mended_approved_by_another_and_credited(
    open_page: Open, marta: Person, programme: Programme, tmp_path: Path
) -> None:
    programme.approval_steps.create(applies_to="uploads", over=1_000, approvals=1, group=approvers())
    jo = make_person(name="Jo Weber", is_staff=True)
    jo.groups.set(Group.objects.filter(name=roles.HR_APPROVERS))
    people = [make_person() for _ in range(50)]
    rows = [f"{people[number % 50].employee_number},10,Reason {number}" for number in range(1_000)]
    for number in range(0, 1_000, 50):
        rows[number] = rows[number].replace(",10,", ",10.000,")
    file = tmp_path / "year.csv"
    page = open_page(person=marta)

    def upload(lines: Sequence[str]) -> None:
        file.write_text("\n".join(lines))
        page.goto("/admin/programs/upload/add/")
        page.get_by_label("Programme").select_option(label="Q3 ratings")
        page.get_by_label("File").set_input_files(file)
        page.get_by_role("button", name="Check the file").click()

    def decide(total: str, rows: int) -> None:
        page.get_by_role("button", name=f"Ask to credit {rows} rows").click()
        expect(page.locator(".total")).to_contain_text("once approved")
        approver = open_page(person=jo)
        approver.goto(page.url)
        approver.get_by_role("button", name=f"Credit {rows} rows with {total} points").click()
        expect(approver.get_by_text("You may leave this page")).to_be_visible()
        assert uploads.work(at=timezone.now()) is True
        page.reload()
        expect(page.locator(".total")).to_have_text(f"{total} points credited")

    upload(["recipient,points,reason", *rows])
    expect(page.locator(".total")).to_have_text("9,800 points to 49 people")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the 20 rows to mend").click()
    mended = download.value.path().read_text().replace("10.000", "10").splitlines()
    decide("9,800", 980)
    programme.approval_steps.update(over=100)
    upload(mended)
    expect(page.locator(".total")).to_have_text("200 points to 1 person")
    decide("200", 20)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the result").click()
    assert download.value.path().read_text().count(",Credited,") == 20
    assert PointsRequest.objects.filter(programme=programme, status="credited").count() == 1_000
    assert list(findings()) == []
