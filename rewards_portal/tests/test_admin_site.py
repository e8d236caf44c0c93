"""Who comes into the admin, by which door, and what they find in the sidebar."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client

from people.models import Department, Person
from people.tests.factories import make_person
from rewards_portal import roles
from rewards_portal.admin_site import SECTIONS

pytestmark = pytest.mark.django_db


def signed_in(person: Person) -> Client:
    """Return a browser in which somebody is signed in."""
    client = Client()
    client.force_login(person)
    return client


def member(*role_names: str, **fields: object) -> Person:
    """Return somebody on the staff with these roles."""
    person = make_person(is_staff=True, **fields)
    person.groups.set(Group.objects.filter(name__in=role_names))
    return person


def sidebar(page: str) -> list[str]:
    """Return the words of the sidebar's links."""
    nav = page.split('id="sections"')[1].split("</nav>", maxsplit=1)[0]
    return re.findall(r"</svg>([^<]+)", nav.split('class="links"', 1)[1])


def test_a_stranger_signs_in_at_the_portal() -> None:
    client = Client()
    to_login = client.get("/admin/people/person/")
    assert to_login.url == "/admin/login/?next=/admin/people/person/"
    assert client.get(to_login.url).url == "/accounts/login/?next=%2Fadmin%2Fpeople%2Fperson%2F"


def test_a_password_posted_to_the_admin_is_not_looked_at() -> None:
    person = make_person(is_staff=True, password="walk-in-the-park")
    answer = Client().post("/admin/login/", {"username": person.email, "password": "walk-in-the-park"})
    assert (answer.status_code, answer.url) == (302, "/accounts/login/?next=%2Fadmin%2Flogin%2F")


def test_an_employee_is_refused() -> None:
    client = signed_in(make_person())
    assert client.get("/admin/login/?next=/admin/").status_code == 403
    assert client.get("/admin/").status_code == 302


def test_staff_without_a_role_find_nothing() -> None:
    page = signed_in(make_person(is_staff=True)).get("/admin/").content.decode()
    assert "Nothing is open to you here yet." in page
    assert 'id="sections"' not in page


def test_somebody_who_left_is_refused_whatever_their_role() -> None:
    client = signed_in(member(roles.HR_ADMINISTRATORS))
    Person.objects.update(status="left")
    assert client.get("/admin/").status_code == 302


def test_signing_out_and_changing_a_password_happen_at_the_portal() -> None:
    client = signed_in(member(roles.AUDITORS))
    assert client.get("/admin/logout/").url == "/accounts/logout/"
    assert client.get("/admin/password_change/").url == "/accounts/password/change/"
    client.post("/accounts/logout/")
    assert client.get("/admin/").status_code == 302


def test_sidebar_shows_what_a_role_may_open() -> None:
    shown = {role: set(sidebar(signed_in(member(role)).get("/admin/").content.decode())) for role in roles.ROLES}
    for role, labels in shown.items():
        allowed = {
            entry.label
            for _, entries in SECTIONS
            for entry in entries
            if "v" in roles.PERMISSIONS[entry.model][roles.ROLES.index(role)] and _is_registered(entry.model)
        }
        assert labels - {"Dashboard", "Audit trail"} - _unplaced() == allowed


def _is_registered(label: str) -> bool:
    return label in {model._meta.label_lower for model in admin.site._registry}


def _unplaced() -> set[str]:
    """Return the names of registered models that have no place of their own in the sidebar."""
    placed = {entry.model for _, entries in SECTIONS for entry in entries}
    return {
        str(model._meta.verbose_name_plural).capitalize() for model in admin.site._registry
        if model._meta.label_lower not in placed
    }  # fmt: skip


def test_every_model_of_ours_in_the_sidebar_has_its_page() -> None:
    assert [entry.model for _, entries in SECTIONS for entry in entries if not _is_registered(entry.model)] == []


def test_bulk_delete_is_offered_nowhere() -> None:
    administrator = make_person(is_staff=True, is_superuser=True)
    client = signed_in(administrator)
    Department.objects.create(name="Sales")
    assert "delete_selected" not in client.get("/admin/people/department/").content.decode()


def test_a_read_only_page_shows_no_save_bar() -> None:
    department = Department.objects.create(name="Sales")
    url = f"/admin/people/department/{department.pk}/change/"
    assert "submit-row" not in signed_in(member(roles.AUDITORS)).get(url).content.decode()
    assert "submit-row" in signed_in(member(roles.HR_ADMINISTRATORS)).get(url).content.decode()


def test_no_page_of_the_admin_carries_inline_script_or_style() -> None:
    client = signed_in(member(roles.HR_ADMINISTRATORS, roles.HR_APPROVERS))
    department = Department.objects.create(name="Sales")
    paths = ("", "people/department/", f"people/department/{department.pk}/change/")
    for path in (*paths, f"people/department/{department.pk}/history/"):
        page = client.get(f"/admin/{path}").content.decode()
        assert re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=", page) == []
