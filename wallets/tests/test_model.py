"""A small model of the ledger and the real one do the same random things and must agree on every number."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from wallets import ledger_rules
from wallets.enums import AccountKind, TransferKind
from wallets.errors import InsufficientPoints, WalletError
from wallets.models import Account, Hold, Lot
from wallets.operations import accounts, holds, lots
from wallets.operations.transfers import NewTransfer, post
from wallets.tests.factories import NOW, make_budget, make_wallet

pytestmark = pytest.mark.django_db
BUDGET, WALLETS, BUDGET_POINTS = 0, (1, 2, 3), 150
DAY = timedelta(days=1)


@dataclass
class ModelLot:
    left: int
    expires_at: datetime | None


@dataclass
class Model:
    """The rules in the plainest Python: one thing at a time, no cleverness."""

    budget: int = BUDGET_POINTS
    lots: dict[int, list[ModelLot]] = field(default_factory=lambda: {wallet: [] for wallet in WALLETS})
    holds: list[tuple[int, int] | None] = field(default_factory=list)
    redeemed: int = 0
    expired: int = 0

    def points(self, wallet: int) -> int:
        return sum(lot.left for lot in self.lots[wallet])

    def held(self, wallet: int) -> int:
        return sum(hold[1] for hold in self.holds if hold and hold[0] == wallet)

    def spend_order(self, wallet: int) -> list[ModelLot]:
        return sorted(self.lots[wallet], key=lambda lot: (lot.expires_at is None, lot.expires_at or NOW))

    def draw(self, wallet: int, points: int) -> None:
        for lot in self.spend_order(wallet):
            taken = min(lot.left, points)
            lot.left -= taken
            points -= taken

    def move(self, debit: int, credit: int, points: int, expires_at: datetime | None) -> bool:
        available = self.budget if debit == BUDGET else self.points(debit) - self.held(debit)
        if points > available:
            return False
        if debit == BUDGET:
            self.budget -= points
        else:
            self.draw(debit, points)
        if credit == BUDGET:
            self.budget += points
        else:
            self.lots[credit].append(ModelLot(points, expires_at))
        return True

    def place(self, wallet: int, points: int) -> bool:
        if points > self.points(wallet) - self.held(wallet):
            return False
        self.holds.append((wallet, points))
        return True

    def close(self, number: int, *, capture: bool) -> bool:
        hold = self.holds[number] if number < len(self.holds) else None
        if hold is None:
            return False
        if capture:
            self.draw(*hold)
            self.redeemed += hold[1]
        self.holds[number] = None
        return True

    def expire(self, at: datetime) -> None:
        for wallet in WALLETS:
            kept = self.held(wallet)
            for lot in self.spend_order(wallet):
                if lot.expires_at is not None and lot.expires_at <= at:
                    lost = max(lot.left - kept, 0)
                    kept = max(kept - lot.left, 0)
                    lot.left -= lost
                    self.expired += lost


places = st.sampled_from([BUDGET, *WALLETS])
points = st.integers(1, 60)
days = st.none() | st.integers(1, 9)
moves = st.tuples(places, places, points, days).filter(lambda move: move[0] != move[1])
steps = st.one_of(
    st.tuples(st.just("post"), st.lists(moves, min_size=1, max_size=5)),
    st.tuples(st.just("place"), st.sampled_from(WALLETS), points),
    st.tuples(st.just("capture"), st.integers(0, 3)),
    st.tuples(st.just("release"), st.integers(0, 3)),
    st.tuples(st.just("expire"), st.integers(0, 9)),
)


@dataclass(frozen=True)
class Real:
    """The ledger itself, driven by the same steps."""

    ids: list[Account]
    references: count = field(default_factory=count)
    placed: list[Hold] = field(default_factory=list)

    def post(self, moves_: list[tuple[int, int, int, int | None]]) -> list[bool]:
        new = [
            NewTransfer(
                debit_id=self.ids[debit].pk,
                credit_id=self.ids[credit].pk,
                points=points_,
                kind=TransferKind.ADJUSTMENT,
                reference=f"test:{next(self.references)}",
                expires_at=NOW + days_ * DAY if days_ else None,
            )
            for debit, credit, points_, days_ in moves_
        ]
        postings = post(new, at=NOW)
        assert {type(posting.error) for posting in postings} <= {type(None), InsufficientPoints}
        return [posting.error is None for posting in postings]

    def place(self, wallet: int, points_: int) -> bool:
        reference = f"hold:{next(self.references)}"
        try:
            self.placed.append(holds.place(account_id=self.ids[wallet].pk, points=points_, reference=reference, at=NOW))
        except InsufficientPoints:
            return False
        return True

    def close(self, number: int, close) -> bool:
        try:
            close(self.placed[number].pk, at=NOW)
        except (WalletError, IndexError):
            return False
        return True


def step(model: Model, real: Real, name: str, *arguments) -> None:
    """Do one thing to both, and see both accept or refuse it."""
    if name == "post":
        expected = [model.move(d, c, p, NOW + days_ * DAY if days_ else None) for d, c, p, days_ in arguments[0]]
        assert real.post(arguments[0]) == expected
    elif name == "place":
        assert real.place(*arguments) == model.place(*arguments)
    elif name == "expire":
        lots.expire(at=NOW + arguments[0] * DAY)
        model.expire(NOW + arguments[0] * DAY)
    else:
        close = holds.capture if name == "capture" else holds.release
        assert real.close(arguments[0], close) == model.close(arguments[0], capture=name == "capture")


def state(model: Model) -> list[object]:
    each = [(model.points(w), model.held(w), [lot.left for lot in model.lots[w]]) for w in WALLETS]
    return [model.budget, model.redeemed, model.expired, *each]


def real_state(real: Real) -> list[object]:
    rows = Account.objects.in_bulk([account.pk for account in real.ids])
    left = {wallet: Lot.objects.filter(account=real.ids[wallet]).order_by("id") for wallet in WALLETS}
    each = [
        (rows[real.ids[w].pk].points, rows[real.ids[w].pk].held, list(left[w].values_list("remaining", flat=True)))
        for w in WALLETS
    ]
    ends = [accounts.system(kind).points for kind in (AccountKind.REDEEMED, AccountKind.EXPIRED)]
    return [rows[real.ids[BUDGET].pk].points, *ends, *each]


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(steps, min_size=1, max_size=14))
def test_the_ledger_and_a_small_model_agree_after_every_step(steps_):
    with transaction.atomic():
        model, real = Model(), Real([make_budget(BUDGET_POINTS), *(make_wallet() for _ in WALLETS)])
        for one in steps_:
            step(model, real, *one)
            assert real_state(real) == state(model)
        assert list(ledger_rules.findings()) == []
        transaction.set_rollback(True)
