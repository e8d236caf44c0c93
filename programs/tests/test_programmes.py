"""Setting up programmes, filling budgets, and what runs by itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from api.tests.factories import make_client
from people.tests.factories import make_person
from programs import tasks
from programs.errors import ExternalIdConflict, PointsOutOfRange
from programs.models import Funding, PointsRequest, Programme
from programs.operations import fundings, programmes
from programs.operations.points_requests import submit
from programs.tests.factories import AT, make_programme, new
from wallets.ledger_rules import findings
from wallets.models import Account

pytestmark = pytest.mark.django_db


def test_create_opens_an_empty_budget_and_says_who() -> None:
    by = make_person()
    programme = programmes.create(slug="spot", name="Spotlight", by=by, at=AT, points_expire_after_days=30)
    assert (programme.budget.kind, programme.budget.points, programme.created_at) == ("budget", 0, AT)
    assert programme.events.get().pgh_context.metadata["user"] == str(by.pk)  # type: ignore[attr-defined]


def test_create_of_a_slug_that_is_taken_leaves_no_budget_behind() -> None:
    make_programme(slug="spot", budget=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        programmes.create(slug="spot", name="Other", by=None, at=AT)
    assert Account.objects.filter(kind="budget").count() == 1


def test_fund_moves_points_into_the_budget() -> None:
    programme, by = make_programme(budget=0), make_person()
    funding = fundings.fund(programme=programme, points=500, reference="PO 7", at=AT, by=by)
    assert (funding.transfer.points, funding.transfer.reference) == (500, f"fund:{funding.pk.hex}")
    assert (funding.funded_by, funding.funded_at) == (by, AT)
    assert Account.objects.get(pk=programme.budget_id).points == 500
    assert list(findings()) == []


def test_fund_again_with_the_same_external_id_is_the_first_funding() -> None:
    programme, client = make_programme(budget=0), make_client()
    asked: dict[str, Any] = {
        "programme": programme,
        "points": 500,
        "reference": "",
        "client": client,
        "external_id": "a",
    }
    first = fundings.fund(**asked, at=AT)
    assert fundings.fund(**asked, at=AT + timedelta(days=1)) == first
    for change in ({"points": 501}, {"reference": "x"}, {"programme": make_programme(budget=0)}):
        with pytest.raises(ExternalIdConflict):
            fundings.fund(**(asked | change), at=AT)
    assert fundings.fund(**(asked | {"client": make_client()}), at=AT) != first
    assert Account.objects.get(pk=programme.budget_id).points == 1000


@pytest.mark.parametrize("points", [0, -1, 10**12 + 1, True, 5.0])
def test_fund_of_no_possible_number_is_refused(points: Any) -> None:
    with pytest.raises(PointsOutOfRange):
        fundings.fund(programme=make_programme(budget=0), points=points, reference="", at=AT)
    assert Funding.objects.count() == 0


def test_the_database_keeps_fundings_as_they_were_written() -> None:
    make_programme()
    with pytest.raises(IntegrityError, match="kept"), transaction.atomic():
        Funding.objects.update(points=1)
    with pytest.raises(IntegrityError, match="kept"), transaction.atomic():
        Funding.objects.all().delete()


@pytest.mark.parametrize(
    "change", [{"status": "live"}, {"unknown_recipients": "guess"}, {"per_person_limit": 5}, {"notify": ["fax"]}]
)
def test_the_database_refuses_a_programme_that_cannot_be(change: dict[str, Any]) -> None:
    make_programme()
    with pytest.raises(IntegrityError), transaction.atomic():
        Programme.objects.update(**change)


def test_beat_releases_parked_points() -> None:
    beat = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert tasks.release_parked.name in beat
    submit([new(make_programme(unknown_recipients="park"), recipient="E900")], at=timezone.now())
    make_person(employee_number="E900")
    tasks.release_parked()
    assert PointsRequest.objects.get().status == "credited"
