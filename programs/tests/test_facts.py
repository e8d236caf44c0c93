"""Everything that a list names, looked up at once."""

from typing import Any

import pytest

from api.models import ApiClient
from api.operations import clients
from people.models import Department
from people.tests.factories import make_person
from programs.facts import Asked, Facts, look_up
from programs.queries import Step, terms
from programs.tests.factories import AT, approvers, credited, make_programme
from wallets.operations import accounts

pytestmark = pytest.mark.django_db


def test_look_up_finds_programmes_people_wallets_and_repeats() -> None:
    programme, other = make_programme(steps=[(100, 1), (900, 2)]), make_programme()
    sales = Department.objects.create(name="Sales")
    ana, ben = make_person(department=sales, email="ana@acme.example"), make_person(scim_external_id="s-1")
    before = credited(other, ana, external_id="x")
    facts = look_up(
        [
            Asked(programme.slug, ana.employee_number, (None, "x")),
            Asked(programme.slug, "email:ANA@acme.example", (None, "y")),
            Asked(other.slug, "scim:s-1", None),
            Asked("missing", "nobody", None),
        ]
    )
    assert facts == Facts(
        terms=terms([programme.slug, other.slug]),
        people={ana.employee_number: ana, "email:ANA@acme.example": ana, "scim:s-1": ben},
        wallets=accounts.open_wallets([ana.pk]),
        asked_before={(None, "x"): (before.pk, before.fingerprint)},
    )
    assert facts.terms[programme.slug].steps == (Step(900, 2, approvers().pk), Step(100, 1, approvers().pk))
    assert str(facts.people[ana.employee_number].department) == "Sales"


def test_look_up_takes_another_clients_external_id_for_no_repeat() -> None:
    ours, theirs = (clients.create(name=name, scopes=["points:write"], at=AT).client_id for name in ("Ours", "Theirs"))
    programme, person = make_programme(), make_person()
    made = credited(programme, person, external_id="x", client=_client(ours))
    asked = [Asked(programme.slug, person.employee_number, (client, "x")) for client in (ours, theirs, None)]
    assert look_up(asked).asked_before == {(ours, "x"): (made.pk, made.fingerprint)}


def test_look_up_finds_nobody_by_a_name_that_no_text_can_be() -> None:
    assert look_up([Asked("missing", "E1\0", None)]) == Facts()


@pytest.mark.parametrize("count", [1, 3])
def test_look_up_is_one_statement(count: int, django_assert_num_queries: Any) -> None:
    programme = make_programme(steps=[(100, 1)])
    asked = [Asked(programme.slug, make_person().employee_number, (None, str(number))) for number in range(count)]
    with django_assert_num_queries(1):
        look_up(asked)


def _client(client_id: str) -> ApiClient:
    return ApiClient.objects.get(pk=client_id)
