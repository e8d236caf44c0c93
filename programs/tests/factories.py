"""Makes programmes for the tests of every room."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import Group

from people.models import Person
from programs.enums import ProgrammeStatus, Source
from programs.models import PointsRequest, Programme
from programs.operations import fundings, programmes
from programs.operations.points_requests import NewPointsRequest, Submitted, submit

AT = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def make_programme(*, budget: int = 100_000, steps: Sequence[tuple[int, int]] = (), **fields: Any) -> Programme:
    """Create an active programme with points in its budget.

    Args:
        budget: the points; 0 leaves it empty.
        steps: (over, approvals) of each approval step; "HR approvers" decide.
        fields: others of `Programme`.
    """
    number = next(_numbers)
    defaults = {"slug": f"programme-{number}", "name": f"Programme {number}", "status": ProgrammeStatus.ACTIVE}
    programme = programmes.create(by=None, at=AT, **(defaults | fields))
    for over, approvals in steps:
        programme.approval_steps.create(over=over, approvals=approvals, group=approvers())
    if budget:
        fundings.fund(programme=programme, points=budget, reference="test", at=AT)
    return programme


def approvers() -> Group:
    """Return the group that decides in tests."""
    return Group.objects.get_or_create(name="HR approvers")[0]


def new(programme: Programme, person: Person | None = None, **fields: Any) -> NewPointsRequest:
    """Return 500 points asked for somebody through the API; `fields` replace what differs."""
    recipient = person.employee_number if person else "E404"
    content: dict[str, Any] = {"programme": programme.slug, "recipient": recipient, "points": 500}
    return NewPointsRequest(**({"source": Source.API, "reason": "Q3 rating 5"} | content | fields))


def submit_one(programme: Programme, person: Person | None = None, **fields: Any) -> Submitted:
    """Submit one request."""
    return submit([new(programme, person, **fields)], at=AT)[0]


def credited(programme: Programme, person: Person | None = None, **fields: Any) -> PointsRequest:
    """Submit one request that must be granted, and return its row."""
    done = submit_one(programme, person, **fields)
    if done.points_request is None:
        raise AssertionError(done.error)
    return done.points_request
