"""The one way in."""

from typing import Any

import pytest

from people.models import Person
from people.tests.factories import make_person
from programs.enums import PointsRequestStatus, Source
from programs.models import PointsRequest, Programme
from programs.operations.points_requests import NewPointsRequest, Submitted, WalletAfter, submit
from programs.tests.factories import AT, make_programme

pytestmark = pytest.mark.django_db


def new(programme: Programme, person: Person | None = None, **fields: Any) -> NewPointsRequest:
    recipient = person.employee_number if person else "E404"
    content: dict[str, Any] = {"programme": programme.slug, "recipient": recipient, "points": 500, "reason": "Q3"}
    return NewPointsRequest(**({"source": Source.API} | content | fields))


def submit_one(programme: Programme, person: Person | None = None, **fields: Any) -> Submitted:
    return submit([new(programme, person, **fields)], at=AT)[0]


def test_submit_credits() -> None:
    person = make_person()
    done = submit_one(make_programme(), person)
    assert done.error is None
    assert done.points_request is not None
    row = PointsRequest.objects.get()
    assert row == done.points_request
    assert (row.status, row.credited_at, row.transfer_id) == (
        PointsRequestStatus.CREDITED,
        AT,
        done.points_request.transfer_id,
    )
    assert done.wallet == WalletAfter(available=500, held=0)
