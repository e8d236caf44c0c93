"""The whole way of points, from a budget to a voucher and back, and a model of it that fits on a page.

Random steps go to both; both must answer the same, and after every step hold the same points in the same states.
MODEL_EXAMPLES, MODEL_STEPS and MODEL_SEED are those of wallets/tests/test_model.py.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from api.errors import PortalError
from approvals.queries import hr_approvers
from people.tests.factories import make_person
from programs.enums import UnknownRecipients
from programs.models import Adjustment, PointsRequest
from programs.operations import adjustments, fundings, points_requests, reversals
from programs.tests.factories import make_programme, new
from redemptions.models import Order, OrderRefund, VoucherCode
from redemptions.operations import orders, refunds
from redemptions.tests.factories import add_codes, make_product
from wallets import ledger_rules
from wallets.models import Account

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES") or 500) // 10
STEPS = int(os.environ.get("MODEL_STEPS") or 50)
SEED = int(os.environ.get("MODEL_SEED") or 0)
SHARDS = 2

START = datetime(2025, 3, 3, 9, tzinfo=UTC)
PEOPLE, NEWCOMERS = ("E1", "E2"), ("N1", "N2")  # newcomers are not known at first
BUDGET, APPROVAL_OVER, PRICE, CODES = 6000, 1000, 1000, 3


@dataclass
class Asked:
    """A points request."""

    who: str
    points: int
    status: str
    reversed: int = 0
    next_attempt: tuple[datetime, int] = (START, 0)


@dataclass
class Model:
    budget: int = BUDGET
    codes: int = CODES
    wallets: dict[str, int] = field(default_factory=lambda: dict.fromkeys(PEOPLE, 0))  # of those who are known
    held: dict[str, int] = field(default_factory=lambda: dict.fromkeys((*PEOPLE, *NEWCOMERS), 0))
    asked: dict[str, Asked] = field(default_factory=dict)
    orders: dict[str, tuple[str, str]] = field(default_factory=dict)  # who and status

    def available(self, who: str) -> int:
        return self.wallets.get(who, 0) - self.held[who]

    def move(self, who: str, points: int) -> None:
        self.budget -= points
        self.wallets[who] += points

    def submit(self, batch: list[tuple[str, str, int]]) -> list[str | None]:
        """Decide in order. A name of the same list counts, even where the budget refuses its first request later."""
        firsts: dict[str, tuple[str, int, str | None]] = {
            name: (each.who, each.points, None) for name, each in self.asked.items()
        }
        errors = []
        for name, who, points in batch:
            if name not in firsts:
                firsts[name] = (who, points, self._ask(name, who, points))
            *content, error = firsts[name]
            errors.append(error if content == [who, points] else "external_id_conflict")
        return errors

    def _ask(self, name: str, who: str, points: int) -> str | None:
        request = Asked(who, points, "parked", next_attempt=(START, len(self.asked)))
        error = self._decide(request) if who in self.wallets else None
        if error is None:
            self.asked[name] = request
        return error

    def approve(self, name: str) -> str | None:
        request = self.asked[name]
        if request.status != "pending_approval":
            return "already_decided"
        return self._credit(request)

    def reject(self, name: str) -> str | None:
        if self.asked[name].status != "pending_approval":
            return "already_decided"
        self.asked[name].status = "rejected"
        return None

    def release_parked(self, at: datetime) -> None:
        parked = [each for each in self.asked.values() if each.status == "parked"]
        for request in sorted(parked, key=lambda each: each.next_attempt):
            wait = timedelta(seconds=30)
            if request.who in self.wallets and self._decide(request):
                wait = timedelta(minutes=10)
            request.next_attempt = (at + wait, request.next_attempt[1])

    def reverse(self, name: str, points: int | None) -> str | None:
        request = self.asked[name]
        if request.status == "reversed":
            return "already_reversed"
        if request.status != "credited":
            return "not_credited"
        left = request.points - request.reversed
        if points is not None and points > left:
            return "over_reversal"
        taken = min(left if points is None else points, self.available(request.who))
        self.move(request.who, -taken)
        request.reversed += taken
        if points in {None, left}:
            request.status = "reversed"
        return None

    def adjust(self, who: str, points: int) -> str | None:
        if points > self.budget:
            return "over_budget"
        if -points > self.available(who):
            return "insufficient_points"
        self.move(who, points)
        return None

    def place(self, name: str, who: str) -> str | None:
        if self.available(who) < PRICE:
            return "insufficient_points"
        if not self.codes:
            return "out_of_stock"
        self.codes -= 1
        self.held[who] += PRICE
        self.orders[name] = (who, "placed")
        return None

    def fulfil(self, name: str) -> str | None:
        who, status = self.orders[name]
        if status == "placed":
            self.held[who] -= PRICE
            self.wallets[who] -= PRICE
            self.orders[name] = (who, "fulfilled")
        return "order_closed" if status == "failed" else None

    def fail(self, name: str) -> str | None:
        who, status = self.orders[name]
        if status == "placed":
            self.held[who] -= PRICE
            self.codes += 1
            self.orders[name] = (who, "failed")
        return "order_closed" if status in {"fulfilled", "refunded"} else None

    def refund(self, name: str) -> str | None:
        who, status = self.orders[name]
        if status != "fulfilled":
            return "not_refundable"
        self.wallets[who] += PRICE
        self.orders[name] = (who, "refunded")
        return None

    def _decide(self, request: Asked) -> str | None:
        if request.points > APPROVAL_OVER:
            request.status = "pending_approval"
            return None
        return self._credit(request)

    def _credit(self, request: Asked) -> str | None:
        if request.points > self.budget:
            return "over_budget"
        self.move(request.who, request.points)
        request.status = "credited"
        return None


NUMBER = st.integers(0, 9)
POINTS = st.sampled_from([1, 200, 700, 1000, 1001, 1800])
WHO = st.sampled_from([*PEOPLE, *PEOPLE, *NEWCOMERS])


class MoneyPath(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.model, self.now, self.made = Model(), START, 0
        self.people = {number: make_person(employee_number=number) for number in PEOPLE}
        self.hr, self.approver = make_person(), make_person()
        self.approver.groups.add(hr_approvers())
        self.programme = make_programme(
            budget=BUDGET, steps=[(APPROVAL_OVER, 1)], unknown_recipients=UnknownRecipients.PARK
        )
        self.product = make_product(denominations=[PRICE])
        add_codes(self.product, count=CODES)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @invariant()
    def agree(self) -> None:
        """Hold that points and states are the model's."""
        points = dict(Account.objects.filter(kind="wallet").values_list("person__employee_number", "points"))
        held = dict(Account.objects.filter(kind="wallet").values_list("person__employee_number", "held"))
        rows = PointsRequest.objects.values_list("external_id", "status", "reversed_points")
        assert Account.objects.get(pk=self.programme.budget_id).points == self.model.budget
        assert points == {who: self.model.wallets[who] for who in points}
        assert sum(points.values()) == sum(self.model.wallets.values())
        assert held == {who: self.model.held[who] for who in held}
        assert {name: tuple(rest) for name, *rest in rows} == {
            name: (each.status, each.reversed) for name, each in self.model.asked.items()
        }
        assert dict(Order.objects.values_list("external_id", "status")) == {
            name: status for name, (_, status) in self.model.orders.items()
        }
        assert VoucherCode.objects.filter(status="available").count() == self.model.codes

    @rule()
    def check_ledger(self) -> None:
        assert list(ledger_rules.findings()) == []

    @rule(items=st.lists(st.tuples(WHO, POINTS, NUMBER), min_size=1, max_size=4))
    def submit(self, items) -> None:
        named = [(self._name(repeat), who, points) for who, points, repeat in items]
        batch = [new(self.programme, external_id=name, recipient=who, points=points) for name, who, points in named]
        done = points_requests.submit(batch, at=self.now)
        assert [each.error and each.error.code for each in done] == self.model.submit(named)

    @precondition(lambda self: self.model.asked)
    @rule(number=NUMBER, is_good=st.booleans())
    def decide(self, number, is_good) -> None:
        name = self._nth(self.model.asked, number)
        decide = points_requests.approve if is_good else points_requests.reject
        expected = self.model.approve(name) if is_good else self.model.reject(name)
        assert answer(lambda: decide(self._request(name).pk, by=self.approver, at=self.now)) == expected

    @rule(number=st.sampled_from(NEWCOMERS))
    def arrive(self, number) -> None:
        if number not in self.people:
            self.people[number] = make_person(employee_number=number)
            self.model.wallets[number] = 0

    @rule()
    def release_parked(self) -> None:
        self.now += timedelta(hours=1)
        points_requests.release_parked(at=self.now, limit=100)
        self.model.release_parked(self.now)

    @precondition(lambda self: self.model.asked)
    @rule(number=NUMBER, points=st.none() | POINTS)
    def reverse(self, number, points) -> None:
        name = self._nth(self.model.asked, number)
        self.made += 1
        reason = f"Reason {self.made}"
        done = answer(
            lambda: reversals.reverse(self._request(name).pk, points=points, reason=reason, by=self.hr, at=self.now)
        )
        assert done == self.model.reverse(name, points)

    @rule(who=st.sampled_from(PEOPLE), points=POINTS, gives=st.booleans())
    def adjust(self, who, points, gives) -> None:
        points = points if gives else -points
        proposed = adjustments.propose(
            programme=self.programme,
            person=self.people[who],
            points=points,
            reason="A mistake",
            by=self.hr,
            at=self.now,
        )
        done = answer(lambda: adjustments.approve(proposed.pk, by=self.approver, at=self.now))
        assert done == self.model.adjust(who, points)
        assert Adjustment.objects.get(pk=proposed.pk).status == ("waiting" if done else "posted")

    @rule(points=POINTS)
    def fund(self, points) -> None:
        fundings.fund(programme=self.programme, points=points, reference="PO", by=self.hr, at=self.now)
        self.model.budget += points

    @rule(who=st.sampled_from(PEOPLE))
    def place(self, who) -> None:
        self.made += 1
        name = f"order {self.made}"
        person, product = self.people[who], self.product
        done = answer(
            lambda: orders.place(person=person, product=product, face_value=PRICE, external_id=name, at=self.now)
        )
        assert done == self.model.place(name, who)

    @precondition(lambda self: self.model.orders)
    @rule(number=NUMBER, is_good=st.booleans())
    def close(self, number, is_good) -> None:
        name = self._nth(self.model.orders, number)
        pk = Order.objects.get(external_id=name).pk
        if is_good:
            assert answer(lambda: orders.fulfil(pk, at=self.now)) == self.model.fulfil(name)
        else:
            assert answer(lambda: orders.fail(pk, reason="No.", at=self.now)) == self.model.fail(name)

    @precondition(lambda self: self.model.orders)
    @rule(number=NUMBER)
    def refund(self, number) -> None:
        name = self._nth(self.model.orders, number)
        pk = Order.objects.get(external_id=name).pk
        done = answer(lambda: refunds.ask(pk, reason="It does not work.", by=self.hr, at=self.now))
        if done is None:
            asked = OrderRefund.objects.get(order_id=pk)
            done = answer(lambda: refunds.approve(asked.pk, by=self.approver, at=self.now))
        assert done == self.model.refund(name)

    def _name(self, repeat: int) -> str:
        """Return a new name mostly, the last one sometimes."""
        self.made += repeat > 1
        return f"request {self.made}"

    def _nth(self, among: dict[str, object], number: int) -> str:
        return list(among)[-1 - number % len(among)]

    def _request(self, name: str) -> PointsRequest:
        return PointsRequest.objects.get(external_id=name)


def answer(work: Callable[[], object]) -> str | None:
    """Return the code of the error that something is refused with; None where it is done."""
    try:
        work()
    except PortalError as error:
        return error.code
    return None


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.django_db(transaction=True)  # not one around the test: each example is one by itself
@pytest.mark.timeout(0)  # as long as it is asked to be
def test_the_way_of_points_and_a_model_of_it_agree_after_every_step(shard):
    machine = hypothesis.seed(SEED * SHARDS + shard)(type("Portal", (MoneyPath,), {}))
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=max(EXAMPLES // SHARDS, 1),
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
