"""A rule is run over past events before it is turned on: who would have got what, and nothing moves."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from people.models import Person
from people.tests.factories import make_person
from programs.enums import ProgrammeStatus, RuleSimulationStatus
from programs.errors import SimulationClosed, SimulationTooLarge, TooManySimulations
from programs.models import Event, PointsRequest, Programme, RuleSimulation, SimulatedMatch
from programs.operations import events, rules, simulations
from programs.operations.simulations import Limits
from programs.tests.factories import make_programme
from programs.tests.test_events import TYPE, WORDING, told
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db
AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
FROM, UNTIL = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def start(programme: Programme, by: Person | None = None, **change: Any) -> RuleSimulation:
    period = {name: change.pop(name, value) for name, value in (("from_at", FROM), ("until_at", UNTIL))}
    by = by or make_person()
    return simulations.start(programme=programme, slug="top", by=by, at=AT, **period, **{**WORDING, **change})


def run(programme: Programme, **change: Any) -> RuleSimulation:
    simulation = start(programme, **change)
    while simulations.work(at=AT):
        pass
    simulation.refresh_from_db()
    return simulation


def rows(simulation: RuleSimulation) -> list[tuple[Any, ...]]:
    return list(simulation.matches.values_list("recipient", "status", "points", "given_points", "code"))


def receive(person: Person | str, source_id: str, at: datetime = AT, **fields: Any) -> Event:
    [received] = events.receive([told(person, source_id, **fields)], at=at)
    return received.event


def test_who_would_have_got_what_and_nothing_moves() -> None:
    ana, tomas = make_person(employee_number="E1"), make_person(employee_number="E2")
    programme = make_programme(slug="quarterly", steps=[(700, 1)])
    for number, (person, rating, period) in enumerate([
        (ana, 5, "Q1"), (ana, 5, "Q1"), (tomas, 4, "Q1"), (tomas, 2, "Q2"), ("E9", 5, "Q1"), (ana, "five", "Q2"),
    ]):  # fmt: skip
        receive(person, str(number), AT + timedelta(minutes=number), rating=rating, period=period)
    receive(tomas, "late", UNTIL, period="Q3")
    simulation = run(programme)
    assert rows(simulation) == [
        ("E1", "pending", 1000, 0, ""),
        ("E1", "refused", 0, 0, "already_credited"),
        ("E2", "credited", 500, 0, ""),
        ("E9", "refused", 0, 0, "unknown_recipient"),
        ("E1", "refused", 0, 0, "rule_error"),
    ]
    assert (simulation.status, simulation.event_count, simulation.seen_events) == ("done", 6, 6)
    assert (simulation.points, simulation.people, simulation.budget_points) == (1500, 2, 100_000)
    counts = (simulation.credited_count, simulation.pending_count, simulation.refused_count)
    assert (counts, simulation.percent, simulation.given_points) == ((1, 1, 3), 100, 0)
    assert (PointsRequest.objects.count(), list(findings())) == (0, [])


def test_it_is_compared_with_what_the_live_version_gave() -> None:
    ana, tomas, programme = make_person(employee_number="E1"), make_person(employee_number="E2"), make_programme()
    rules.write(programme=programme, slug="top", by=None, **WORDING)
    receive(ana, "1"), receive(tomas, "2", rating=4)
    simulation = run(programme, when="event.rating >= 4.5", points="1500")
    assert rows(simulation) == [("E1", "credited", 1500, 1000, ""), ("E2", "no_match", 0, 500, "")]
    assert (simulation.points, simulation.given_points, simulation.people) == (1500, 1500, 1)


def test_a_draft_programme_is_simulated_as_if_it_were_open() -> None:
    person = make_person()
    programme = make_programme(status=ProgrammeStatus.DRAFT, starts_on=date(2030, 1, 1))
    receive(person, "1")
    assert [row[1] for row in rows(run(programme))] == ["credited"]


@pytest.mark.parametrize("batch", [1, 3, 500])
def test_limits_are_counted_over_batches_as_they_slide(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(simulations, "LIMITS", Limits(batch=batch))
    person, other = make_person(employee_number="E1"), make_person(employee_number="E2")
    programme = make_programme(per_person_limit=1000, per_person_limit_days=7)
    for day in range(10):
        receive(person, str(day), FROM + timedelta(days=day), rating=4, period=str(day))
    receive(other, "other", FROM + timedelta(days=2), rating=4)
    simulation = run(programme)
    got = [row[1] for row in rows(simulation) if row[0] == "E1"]
    assert got == [*["credited"] * 2, *["refused"] * 5, *["credited"] * 2, "refused"]
    assert (simulation.points, simulation.matches.filter(code="over_person_limit").count()) == (2500, 6)


@pytest.mark.parametrize("batch", [2, 500])
def test_the_programmes_own_limit_is_counted_day_by_day(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(simulations, "LIMITS", Limits(batch=batch))
    programme = make_programme()
    Programme.objects.filter(pk=programme.pk).update(
        per_programme_limit=1000, per_programme_limit_days=2, counted_since=FROM
    )
    for day in range(4):
        for number in range(2):
            receive(make_person(), f"{day}-{number}", FROM + timedelta(days=day), rating=4)
    got = [row[4] or row[1] for row in rows(run(programme))]
    assert got == [*["credited"] * 2, *["over_programme_limit"] * 2] * 2


def test_person_who_is_not_eligible_is_refused() -> None:
    receive(make_person(country="FR"), "1")
    [row] = rows(run(make_programme(eligible='person.country == "DE"')))
    assert row[1:] == ("refused", 0, 0, "not_eligible")


def statements(programme: Programme, count: int) -> int:
    simulation = start(programme)
    RuleSimulation.objects.filter(pk=simulation.pk).update(event_count=count)
    with CaptureQueriesContext(connection) as captured:
        simulations.run_batch(simulation.pk, at=AT)
    assert SimulatedMatch.objects.filter(simulation=simulation).count() == count
    simulations.run_batch(simulation.pk, at=AT)
    return len(captured)


def test_a_batch_costs_the_same_statements_whatever_it_holds() -> None:
    programme = make_programme(per_person_limit=100_000, per_person_limit_days=7)
    for number in range(30):
        receive(make_person(), str(number))
    assert statements(programme, 2) == statements(programme, 30)


def test_cancelled_stopped_and_gone_on_with(monkeypatch: pytest.MonkeyPatch) -> None:
    programme = make_programme()
    receive(make_person(), "1")
    cancelled = simulations.cancel(start(programme).pk, at=AT)
    assert (cancelled.status, simulations.work(at=AT)) == (RuleSimulationStatus.CANCELLED, False)
    with pytest.raises(SimulationClosed):
        simulations.cancel(cancelled.pk, at=AT)
    with pytest.raises(SimulationClosed):
        simulations.retry(cancelled.pk, at=AT)
    stopped = start(programme)
    with monkeypatch.context() as patch:
        patch.setattr("programs.simulating.run", lambda *_: 1 / 0)
        for attempt in range(simulations.ATTEMPTS_MAX):
            assert simulations.work(at=AT + timedelta(hours=attempt)) is True
    stopped.refresh_from_db()
    assert (stopped.status, stopped.last_error, stopped.next_attempt_at) == ("dead", "ZeroDivisionError", None)
    simulations.retry(stopped.pk, at=AT)
    assert simulations.work(at=AT) is True
    stopped.refresh_from_db()
    assert (stopped.status, stopped.points) == ("done", 1000)


def test_bounds() -> None:
    programme, person = make_programme(), make_person()
    for until in (FROM, FROM + timedelta(days=simulations.LIMITS.days, seconds=1)):
        with pytest.raises(SimulationTooLarge):
            start(programme, until_at=until)
    for _ in range(simulations.LIMITS.at_once):
        start(programme, person)
    with pytest.raises(TooManySimulations):
        start(programme, person)
    start(programme, make_person())


def test_too_many_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulations, "LIMITS", Limits(events=1))
    receive(make_person(), "1"), receive(make_person(), "2")
    with pytest.raises(SimulationTooLarge, match="more than 1 events"):
        start(make_programme())


def test_forgotten_when_it_is_old() -> None:
    receive(make_person(), "1")
    simulation = run(make_programme())
    assert simulations.forget(at=AT + timedelta(days=simulations.LIMITS.kept_days)) == 0
    assert simulations.forget(at=AT + timedelta(days=simulations.LIMITS.kept_days, seconds=1)) == 1
    assert SimulatedMatch.objects.filter(simulation_id=simulation.pk).count() == 0


def test_database_holds_what_a_simulation_is() -> None:
    simulation = start(make_programme())
    event = receive(make_person(), "1")
    for values, name in (
        ({"status": "other", "next_attempt_at": None, "closed_at": AT}, "rule_simulation_status_known"),
        ({"until_at": FROM}, "rule_simulation_ends_after_start"),
        ({"status": "done"}, "rule_simulation_next_attempt_while_it_runs"),
        ({"seen_events": 9}, "rule_simulation_sees_what_it_counted"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            RuleSimulation.objects.filter(pk=simulation.pk).update(**values)
    row = {"simulation": simulation, "event": event, "received_at": AT}
    for values, name in (
        ({"status": "other"}, "simulated_match"),
        ({"status": "credited"}, "simulated_match_points_where_given"),
        ({"status": "refused", "points": 1}, "simulated_match_points_where_given"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            SimulatedMatch.objects.create(**row, **values)
    SimulatedMatch.objects.create(**row, status="refused")
    with pytest.raises(IntegrityError, match="simulated_match_once_per_event"), transaction.atomic():
        SimulatedMatch.objects.create(**row, status="refused")


def test_type_of_the_events_is_the_rules() -> None:
    receive(make_person(), "1", type="other")
    assert (run(make_programme()).event_count, TYPE) == (0, "performance.rating_submitted")
