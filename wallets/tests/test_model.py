"""A plain model of the ledger and the real one do the same random things, and agree on every row after each of them.

MODEL_EXAMPLES, MODEL_STEPS and MODEL_SEED make it longer, or other: `make torture` sets them.
"""

import os
from collections.abc import Sequence
from dataclasses import asdict, replace
from itertools import count

import hypothesis
import pytest
from django.apps import apps
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from wallets import ledger_rules
from wallets.tests.plain_ledger import BUDGETS, NOTHING, REPLAYED, WALLETS, PlainLedger
from wallets.tests.real_ledger import Item, RealLedger

EXAMPLES = int(os.environ.get("MODEL_EXAMPLES") or 500)
STEPS = int(os.environ.get("MODEL_STEPS") or 50)
SEED = int(os.environ.get("MODEL_SEED") or 0)
EXAMPLE, VACUUM_AFTER = count(), 10
SHARDS = 10  # so that several processes share the examples
# A mutant is dead once it is found: to find the shortest way to it takes longer than the rest.
PHASES = [Phase.generate] if "MUTANT_UNDER_TEST" in os.environ else list(Phase)

OPEN_WALLETS, OPEN_BUDGETS = WALLETS[:-1], BUDGETS[:-1]  # nobody closes these
ROUTES = [
    *(("funding", budget, "funding") for budget in BUDGETS),
    *((budget, "funding", "adjustment") for budget in BUDGETS),
    *((budget, wallet, kind) for budget in BUDGETS for wallet in WALLETS for kind in ("credit", "adjustment")),
    *((wallet, OPEN_BUDGETS[0], "adjustment") for wallet in WALLETS),
    *((wallet, "redeemed", kind) for wallet in WALLETS for kind in ("redemption", "redemption", "payout")),
    *((wallet, "expired", "forfeiture") for wallet in WALLETS),
    *((debit, credit, "adjustment") for debit in OPEN_WALLETS for credit in OPEN_WALLETS if debit != credit),
    ("redeemed", OPEN_WALLETS[0], "refund"),
    (OPEN_WALLETS[0], OPEN_BUDGETS[0], "reversal"),
]
ALL, ONE_MORE = 0, -1  # of what is there
POINTS = st.integers(ONE_MORE, 40)
PART = st.none() | POINTS.filter(lambda points: points != ALL)
DAYS = st.sampled_from([None, 1, 2, 3, 5, 8])
REPEAT = st.integers(0, 15)  # a reference used before where there is one that recent, else a new one
NUMBER = st.integers(0, 20)  # which one, counted from the newest
CHANGES = [
    lambda item: {"asked": item.asked + 1},
    lambda item: {"kind": "credit" if item.kind == "adjustment" else "adjustment"},
    lambda item: {"debit": OPEN_BUDGETS[item.debit == OPEN_BUDGETS[0]]},
    lambda item: {"credit": OPEN_WALLETS[item.credit == OPEN_WALLETS[0]]},
    lambda item: {"reverses": None if item.reverses else f"start:{OPEN_WALLETS[0]}:2"},
]


