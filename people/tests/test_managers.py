"""Nobody stands above themselves: in a list, in the admin, in the database, and when two close a circle at once."""

import threading
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from people.errors import ManagerCircle
from people.models import Person
from people.operations import people
from people.operations.people import NewPerson, enrol
from people.tests.factories import make_person

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
ANA = NewPerson(employee_number="A", name="Ana", email="ana@acme.example", country="DE", manager_number="B")
BEN = NewPerson(employee_number="B", name="Ben", email="ben@acme.example", country="DE", manager_number="C")
CLARA = NewPerson(employee_number="C", name="Clara", email="clara@acme.example", country="DE")
DAN = NewPerson(employee_number="D", name="Dan", email="dan@acme.example", country="DE")


def managers() -> dict[str, str | None]:
    return dict(Person.objects.values_list("employee_number", "manager__employee_number"))


def test_a_list_that_makes_a_circle_names_the_chain_and_its_first_row_and_changes_nothing(db):
    enrol([ANA, BEN, CLARA], by=None, at=AT)
    with pytest.raises(ManagerCircle) as raised:
        enrol([replace(DAN, manager_number="A"), replace(CLARA, manager_number="A")], by=None, at=AT)
    assert raised.value.pointer == "/1/manager_number"
    assert raised.value.detail.startswith("Row 2: managers would go in a circle: ")
    chain = raised.value.detail.removesuffix(". Nothing was changed.").rpartition(": ")[2].split(" → ")
    assert (set(chain), chain[0]) == ({"Ana", "Ben", "Clara"}, chain[-1])
    assert managers() == {"A": "B", "B": "C", "C": None}


def test_a_circle_within_one_new_list_is_refused_whole(db):
    with pytest.raises(ManagerCircle):
        enrol([ANA, replace(BEN, manager_number="A")], by=None, at=AT)
    assert managers() == {}


def test_two_may_trade_places(db):
    enrol([replace(ANA, manager_number="B"), replace(BEN, manager_number=None)], by=None, at=AT)
    enrol([replace(ANA, manager_number=None), replace(BEN, manager_number="A")], by=None, at=AT)
    assert managers() == {"A": None, "B": "A"}


