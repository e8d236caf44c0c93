from people.queries import recipients
from people.tests.factories import make_person


def test_a_number_keeps_its_leading_zeros(db):
    person = make_person(employee_number="00217")
    assert recipients(["00217", "217", "0217"]) == {"00217": person}


def test_an_address_is_found_whatever_its_case(db):
    person = make_person(email="Ana.Ribeiro@acme.example")
    names = ["email:ana.ribeiro@acme.example", "email:ANA.RIBEIRO@ACME.EXAMPLE"]
    assert recipients(names) == dict.fromkeys(names, person)


def test_an_external_id_is_found(db):
    person = make_person(scim_external_id="00u1Ab")
    assert recipients(["scim:00u1Ab", "scim:00u1ab"]) == {"scim:00u1Ab": person}


def test_one_person_is_found_by_every_name(db):
    person = make_person(employee_number="E1", email="a@acme.example", scim_external_id="x")
    names = ["E1", "email:a@acme.example", "scim:x"]
    assert recipients(names) == dict.fromkeys(names, person)


def test_a_number_is_no_external_id_nor_address(db):
    make_person(employee_number="E1", email="e2@acme.example", scim_external_id="E3")
    assert recipients(["E3", "scim:E1", "email:E1", "e2@acme.example", "E1 "]) == {}


def test_nobody_has_a_name_with_a_null(db):
    make_person(employee_number="E1")
    assert recipients(["E1\0", ""]) == {}


def test_no_names_are_nobody_and_no_query(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert recipients([]) == {}


def test_any_number_of_names_is_one_query_with_the_department(db, django_assert_num_queries):
    from people.models import Department

    sales = Department.objects.create(name="Sales")
    names = [make_person(department=sales).employee_number for _ in range(3)]
    for asked in (names[:1], names):
        with django_assert_num_queries(1):
            assert [person.department.name for person in recipients(asked).values()] == ["Sales"] * len(asked)