class LedgerMachine(RuleBasedStateMachine):
    """Every step goes to both; both must answer the same, and `agree` looks at everything."""

    def __init__(self) -> None:
        super().__init__()
        if next(EXAMPLE) % VACUUM_AFTER == 0:
            _vacuum()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.plain, self.real, self.today = PlainLedger(), RealLedger(), 0
        self.used: list[str] = []
        self.batches: list[list[Item]] = []
        self._post([Item(f"fund:{budget}", "funding", budget, 400, "funding") for budget in OPEN_BUDGETS])
        self._post(
            [
                Item(f"start:{wallet}:{days}", OPEN_BUDGETS[0], wallet, 30, "credit", days)
                for wallet in OPEN_WALLETS
                for days in (2, 4, None)
            ]
        )

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @invariant()
    def agree(self) -> None:
        assert self.real.differences(self.plain) == []

    @rule(
        items=st.lists(st.tuples(st.sampled_from(ROUTES), POINTS, DAYS, REPEAT, st.booleans()), min_size=1, max_size=4)
    )
    def post(self, items) -> None:
        self._post(
            [
                Item(
                    self._reference(repeat),
                    debit,
                    credit,
                    self._points(debit, points),
                    kind,
                    self._day(days),
                    None,
                    most,
                )
                for (debit, credit, kind), points, days, repeat, most in items
            ]
        )

    @precondition(lambda self: self.real.transfer_ids)
    @rule(number=NUMBER, parts=st.lists(st.tuples(POINTS, REPEAT, st.booleans()), min_size=1, max_size=3))
    def take_back(self, number, parts) -> None:
        """Take one transfer back in parts, all in one call."""
        taken = self._nth(self.real.transfer_ids, number)
        first = self.plain.transfers[taken]
        kind = "refund" if first.kind in {"redemption", "payout"} else "reversal"
        self._post(
            [
                Item(
                    self._reference(repeat),
                    first.credit,
                    first.debit,
                    self._points(first.credit, points),
                    kind,
                    reverses=taken,
                    at_most=at_most,
                )
                for points, repeat, at_most in parts
            ]
        )

    @rule(number=NUMBER)
    def retry(self, number) -> None:
        self._post(self.batches[-1 - number % len(self.batches)])

    @rule(number=NUMBER, change=st.sampled_from(CHANGES))
    def retry_with_other_content(self, number, change) -> None:
        batch = self.batches[-1 - number % len(self.batches)]
        self._post([replace(item, **change(item)) for item in batch[:1]] + batch[1:])

    @precondition(lambda self: self.real.transfer_ids)
    @rule(number=NUMBER, points=PART, repeat=REPEAT)
    def reverse(self, number, points, repeat) -> None:
        credited, reference = self._nth(self.real.transfer_ids, number), self._reference(repeat)
        points = self._points(self.plain.transfers[credited].credit, points)
        expected = self.plain.reverse(credited, points, reference, self.today)
        if expected in {None, REPLAYED}:
            expected = self.plain.transfers[reference].points
        assert self.real.reverse(credited, points, reference, self.today) == (0 if expected == NOTHING else expected)

    @precondition(lambda self: self.real.transfer_ids)
    @rule(number=NUMBER, points=PART, repeat=REPEAT)
    def refund(self, number, points, repeat) -> None:
        spent, reference = self._nth(self.real.transfer_ids, number), self._reference(repeat)
        points = self._points("redeemed", points)
        expected = self.plain.refund(spent, points, reference, self.today)
        assert self.real.refund(spent, points, reference, self.today) == expected

    @rule(wallet=st.sampled_from(WALLETS), points=POINTS, days=DAYS, repeat=REPEAT)
    def place(self, wallet, points, days, repeat) -> None:
        arguments = self._reference(repeat), wallet, self._points(wallet, points), self._day(days), self.today
        assert self.real.place(*arguments) == self.plain.place(*arguments)

    @precondition(lambda self: self.plain.holds)
    @rule(number=NUMBER)
    def capture(self, number) -> None:
        hold = self._nth(self.plain.holds, number)
        assert self.real.capture(hold, self.today) == self.plain.capture(hold, self.today)

    @precondition(lambda self: self.plain.holds)
    @rule(number=NUMBER)
    def release(self, number) -> None:
        hold = self._nth(self.plain.holds, number)
        assert self.real.release(hold, self.today) == self.plain.release(hold)

    @rule(name=st.sampled_from([WALLETS[-1], BUDGETS[-1], "redeemed"]))
    def close(self, name) -> None:
        assert self.real.close(name, self.today) == self.plain.close(name, self.today)

    @rule(days=st.integers(-2, 5))
    def clock_jumps(self, days) -> None:
        self.today = max(0, self.today + days)

    @rule()
    def clock_lands_on_the_next_expiry(self) -> None:
        """Go to the very moment at which something expires: there `<` and `<=` differ."""
        placed = [hold for hold in self.plain.holds.values() if hold.status == "placed"]
        self._land([each.expires_on for each in (*self.plain.lots, *placed)])

    @rule(wallet=st.sampled_from(OPEN_WALLETS), points=st.integers(1, 9))
    def place_at_the_next_expiry(self, wallet, points) -> None:
        """Set points aside at the very moment at which a lot of their wallet expires: too late to keep that lot."""
        self._land([lot.expires_on for lot in self.plain.lots if lot.wallet == wallet and lot.left])
        arguments = self._reference(len(self.used)), wallet, points, None, self.today
        assert self.real.place(*arguments) == self.plain.place(*arguments)

    @rule()
    def expire(self) -> None:
        assert self.real.expire_holds(self.today) == self.plain.expire_holds(self.today)
        assert self.real.expire_lots(self.today) == self.plain.expire_lots(self.today)

    @rule()
    def check_ledger(self) -> None:
        """Ask the rules of all rooms, which is slower; `agree` asks this one's."""
        assert list(ledger_rules.findings()) == []

    def _post(self, items: list[Item]) -> None:
        items = [
            item
            for item in items
            if item.debit != item.credit and (item.expires_on is None or item.expires_on > self.today)
        ]
        if items:
            self.batches.append(items)
            assert self.real.post(items, self.today) == [
                self.plain.post(**asdict(item), today=self.today) for item in items
            ]

    def _land(self, dates: list[int | None]) -> None:
        """Let the clock go on to the next of these."""
        self.today = min((date for date in dates if date is not None and date > self.today), default=self.today)

    def _reference(self, repeat: int) -> str:
        """Return a new reference mostly, one of the last few sometimes."""
        if repeat < min(len(self.used), 3):
            return self.used[-1 - repeat]
        self.used.append(f"test:{len(self.used)}")
        return self.used[-1]

    def _points(self, name: str, points: int | None) -> int | None:
        """Return a number of points; ALL and ONE_MORE are what the account can spend now, and one above."""
        if points is None or points > 0:
            return points
        return max(self.plain.spendable(name, self.today) - points, 1)

    def _day(self, days: int | None) -> int | None:
        return None if days is None else self.today + days

    def _nth(self, among: dict[str, object], number: int) -> str:
        """Return one of these, the newest first: with those most can be done."""
        return list(among)[-1 - number % len(among)]


