"""Recognition in the admin: the list and its report, what givers have left, policy and values of a programme."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from people.models import Department, Person
from people.tests.factories import make_person
from programs.models import AllowancePolicy, CompanyValue, Recognition
from programs.tests.test_recognitions import give, make_recognition_programme
from tests.pages import text

pytestmark = pytest.mark.django_db
LIST, ALLOWANCES = "/admin/programs/recognition/", "/admin/programs/allowance/"


@pytest.fixture
def hr() -> Client:
    person = make_person(name="Marta Silva", is_staff=True)
    person.groups.add(Group.objects.get(name="HR administrators"))
    client = Client()
    client.force_login(person)
    return client


def given(programme: Any, points: int = 100, **fields: Any) -> Recognition:
    department = Department.objects.get_or_create(name="Sales")[0]
    return give(
        programme, make_person(department=department), make_person(), points=points, at=timezone.now(), **fields
    )


def test_the_list_says_who_gave_whom_and_the_report_counts_what_arrived(hr: Client) -> None:
    programme = make_recognition_programme(steps=[(400, 1)])
    done = given(programme, value="Own it")
    given(programme, 50)
    given(programme, 500)  # waits
    shown = text(hr.get(LIST))
    assert "2 recognitions 150 points in the last twelve months" in shown
    assert "By value No value named was named most: 1 times." in shown
    assert "Own it 1 100" in shown
    assert "Sales 2 150" in shown
    page = text(hr.get(reverse("admin:programs_recognition_change", args=[done.pk])))
    assert f"100 points for {done.receiver.employee_number}" in page
    assert text(hr.get(LIST, {"value": "Own it"})).count("You stayed late.") == 1
    assert text(hr.get(LIST, {"q": done.giver.name})).count("You stayed late.") == 1


def test_allowances_say_what_is_left_also_where_the_programme_has_none_any_more(hr: Client) -> None:
    programme, ended = make_recognition_programme(), make_recognition_programme()
    given(programme, 120), given(ended)
    AllowancePolicy.objects.filter(programme=ended).delete()
    shown = text(hr.get(ALLOWANCES))
    assert "380 of 500 120 0" in shown
    assert "The programme has no allowance now" in shown


@pytest.mark.parametrize("address", [LIST, ALLOWANCES])
def test_queries_do_not_grow_with_rows(hr: Client, address: str) -> None:
    programme, counts = make_recognition_programme(), []
    for many in (1, 2):
        for _ in range(many):
            given(programme, value="Own it")
        hr.get(address)
        with CaptureQueriesContext(connection) as queries:
            hr.get(address)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("address", [LIST, ALLOWANCES])
def test_nobody_adds_changes_or_sees_it_without_the_right(hr: Client, address: str) -> None:
    assert hr.get(f"{address}add/").status_code == 403
    outsider = Client()
    outsider.force_login(make_person(is_staff=True))
    assert outsider.get(address).status_code == 403


def test_hr_gives_a_programme_an_allowance_and_values(hr: Client) -> None:
    programme = make_recognition_programme()
    AllowancePolicy.objects.all().delete(), CompanyValue.objects.all().delete()
    address = reverse("admin:programs_programme_change", args=[programme.pk])
    shown = hr.get(address)
    form: dict[str, Any] = {}
    for formset in [
        shown.context["adminform"].form,
        *(inline.formset.management_form for inline in shown.context["inline_admin_formsets"]),
    ]:
        for field in formset:
            value = field.value()
            form[field.html_name] = "" if value is None else value
    one = {"managers": 500, "everyone": 100, "carry_over": 200, "programme": programme.pk, "id": ""}
    form |= {f"allowance_policy-0-{name}": value for name, value in one.items()} | {"allowance_policy-TOTAL_FORMS": 1}
    value = {"name": "Be kind", "position": 0, "is_offered": "on", "programme": programme.pk, "id": ""}
    form |= {f"company_values-0-{name}": each for name, each in value.items()} | {"company_values-TOTAL_FORMS": 1}
    saved = hr.post(address, form)
    assert saved.status_code == 302, text(saved)
    policy = AllowancePolicy.objects.get(programme=programme)
    assert (policy.managers, policy.everyone, policy.carry_over) == (500, 100, 200)
    assert [each.name for each in programme.company_values.all()] == ["Be kind"]
    refused = hr.post(
        address,
        form
        | {
            "allowance_policy-0-managers": 0,
            "allowance_policy-0-everyone": 0,
            "allowance_policy-0-id": policy.pk,
            "allowance_policy-INITIAL_FORMS": 1,
        },
    )
    assert "Give managers or everyone a number of points" in text(refused)
    assert Person.objects.filter(is_staff=True).count() == 1
