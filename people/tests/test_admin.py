"""People in the admin: a superuser, an HR administrator, an outsider."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse

from people.models import Department, Person
from people.tests.factories import make_person

pytestmark = pytest.mark.django_db
LIST = "/admin/people/person/"


@pytest.fixture
def hr(client):
    person = make_person(name="Marta Silva", is_staff=True)
    person.groups.add(Group.objects.get(name="HR administrators"))
    client.force_login(person)
    return person


def page(person):
    return reverse("admin:people_person_change", args=[person.pk])


def fields(person, **changed):
    kept = ["name", "employee_number", "email", "status", "country", "grade", "language", "time_zone"]
    return {name: getattr(person, name) for name in kept} | changed


def test_an_outsider_sees_nothing(client):
    client.force_login(make_person())
    assert client.get(LIST)["Location"].startswith("/admin/login/")


def test_the_list_shows_and_finds_people(client, hr):
    make_person(name="Ana Ribeiro", department=Department.objects.create(name="Engineering"), manager=hr)
    shown = client.get(LIST).content.decode()
    assert all(word in shown for word in ("Ana Ribeiro", "Engineering", "Marta Silva"))
    found = client.get(LIST, {"q": "ribei"}).content.decode()
    assert "Ana Ribeiro" in found
    assert ">Marta Silva</a></th>" not in found


def test_the_list_takes_no_more_queries_with_more_rows(client, hr, django_assert_max_num_queries):
    counts = []
    for added in (1, 2):
        for _ in range(added):
            make_person(department=Department.objects.create(name=str(Person.objects.count())), manager=hr)
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_hr_edits_somebody_and_the_history_says_so(client, hr):
    person = make_person(password="walk-in-the-park")
    response = client.post(page(person), fields(person, name="Ana Ribeiro-Lang", country="PT"))
    assert response.status_code == 302
    person.refresh_from_db()
    assert (person.name, person.country, person.check_password("walk-in-the-park")) == ("Ana Ribeiro-Lang", "PT", True)
    event = Person.pgh_event_model.objects.filter(pgh_obj=person).order_by("-pgh_id").first()
    assert event.pgh_context.metadata["user"] == str(hr.pk)


def test_hr_takes_on_a_newcomer_who_has_no_password(client, hr):
    new = Person(name="New", employee_number="00001", email="New@acme.example", country="DE")
    assert client.post(reverse("admin:people_person_add"), fields(new)).status_code == 302
    made = Person.objects.get(employee_number="00001")
    assert (made.email, made.has_usable_password()) == ("new@acme.example", False)


def test_a_bad_value_is_refused_in_a_sentence(client, hr):
    person = make_person()
    response = client.post(page(person), fields(person, country="XX", time_zone="Berlin", manager=person.pk))
    shown = response.content.decode()
    assert response.status_code == 200
    assert "&quot;XX&quot; is no country." in shown
    assert "&quot;Berlin&quot; is no time zone." in shown


def test_nobody_is_their_own_manager(client, hr):
    person = make_person()
    response = client.post(page(person), fields(person, manager=person.pk))
    assert "Nobody is their own manager." in response.content.decode()


def test_who_is_suspended_is_signed_out(client, hr):
    person = make_person()
    before = person.get_session_auth_hash()
    client.post(page(person), fields(person, status="suspended"))
    person.refresh_from_db()
    assert (person.status, person.signed_out_at is None) == ("suspended", False)
    assert person.get_session_auth_hash() != before


def test_a_form_that_stood_open_brings_back_nothing_it_did_not_change(client, hr):
    person = make_person(name="Before")
    form = fields(person, grade="P4")
    Person.objects.filter(pk=person.pk).update(scim_external_id="x1")
    client.post(page(person), form | {"scim_external_id": "x1"})
    person.refresh_from_db()
    assert (person.grade, person.scim_external_id) == ("P4", "x1")


@pytest.mark.parametrize("power", [{"is_superuser": "on"}, {"is_staff": "on"}])
def test_hr_gives_nobody_powers(client, hr, power):
    person = make_person()
    client.post(page(person), fields(person, **power, groups=[Group.objects.get(name="Finance").pk]))
    person.refresh_from_db()
    assert (person.is_superuser, person.is_staff, person.groups.count()) == (False, False, 0)


@pytest.mark.parametrize("power", [{"is_superuser": True}, {"is_staff": True}])
def test_hr_does_not_edit_who_has_powers(client, hr, power):
    person = make_person(**power)
    assert client.get(page(person)).status_code == 200
    assert client.post(page(person), fields(person, email="mine@acme.example")).status_code == 403


def test_a_superuser_gives_powers_but_does_not_change_their_own(client):
    root, person = make_person(is_staff=True, is_superuser=True), make_person()
    client.force_login(root)
    client.post(page(person), fields(person, is_staff="on", groups=[Group.objects.get(name="Finance").pk]))
    client.post(page(root), fields(root, status="left"))
    person.refresh_from_db(), root.refresh_from_db()
    assert (person.is_staff, [group.name for group in person.groups.all()]) == (True, ["Finance"])
    assert (root.status, root.is_superuser) == ("active", True)


def test_no_password_is_shown_and_nobody_is_deleted(client, hr):
    person = make_person(password="walk-in-the-park")
    shown = client.get(page(person)).content.decode()
    assert "pbkdf2" not in shown
    assert client.get(reverse("admin:people_person_delete", args=[person.pk])).status_code == 403


def test_a_manager_is_found_by_typing(client, hr):
    make_person(name="Jonas Weber")
    found = client.get(
        "/admin/autocomplete/",
        {"app_label": "people", "model_name": "person", "field_name": "manager", "term": "weber"},
    ).json()
    assert [result["text"] for result in found["results"]] == ["Jonas Weber"]
