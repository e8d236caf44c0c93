from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from people.enums import PersonStatus
from people.errors import InvalidPerson, PersonConflict, UnknownManager
from people.models import Department, Person
from people.operations.people import NewPerson, enrol
from people.tests.factories import make_person

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ANA = NewPerson(
    employee_number="00482",
    name="Ana Ribeiro",
    email="ana@acme.example",
    country="DE",
    department="Engineering",
    manager_number="E5",
    language="de",
    time_zone="Europe/Berlin",
    grade="P4",
    joined_on=date(2021, 10, 14),
)
JONAS = NewPerson(employee_number="E5", name="Jonas Weber", email="jonas@acme.example", country="DE")


def test_newcomers_come_in_the_order_of_the_list_with_everything_said_of_them(db):
    ana, jonas = enrol([ANA, JONAS], by=None, at=AT)
    ana.refresh_from_db()
    assert (ana.employee_number, ana.name, ana.email, ana.country) == ("00482", ANA.name, ANA.email, "DE")
    assert (ana.department.name, ana.manager, ana.language) == ("Engineering", jonas, "de")
    assert (ana.time_zone, ana.grade, ana.joined_on, ana.status) == ("Europe/Berlin", "P4", ANA.joined_on, "active")
    assert not ana.has_usable_password()


def test_the_same_list_twice_changes_nothing_and_makes_no_history(db):
    enrol([ANA, JONAS], by=None, at=AT)
    before = list(Person.objects.order_by("pk").values())
    history = Person.pgh_event_model.objects.count()
    enrol([ANA, JONAS], by=None, at=AT)
    assert list(Person.objects.order_by("pk").values()) == before
    assert Person.pgh_event_model.objects.count() == history


def test_who_is_here_is_brought_up_to_date_and_keeps_password_and_external_id(db):
    person = make_person(employee_number="E5", password="a long enough one", scim_external_id="x1", is_staff=True)
    (saved,) = enrol([replace(JONAS, name="Jonas Weber-Lang", country="PT")], by=None, at=AT)
    saved.refresh_from_db()
    assert (saved.pk, saved.name, saved.country, saved.scim_external_id) == (person.pk, "Jonas Weber-Lang", "PT", "x1")
    assert (saved.is_staff, saved.check_password("a long enough one"), saved.created_at) == (
        True,
        True,
        person.created_at,
    )


def test_a_manager_left_out_is_a_manager_taken_away(db):
    enrol([ANA, JONAS], by=None, at=AT)
    (ana,) = enrol([replace(ANA, manager_number=None)], by=None, at=AT)
    ana.refresh_from_db()
    assert ana.manager is None


def test_a_department_is_made_once(db):
    Department.objects.create(name="Engineering")
    enrol([ANA, replace(JONAS, department="Engineering")], by=None, at=AT)
    assert list(Department.objects.values_list("name", flat=True)) == ["Engineering"]


def test_who_leaves_is_signed_out(db):
    person = make_person(employee_number="E5")
    before = person.get_session_auth_hash()
    (saved,) = enrol([replace(JONAS, status=PersonStatus.LEFT)], by=None, at=AT)
    assert (saved.signed_out_at, saved.left_at) == (AT, AT)
    assert saved.get_session_auth_hash() != before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("country", "Germany"),
        ("country", "de"),
        ("country", "ZZ"),
        ("email", "ana"),
        ("language", "xx"),
        ("time_zone", "Berlin"),
        ("name", ""),
        ("employee_number", ""),
        ("status", "gone"),
    ],
)
def test_a_bad_field_is_named_by_row_and_nothing_is_written(db, field, value):
    with pytest.raises(InvalidPerson) as raised:
        enrol([JONAS, replace(ANA, **{field: value})], by=None, at=AT)
    assert raised.value.pointer == f"/1/{field}"
    assert Person.objects.count() == 0


@pytest.mark.parametrize("twin", [{"email": "ANA@acme.example"}, {"employee_number": "00482"}])
def test_the_same_twice_in_a_list_is_refused(db, twin):
    with pytest.raises(InvalidPerson) as raised:
        enrol([ANA, replace(JONAS, **twin)], by=None, at=AT)
    assert raised.value.pointer == f"/1/{next(iter(twin))}"


@pytest.mark.parametrize(("field", "value"), [("email", "JONAS@acme.example"), ("scim_external_id", "x1")])
def test_what_belongs_to_somebody_else_is_refused(db, field, value):
    make_person(**{"employee_number": "E9", "scim_external_id": None, field: value})
    with pytest.raises(PersonConflict) as raised:
        enrol([ANA, replace(JONAS, **{field: value.lower()})], by=None, at=AT)
    assert raised.value.pointer == f"/1/{field}"


@pytest.mark.parametrize("number", ["E404", "E5"])
def test_a_manager_who_is_nobody_or_oneself_is_refused(db, number):
    with pytest.raises(UnknownManager) as raised:
        enrol([replace(JONAS, manager_number=number)], by=None, at=AT)
    assert raised.value.pointer == "/0/manager_number"
    assert Person.objects.count() == 0


def test_the_history_says_by_whom(db):
    hr = make_person()
    (saved,) = enrol([JONAS], by=hr, at=AT)
    event = Person.pgh_event_model.objects.filter(pgh_obj=saved).order_by("pgh_id").first()
    assert event.pgh_context.metadata == {"user": str(hr.pk)}


def test_a_longer_list_takes_no_more_statements(db, django_assert_max_num_queries):
    def staff(count):
        return [
            replace(ANA, employee_number=f"E{n}", email=f"e{n}@acme.example", manager_number="M") for n in range(count)
        ]

    enrol([replace(JONAS, employee_number="M")], by=None, at=AT)
    for count in (1, 3):
        with django_assert_max_num_queries(15):
            enrol(staff(count), by=None, at=AT)


def test_left_at_stays_with_a_second_list_and_goes_with_a_return(db):
    left = replace(JONAS, status=PersonStatus.LEFT)
    later = AT + timedelta(days=1)
    enrol([left], by=None, at=AT)
    (saved,) = enrol([left], by=None, at=later)
    assert saved.left_at == AT
    (saved,) = enrol([JONAS], by=None, at=later)
    assert saved.left_at is None
