"""What many do at once, on real PostgreSQL with a connection each."""

import itertools
import threading
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import OperationalError

from api import transactions
from people.tests.factories import make_person
from wallets import ledger_rules
from wallets.enums import AccountKind, TransferKind
from wallets.errors import HoldClosed, InsufficientPoints, ReferenceConflict
from wallets.models import Account, Hold, Transfer
from wallets.operations import accounts, holds, lots
from wallets.operations.transfers import NewTransfer, post
from wallets.tests.factories import NOW, make_budget, make_wallet, new_reference
from wallets.tests.racing import race, rounds

pytestmark = pytest.mark.django_db(transaction=True)
THREADS, ROUNDS, PRICE = 20, 20, 100
TICK = timedelta(microseconds=1)


def place(wallet: Account, at: datetime = NOW) -> Hold:
    return holds.place(account_id=wallet.pk, points=PRICE, reference=new_reference("hold"), at=at)


def place_without_a_lock(wallet: Account) -> Hold:
    """Read, check, write: how a hold must not be placed."""
    wallet = Account.objects.get(pk=wallet.pk)
    if wallet.available < PRICE:
        raise InsufficientPoints
    Account.objects.filter(pk=wallet.pk).update(held=wallet.held + PRICE)
    return Hold.objects.create(account=wallet, points=PRICE, reference=new_reference("hold"), placed_at=NOW)


def winners(place_one) -> list[int]:
    """Let every thread hold one wallet's points, round after round; return how many won each."""
    wallets = [make_wallet(PRICE) for _ in range(ROUNDS)]
    outcomes = rounds(ROUNDS, THREADS, lambda number: place_one(wallets[number]))
    lost = [outcome for results in outcomes for outcome in results if not isinstance(outcome, Hold)]
    assert {type(outcome) for outcome in lost} <= {InsufficientPoints}
    return [sum(isinstance(outcome, Hold) for outcome in results) for results in outcomes]


def test_of_20_who_hold_one_balance_exactly_one_wins_each_round():
    assert winners(place) == [1] * ROUNDS
    assert list(ledger_rules.findings()) == []


def test_control_without_the_lock_the_same_race_overspends_and_the_ledger_check_sees_it():
    overspent = sum(won > 1 for won in winners(place_without_a_lock))
    assert overspent > 0
    assert [finding.rule for finding in ledger_rules.findings()] == ["account_held"] * overspent


def test_of_20_who_spend_a_budget_as_many_win_as_it_has_points_for():
    budget, wallets = make_budget(7 * PRICE), [make_wallet() for _ in range(THREADS)]

    def credit(wallet: Account) -> type:
        return type(post([new(budget, wallet, PRICE)], at=NOW)[0].error)

    outcomes = race([partial(credit, wallet) for wallet in wallets])
    assert (outcomes.count(type(None)), outcomes.count(InsufficientPoints)) == (7, 13)
    assert list(ledger_rules.findings()) == []


def new(debit: Account, credit: Account, points: int, reference: str | None = None) -> NewTransfer:
    return NewTransfer(
        debit_id=debit.pk,
        credit_id=credit.pk,
        points=points,
        kind=TransferKind.CREDIT,
        reference=reference or new_reference(),
    )


def test_lists_in_opposed_order_never_meet_in_a_deadlock(monkeypatch):
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)  # a deadlock would surface, not be retried
    wallets = [make_wallet(1000) for _ in range(20)]
    pairs = list(itertools.pairwise(wallets))

    def there() -> int:
        return sum(len(post([new(a, b, 1) for a, b in pairs], at=NOW)) for _ in range(25))

    def back() -> int:
        return sum(len(post([new(b, a, 1) for a, b in reversed(pairs)], at=NOW)) for _ in range(25))

    assert race([there, back] * 2) == [25 * 19] * 4
    assert list(ledger_rules.findings()) == []


def test_one_reference_posted_by_20_at_once_has_one_effect():
    budget, wallet = make_budget(10_000), make_wallet()
    item = new(budget, wallet, PRICE)
    outcomes = race([lambda: post([item], at=NOW)[0]] * THREADS)
    assert sorted(posting.replayed for posting in outcomes) == [False] + [True] * (THREADS - 1)
    assert len({posting.transfer_id for posting in outcomes}) == 1
    assert Account.objects.get(pk=wallet.pk).points == PRICE


