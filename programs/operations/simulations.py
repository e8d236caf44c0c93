"""Simulations of a rule: started by somebody, run by the worker batch by batch, looked at, forgotten."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Unpack
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet

from messaging.waking import Waker
from people.models import Person
from programs import fingerprints, simulating
from programs.enums import EventStatus, RuleSimulationStatus
from programs.errors import SimulationClosed, SimulationTooLarge, TooManySimulations
from programs.models import Event, Programme, RuleSimulation, SimulatedMatch
from programs.operations import rules
from programs.operations.rules import Wording
from wallets.models import Account

RETRY_AFTER = timedelta(seconds=15)
ATTEMPTS_MAX = 5


@dataclass(frozen=True)
class Limits:
    """What bounds a simulation, all in one place."""

    days: int = 731
    events: int = 500_000
    at_once: int = 3  # that one person has running
    batch: int = 500  # events in one transaction
    kept_days: int = 90


LIMITS = Limits()
simulations_waker = Waker("programs.tasks.run_simulations")
log = structlog.get_logger()
KEEP = """
COPY programs_simulatedmatch (simulation_id, event_id, received_at, recipient, person_id, status, points, given_points,
    reason, once_key, code, detail) FROM STDIN
"""


def start(
    *, programme: Programme, slug: str, from_at: datetime, until_at: datetime, by: Person, at: datetime,
    **wording: Unpack[Wording],
) -> RuleSimulation:  # fmt: skip
    """Have a rule run over the events of its type that were received in [from_at, until_at). No point moves.

    Args:
        programme, slug: whose rule it is or would be.
        from_at, until_at: aware; at most `LIMITS.days` apart.
        by: who wants to know.
        at: now.
        wording: what the rule would say; it need not be saved.

    Raises:
        ExpressionError: an expression is wrong.
        SimulationTooLarge: the period has too many days or events, or none.
        TooManySimulations: this person has `LIMITS.at_once` running.
    """
    rules.check(**wording)
    if not from_at < until_at <= from_at + timedelta(days=LIMITS.days):
        raise SimulationTooLarge(f"Choose 1 to {LIMITS.days} days, the first before the last.", pointer="/from_on")
    running = RuleSimulation.objects.filter(requested_by=by, status=RuleSimulationStatus.RUNNING)
    if running.count() >= LIMITS.at_once:
        raise TooManySimulations(f"{LIMITS.at_once} of your simulations run already. Wait for one, or cancel it.")
    simulation = RuleSimulation(
        programme=programme,
        slug=slug,
        event_type=wording["event_type"],
        when=wording["when"],
        points_wording=wording["points"],
        reason=wording["reason"],
        once_per=list(wording["once_per"]),
        wording_hash=fingerprints.of_wording(wording),
        from_at=from_at,
        until_at=until_at,
        requested_by=by,
        requested_at=at,
        next_attempt_at=at,
    )
    simulation.event_count = _events(simulation)[: LIMITS.events + 1].count()
    if simulation.event_count > LIMITS.events:
        raise SimulationTooLarge(
            f"The period has more than {LIMITS.events:,} events. Choose a shorter one.", pointer="/from_on"
        )
    with transaction.atomic():
        simulation.save(force_insert=True)
        simulations_waker.on_commit()
    return simulation


def cancel(simulation_id: UUID, *, at: datetime) -> RuleSimulation:
    """Stop a simulation; what it found by then stays to be looked at.

    Raises:
        SimulationClosed: it is over.
    """
    with transaction.atomic():
        simulation = _locked(simulation_id)
        if simulation.status != RuleSimulationStatus.RUNNING:
            raise SimulationClosed(f"This simulation is {simulation.get_status_display().lower()}.")
        _close(simulation, RuleSimulationStatus.CANCELLED, at)
    return simulation


def retry(simulation_id: UUID, *, at: datetime) -> RuleSimulation:
    """Go on with a simulation that stopped after its last attempt.

    Raises:
        SimulationClosed: it did not stop.
    """
    with transaction.atomic():
        simulation = _locked(simulation_id)
        if simulation.status != RuleSimulationStatus.DEAD:
            raise SimulationClosed("This simulation has not stopped.")
        simulation.status, simulation.attempts = RuleSimulationStatus.RUNNING, 0
        simulation.next_attempt_at, simulation.closed_at = at, None
        simulation.save()
        simulations_waker.on_commit()
    return simulation


def work(*, at: datetime) -> bool:
    """Run one batch of the simulation that is due longest. Whatever a crash left behind is due again by itself.

    Returns:
        Whether there was something to do.
    """
    claimed = _claim(at)
    if claimed is None:
        return False
    simulation_id, attempts = claimed
    try:
        run_batch(simulation_id, at=at)
    except Exception as error:  # one simulation that cannot be run must not stop the others
        name = type(error).__name__
        log.warning("simulation_attempt_failed", simulation=simulation_id.hex, attempts=attempts, error=name)
        failed = RuleSimulation.objects.filter(pk=simulation_id, status=RuleSimulationStatus.RUNNING)
        if attempts >= ATTEMPTS_MAX:
            dead = {"status": RuleSimulationStatus.DEAD, "next_attempt_at": None, "closed_at": at}
            failed.update(last_error=name, **dead)
        else:
            failed.update(last_error=name)
    return True


def run_batch(simulation_id: UUID, *, at: datetime) -> RuleSimulation:
    """Look at the next events of a simulation in one transaction: all of them, or, where it is killed, none.

    1. Lock it: its batches take turns. 2. Read the next events behind the cursor. 3. Decide, by `simulating.run`. 4.
    Keep what came of each, and the cursor. 5. Where none is left, close it and say what the budget holds.

    The number of statements does not grow with the batch.
    """
    with transaction.atomic():
        simulation = _locked(simulation_id)
        if simulation.status != RuleSimulationStatus.RUNNING:
            return simulation
        events = list(_events(simulation)[: min(LIMITS.batch, simulation.event_count - simulation.seen_events)])
        if events:
            found = simulating.run(simulation, events)
            _keep(found)
            _count(simulation, found)
            simulation.seen_events += len(events)
            simulation.cursor_at, simulation.cursor_id = events[-1].received_at, events[-1].pk
            simulation.attempts, simulation.last_error, simulation.next_attempt_at = 0, "", at
        if len(events) < LIMITS.batch or simulation.seen_events >= simulation.event_count:
            _close(simulation, RuleSimulationStatus.DONE, at)
        simulation.save()
    return simulation


def forget(*, at: datetime) -> int:
    """Drop simulations that are over for `LIMITS.kept_days`, with what they found. Return how many."""
    old = RuleSimulation.objects.filter(closed_at__lt=at - timedelta(days=LIMITS.kept_days))
    keys = list(old.values_list("pk", flat=True)[:100])
    RuleSimulation.objects.filter(pk__in=keys).delete()
    return len(keys)


def _events(simulation: RuleSimulation) -> QuerySet[Event]:
    """Return the events of a simulation behind its cursor, oldest first."""
    events = Event.objects.filter(
        type=simulation.event_type, received_at__gte=simulation.from_at, received_at__lt=simulation.until_at
    )
    if simulation.cursor_at is not None:
        at, key = simulation.cursor_at, simulation.cursor_id
        events = events.filter(Q(received_at__gt=at) | Q(received_at=at, pk__gt=key), received_at__gte=at)
    return events.select_related("client").defer("outcome").order_by("received_at", "pk")


def _keep(found: list[SimulatedMatch]) -> None:
    with connection.cursor() as cursor, cursor.copy(KEEP) as copy:
        for row in found:
            copy.write_row(
                (
                    *(row.simulation_id, row.event_id, row.received_at, row.recipient, row.person_id),
                    *(str(row.status), row.points, row.given_points, row.reason, row.once_key, row.code, row.detail),
                )
            )


def _count(simulation: RuleSimulation, found: list[SimulatedMatch]) -> None:
    for row in found:
        simulation.given_points += row.given_points
        simulation.points += row.points
        if row.status != EventStatus.NO_MATCH:
            name = f"{row.status}_count"
            setattr(simulation, name, getattr(simulation, name) + 1)


def _close(simulation: RuleSimulation, status: RuleSimulationStatus, at: datetime) -> None:
    """Close a simulation with what only the end can say: how many people, and what the budget holds."""
    sums = simulation.matches.filter(points__gt=0).aggregate(people=Count("person", distinct=True))
    simulation.people = sums["people"]
    simulation.budget_points = Account.objects.values_list("points", flat=True).get(pk=simulation.programme.budget_id)
    simulation.status, simulation.closed_at, simulation.next_attempt_at = status, at, None
    simulation.save()


def _locked(simulation_id: UUID) -> RuleSimulation:
    locked = RuleSimulation.objects.select_for_update(of=("self",), no_key=True)
    return locked.select_related("programme").get(pk=simulation_id)


def _claim(at: datetime) -> tuple[UUID, int] | None:
    """Take the simulation that is due longest, its next attempt set first, so that no two workers take one at once."""
    with transaction.atomic():
        due = RuleSimulation.objects.filter(status=RuleSimulationStatus.RUNNING, next_attempt_at__lte=at)
        due = due.order_by("next_attempt_at", "pk").select_for_update(skip_locked=True, no_key=True)
        simulation = due.first()
        if simulation is None:
            return None
        simulation.attempts += 1
        simulation.next_attempt_at = at + RETRY_AFTER * 2 ** (simulation.attempts - 1)
        simulation.save(update_fields=["attempts", "next_attempt_at"])
    return simulation.pk, simulation.attempts