def test_the_database_refuses_a_circle_whoever_writes(db):
    ana, ben = make_person(name="Ana"), make_person(name="Ben")
    clara = make_person(name="Clara", manager=ben)
    Person.objects.filter(pk=ben.pk).update(manager=ana)
    with pytest.raises(IntegrityError) as raised, transaction.atomic():
        Person.objects.filter(pk=ana.pk).update(manager=clara)
    names, numbers = people.circle(raised.value)
    assert set(names.split(" → ")) == {"Ana", "Ben", "Clara"}
    assert names.split(" → ")[0] == names.split(" → ")[-1]
    assert numbers == {ana.employee_number, ben.employee_number, clara.employee_number}
    twins = [
        Person(employee_number=number, email=f"{number}@acme.example", name=number, country="DE") for number in "XY"
    ]
    twins[0].manager, twins[1].manager = twins[1], twins[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.bulk_create(twins)


def test_the_admin_says_at_the_field_who_would_stand_above_whom(client, db):
    hr = make_person(name="Marta", is_staff=True)
    hr.groups.add(Group.objects.get(name="HR administrators"))
    client.force_login(hr)
    ana = make_person(name="Ana")
    ben = make_person(name="Ben", manager=ana)
    clara = make_person(name="Clara", manager=ben)
    names = ("name", "employee_number", "email", "status", "country", "language", "time_zone")
    form = {name: getattr(ana, name) for name in names} | {"manager": clara.pk}
    said = client.post(reverse("admin:people_person_change", args=[ana.pk]), form).content.decode()
    assert "Managers would go in a circle: Ana → Clara → Ben → Ana. Choose somebody else." in said
    ana.refresh_from_db()
    assert ana.manager is None


def test_a_circle_that_somebody_closes_meanwhile_is_said_and_not_an_error(client, db, monkeypatch):
    hr = make_person(name="Marta", is_staff=True)
    hr.groups.add(Group.objects.get(name="HR administrators"))
    client.force_login(hr)
    ana = make_person(name="Ana")
    ben = make_person(name="Ben", manager=ana)
    monkeypatch.setattr(Person, "clean", lambda self: None)  # the form had asked before
    names = ("name", "employee_number", "email", "status", "country", "language", "time_zone")
    form = {name: getattr(ana, name) for name in names} | {"manager": ben.pk}
    said = client.post(reverse("admin:people_person_change", args=[ana.pk]), form, follow=True).content.decode()
    assert "Managers would go in a circle: " in said
    ana.refresh_from_db()
    assert ana.manager is None


def both_at_once(a: Person, b: Person) -> list[str]:
    """Put A under B and B under A on two connections, neither committed before the other has written."""
    start, done = threading.Barrier(2), []

    def move(person: Person, manager: Person) -> None:
        try:
            start.wait()
            with transaction.atomic():
                Person.objects.filter(pk=person.pk).update(manager=manager)
                written.wait(timeout=5) if with_lock_gone else None
            done.append("moved")
        except IntegrityError:
            done.append("refused")
        finally:
            connection.close()

    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc NOT LIKE '%%advisory%%' FROM pg_proc WHERE proname = 'people_managers_check'")
        with_lock_gone = cursor.fetchone()[0]
    written = threading.Barrier(2)
    threads = [threading.Thread(target=move, args=each) for each in ((a, b), (b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(done)


@pytest.mark.django_db(transaction=True)
def test_two_who_close_a_circle_at_once_take_turns_and_one_is_refused():
    a, b = make_person(name="A"), make_person(name="B")
    assert both_at_once(a, b) == ["moved", "refused"]


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_would_pass():
    """The control: what the race above shows is the lock, and nothing else."""
    a, b = make_person(name="A"), make_person(name="B")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef('people_managers_check'::regproc)")
        [as_it_is] = cursor.fetchone()
        guard = "PERFORM pg_advisory_xact_lock(hashtext('people: managers'));"
        assert guard in as_it_is
        cursor.execute(as_it_is.replace(guard, ""))
        try:
            assert both_at_once(a, b) == ["moved", "moved"]
        finally:
            cursor.execute(as_it_is)
            Person.objects.update(manager=None)


def test_a_list_of_thousands_is_looked_through_once(db):
    staff = [
        replace(ANA, employee_number=f"E{n}", email=f"e{n}@acme.example", manager_number=f"E{n // 8}" if n else None)
        for n in range(3000)
    ]
    enrol(staff, by=None, at=AT)
    assert Person.objects.filter(manager=None).count() == 1


@pytest.mark.parametrize(("said", "kept"), [("05-31", "05-31"), ("02-29", "02-29"), ("", ""), (None, "12-24")])
def test_a_birthday_is_a_month_and_a_day_and_stays_where_a_list_leaves_it_out(db, said, kept):
    enrol([replace(DAN, birthday="12-24")], by=None, at=AT)
    [dan] = enrol([replace(DAN, birthday=said)], by=None, at=AT)
    assert Person.objects.get(pk=dan.pk).birthday == kept


@pytest.mark.parametrize("day", ["02-30", "13-01", "5-31", "1990-05-31", "٠٥-٣١", "00-10", "04-31"])
def test_what_is_no_day_is_refused_by_the_list_and_by_the_database(db, day):
    with pytest.raises(people.InvalidPerson) as raised:
        enrol([replace(DAN, birthday=day)], by=None, at=AT)
    assert raised.value.pointer == "/0/birthday"
    if len(day) == 5:
        with pytest.raises(IntegrityError, match="person_birthday_is_a_day"), transaction.atomic():
            make_person(birthday=day)