def test_one_reference_for_different_accounts_at_once_has_one_effect():
    budgets, wallets = [make_budget(PRICE) for _ in range(4)], [make_wallet() for _ in range(4)]
    items = [new(budget, wallet, 1, "test:same") for budget, wallet in zip(budgets, wallets, strict=True)]
    outcomes = race([partial(post, [item], at=NOW) for item in items])
    errors = [type(posting.error) for [posting] in outcomes]
    assert (errors.count(type(None)), errors.count(ReferenceConflict)) == (1, 3)
    assert (Transfer.objects.filter(reference="test:same").count(), list(ledger_rules.findings())) == (1, [])


def test_accounts_opened_by_20_at_once_are_opened_once():
    opened = race([lambda: accounts.system(AccountKind.SUSPENSE).pk] * THREADS)
    assert opened == [Account.objects.get(kind=AccountKind.SUSPENSE).pk] * THREADS
    people = [make_person().pk for _ in range(5)]
    turned = [people[i % 5 :] + people[: i % 5] for i in range(THREADS)]
    wallets = race([partial(accounts.open_wallets, person_ids) for person_ids in turned])
    assert wallets == [dict(Account.objects.filter(kind="wallet").values_list("person_id", "id"))] * THREADS


def test_a_hold_that_many_close_at_once_closes_once():
    wallet = make_wallet(PRICE)
    hold = place(wallet)
    outcomes = race([partial(holds.capture, hold.pk, at=NOW), partial(holds.release, hold.pk, at=NOW)] * 5)
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Hold"] + ["HoldClosed"] * 9
    assert all(isinstance(outcome, Hold | HoldClosed) for outcome in outcomes)
    assert list(ledger_rules.findings()) == []


def test_points_are_either_held_or_expired_never_both():
    wallets = [make_wallet((PRICE, NOW)) for _ in range(10)]
    for wallet in wallets:
        outcomes = race(
            [partial(place, wallet, at=NOW - TICK), partial(lots.expire, at=NOW), partial(holds.expire, at=NOW)]
        )
        assert {type(outcome) for outcome in outcomes} <= {Hold, InsufficientPoints, int}
        wallet.refresh_from_db()
        assert (wallet.points, wallet.held) in {(PRICE, PRICE), (0, 0)}
    assert list(ledger_rules.findings()) == []


def test_lots_that_many_expire_at_once_expire_once():
    for _ in range(20):
        make_wallet((PRICE, NOW))
    outcomes = race([partial(lots.expire, at=NOW, limit=7)] * 6)
    assert sum(outcomes) == 20
    assert list(ledger_rules.findings()) == []


def test_a_transaction_that_meets_a_deadlock_is_run_again_from_the_start():
    ana, ben = make_wallet(), make_wallet()
    both_locked_one = threading.Barrier(2)
    attempts: list[str] = []

    def lock(name: str, first: Account, second: Account) -> str:
        attempts.append(name)
        Account.objects.select_for_update().get(pk=first.pk)
        if attempts.count(name) == 1:
            both_locked_one.wait()
        Account.objects.select_for_update().get(pk=second.pk)
        return name

    outcomes = race(
        [
            partial(transactions.run, partial(lock, "there", ana, ben)),
            partial(transactions.run, partial(lock, "back", ben, ana)),
        ]
    )
    assert (outcomes, sorted(set(attempts)), len(attempts)) == (["there", "back"], ["back", "there"], 3)


def test_run_gives_up_after_its_last_attempt_and_never_retries_anything_else():
    attempts: list[int] = []

    def refused(sqlstate: str) -> None:
        attempts.append(1)
        error = OperationalError("refused")
        error.__cause__ = type("Cause", (Exception,), {"sqlstate": sqlstate})()
        raise error

    for sqlstate, times in (("40001", transactions.ATTEMPTS), ("40P01", transactions.ATTEMPTS), ("55P03", 1)):
        attempts.clear()
        with pytest.raises(OperationalError):
            transactions.run(partial(refused, sqlstate))
        assert len(attempts) == times