def _vacuum() -> None:
    """Clear away the rows of the examples that were rolled back: every step reads whole tables."""
    tables = [model._meta.db_table for model in apps.get_app_config("wallets").get_models()]
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM {', '.join(tables)}")


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.django_db(transaction=True)  # not one around the test: each example is one by itself
@pytest.mark.timeout(0)  # as long as it is asked to be
def test_the_ledger_and_a_plain_model_agree_after_every_step(shard):
    run(seed=SEED * SHARDS + shard, examples=max(EXAMPLES // SHARDS, 1))


@pytest.mark.parametrize(
    ("function", "right", "wrong"),
    [
        ("wallets_set_aside", "placed_at < before", "placed_at <= before"),  # a hold of a lot's very last moment
        ("wallets_overdue", "expires_at <= moment", "expires_at < moment"),
        ("wallets_draw", "coalesce(expires_at <= moment, false)", "coalesce(expires_at < moment, false)"),
        ("wallets_expire", "lot.expires_at <= moment", "lot.expires_at < moment"),
    ],
)
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(0)
def test_the_machine_finds_a_fault_planted_at_an_expiry(function, right, wrong):
    source = _source(function)
    assert right in source
    try:
        _execute(source.replace(right, wrong))
        with pytest.raises(AssertionError):
            run(seed=SEED, examples=100, phases=[Phase.generate])
    finally:
        _execute(source)


def run(seed: int, examples: int, phases: Sequence[Phase] = PHASES) -> None:
    run_state_machine_as_test(
        hypothesis.seed(seed)(type("Ledger", (LedgerMachine,), {})),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )


def _source(function: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_functiondef(%s::regproc)", [function])
        [(source,)] = cursor.fetchall()
    return str(source)


def _execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
