from datetime import UTC, datetime

import pytest
from django.urls import reverse

from people.enums import PersonStatus
from people.errors import OwnStatus
from people.operations.people import set_status
from people.tests.factories import make_person

AT = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize("status", [PersonStatus.SUSPENDED, PersonStatus.LEFT])
def test_who_goes_is_signed_out_at_once_and_stays_so_after_coming_back(client, db, status):
    person, hr = make_person(), make_person()
    client.force_login(person)
    page = reverse("account_reauthenticate")
    assert "login" not in client.get(page).headers.get("Location", "")
    set_status(person.pk, status=status, by=hr, at=AT)
    assert client.get(page).headers["Location"].startswith(reverse("account_login"))
    set_status(person.pk, status=PersonStatus.ACTIVE, by=hr, at=AT)
    assert client.get(page).headers["Location"].startswith(reverse("account_login"))


def test_others_stay_signed_in(client, db):
    person, colleague = make_person(), make_person()
    client.force_login(colleague)
    set_status(person.pk, status=PersonStatus.LEFT, by=None, at=AT)
    assert "login" not in client.get(reverse("account_reauthenticate")).headers.get("Location", "")


def test_the_same_status_again_changes_nothing(db):
    person = make_person(status=PersonStatus.LEFT)
    set_status(person.pk, status=PersonStatus.LEFT, by=None, at=AT)
    person.refresh_from_db()
    assert person.signed_out_at is None


def test_nobody_changes_their_own(db):
    person = make_person()
    with pytest.raises(OwnStatus):
        set_status(person.pk, status=PersonStatus.LEFT, by=person, at=AT)


def test_left_at_says_since_when_until_they_come_back(db):
    person = make_person()
    set_status(person.pk, status=PersonStatus.SUSPENDED, by=None, at=AT)
    person.refresh_from_db()
    assert person.left_at is None
    set_status(person.pk, status=PersonStatus.LEFT, by=None, at=AT)
    person.refresh_from_db()
    assert person.left_at == AT
    set_status(person.pk, status=PersonStatus.ACTIVE, by=None, at=AT)
    person.refresh_from_db()
    assert person.left_at is None
