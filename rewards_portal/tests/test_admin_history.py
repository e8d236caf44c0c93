"""The history page says who changed what, from what to what, whichever way the change was made."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pghistory
import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client

from api.changes import changes, latest
from people.models import Department, Person
from people.tests.factories import make_person
from programs.models import ApprovalStep
from programs.tests.factories import make_programme
from rewards_portal import roles

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def signed_in(name: str, *role_names: str, **fields: object) -> Client:
    """Return a browser in which a member of the staff with these roles is signed in."""
    person = make_person(is_staff=True, name=name, **fields)
    person.groups.set(Group.objects.filter(name__in=role_names))
    client = Client()
    client.force_login(person)
    return client


def lines(page: str) -> list[str]:
    """Return the words of the change sets of a page, a line each, without the time."""
    content = page.split('id="content-main"')[1]
    content = re.sub(r"<time[^>]*>[^<]*</time>", "(time)", content)
    content = re.sub(r"<thead.*?</thead>", "", content, flags=re.DOTALL)
    words = [unescape(re.sub(r"\s+", " ", text).strip()) for text in re.split(r"</(?:h2|p|h3|tr)>", content)]
    return [line for line in (re.sub(r"\s+", " ", re.sub(r"<[^>]+>|^>", " ", text)).strip() for text in words) if line]


def test_a_change_made_in_the_admin() -> None:
    department = Department.objects.create(name="Sales")
    client = signed_in("Marta Silva", roles.HR_ADMINISTRATORS)
    url = f"/admin/people/department/{department.pk}"
    assert client.post(f"{url}/change/", {"name": "Selling"}).status_code == 302
    assert lines(client.get(f"{url}/history/").content.decode()) == [
        "Marta Silva",
        f"(time) · {url}/change/",
        "Department Selling changed",
        "Name Sales → Selling",
        "The system",
        "(time)",
        "Department Sales added",
        "Name Sales",
    ]


def test_references_choices_and_dates_are_written_as_people_read_them() -> None:
    sales, care = Department.objects.create(name="Sales"), Department.objects.create(name="Care")
    person = make_person(department=sales)
    with pghistory.context(command="a command", file="people.csv"):
        Person.objects.filter(pk=person.pk).update(
            department=care, status="left", joined_on="2026-01-05", is_staff=True
        )
    change = changes(person)[0]
    assert (change.who, change.how) == ("A command", "a command people.csv")
    assert [(each.name, each.before, each.after) for each in change.rows[0].fields] == [
        ("Department", "Sales", "Care"),
        ("Joined on", "nothing", "5 Jan 2026"),
        ("Status", "Active", "Left"),
        ("May use the admin", "no", "yes"),
    ]


def test_a_password_never_stands_in_the_history() -> None:
    person = make_person(password="walk-in-the-park")
    person.set_password("another-walk-in-the-park")
    person.save()
    shown = [each.name for change in changes(person) for row in change.rows for each in row.fields]
    assert [name for name in shown if "assword" in name] == []


def test_changes_of_one_request_stand_together() -> None:
    department = Department.objects.create(name="One")
    with pghistory.context(command="config apply"):
        for name in ("Two", "Three"):
            department.name = name
            department.save()
    first, second = changes(department)
    assert [row.fields[0].after for row in first.rows] == ["Three", "Two"]
    assert [row.action for row in second.rows] == ["added"]


def test_what_was_removed_leaves_its_trace() -> None:
    programme = make_programme(steps=[(1000, 2)])
    with pghistory.context(command="config apply"):
        programme.approval_steps.all().delete()
    told = changes(programme, parts=[(ApprovalStep, "programme")])
    (removed,) = next(change.rows for change in told if change.who == "Config apply")
    assert (removed.kind, removed.row, removed.action) == ("Approval step", "1000", "removed")
    assert [(each.name, each.before, each.after) for each in removed.fields] == [
        ("Programme", programme.name, "nothing"),
        ("Applies to", "Points requests", "nothing"),
        ("Over", "1,000", "nothing"),
        ("Approvals", "2", "nothing"),
        ("Approver", "The group", "nothing"),
        ("Group", "HR approvers", "nothing"),
    ]


def test_whoever_may_not_see_the_row_may_not_see_its_history() -> None:
    department = Department.objects.create(name="Sales")
    url = f"/admin/people/department/{department.pk}/history/"
    assert signed_in("Finance", roles.FINANCE).get(url).status_code == 403
    assert signed_in("Auditor", roles.AUDITORS).get(url).status_code == 200
    assert signed_in("Auditor 2", roles.AUDITORS).get("/admin/people/department/999999/history/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_history_costs_the_same_however_much_changed(count: int, django_assert_num_queries) -> None:
    person, managers = make_person(), [make_person() for _ in range(count)]
    for manager in managers:
        with pghistory.context(user=str(manager.pk)):
            Person.objects.filter(pk=person.pk).update(manager=manager)
    with django_assert_num_queries(3):  # events, managers, actors
        assert len(changes(person)) == count + 1


def test_audit_trail_of_everything_one_may_look_at() -> None:
    administrator = make_person(name="Marta Silva")
    programme = make_programme(name="Stars")
    with pghistory.context(user=str(administrator.pk), url="/admin/programs/programme/1/change/"):
        programme.name = "Bright stars"
        programme.save()
    Department.objects.create(name="Sales")
    for role, sees_departments in ((roles.FINANCE, False), (roles.AUDITORS, True)):
        page = signed_in("Reader", role).get("/admin/history/").content.decode()
        assert ("<strong>Sales</strong>" in page, ">Marta Silva<" in page, "Bright stars" in page) == (
            sees_departments,
            True,
            True,
        )
    assert signed_in("Nobody yet").get("/admin/history/").status_code == 403


def test_audit_trail_goes_back_page_by_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.changes.LATEST_MAX", 3)
    with connection.cursor() as cursor:
        for number in range(5):
            department = Department.objects.create(name=f"Department {number}")
            event = Department.pgh_event_model.objects.get(pgh_obj_id=department.pk)
            cursor.execute(
                "UPDATE people_departmentevent SET pgh_created_at = %s WHERE pgh_id = %s",
                [AT + timedelta(minutes=number), event.pk],
            )
    newest = latest([Department])
    assert [change.rows[0].row for change in newest] == ["Department 4", "Department 3", "Department 2"]
    older = latest([Department], before=newest[-1].at)
    assert [change.rows[0].row for change in older] == ["Department 1", "Department 0"]


@pytest.mark.parametrize("count", [1, 3])
def test_audit_trail_costs_the_same_however_much_changed(count: int, django_assert_num_queries) -> None:
    for number in range(count):
        department = Department.objects.create(name=f"Department {number}")
        department.name = f"Renamed {number}"
        department.save()
    with django_assert_num_queries(3):  # departments' events, those before them, people's events
        assert sum(len(change.rows) for change in latest([Department, Person])) == 2 * count
