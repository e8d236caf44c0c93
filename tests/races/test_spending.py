"""Races over what somebody has: each point is spent once."""

import time
from collections import Counter
from functools import partial

import pytest
from requests import Response, Session

from tests.races.arena import AIR_CREDIT, BONUS, PRICE, Arena, Call, run
from tests.races.without_guards import ROW_LOCKS, TURNS

PAIRS, SAME = 16, 20
SECONDS_TO_LIVE, EAGER_SECONDS = 0.7, 0.15  # of points that expire; of the first who orders
pytestmark = pytest.mark.timeout(180)


def order(arena: Arena, recipient: str, external_id: str = "") -> Call:
    """Ask for an air credit of PRICE points."""
    return "/redemptions", AIR_CREDIT | {"recipient": recipient, "external_id": external_id or arena.name("order-")}


def double_spend(arena: Arena) -> None:
    """Sixteen people have points for one order and order two at once."""
    people = arena.people(PAIRS, points=PRICE)
    answers = arena.post_at_once([order(arena, person) for person in people for _ in range(2)])
    counts = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    assert counts == {(201, None): PAIRS, (409, "insufficient_points"): PAIRS}, f"orders for one price: {counts}"
    for person in people:
        wallet = arena.get(f"/wallets/{person}")
        assert (wallet["available"], wallet["held"] + wallet["lifetime_redeemed"]) == (0, PRICE)
    arena.assert_sound()


def test_points_for_one_order_are_spent_once(arena: Arena) -> None:
    run(double_spend, arena)


def test_without_the_wallets_lock_they_are_spent_twice(unguarded: Arena) -> None:
    with unguarded.without(ROW_LOCKS), pytest.raises(AssertionError, match="orders for one price"):
        run(double_spend, unguarded)


def same_order(arena: Arena) -> None:
    """Somebody has points for many orders; one order arrives twenty times at once."""
    [person] = arena.people(1, points=SAME * PRICE)
    answers = arena.post_at_once([order(arena, person, arena.name("same-"))] * SAME)
    ids = {answer.json().get("id") for answer in answers}
    assert len(ids) == 1, f"one external_id made {len(ids)} orders"
    assert Counter(answer.status_code for answer in answers) == {201: 1, 200: SAME - 1}
    wallet = arena.get(f"/wallets/{person}")
    assert wallet["available"] == (SAME - 1) * PRICE
    arena.assert_sound()


def test_an_order_that_arrives_twenty_times_is_one(arena: Arena) -> None:
    run(same_order, arena)


def test_without_its_turn_and_its_unique_key_it_is_several(unguarded: Arena) -> None:
    unguarded.drop("ALTER TABLE redemptions_order DROP CONSTRAINT IF EXISTS order_external_id_once")
    unguarded.drop("DROP INDEX IF EXISTS order_external_id_once")
    with unguarded.without(TURNS), pytest.raises(AssertionError, match="one external_id made"):
        run(same_order, unguarded)


def expire_and_redeem(arena: Arena) -> None:
    """Sixteen people order at the moment at which their points expire."""
    people = arena.people(PAIRS)
    until = arena.hand.do("credit_until", seconds=SECONDS_TO_LIVE, programme=BONUS, recipients=people, points=PRICE)

    def redeem(session: Session, place: int) -> Response:
        time.sleep(max(0.0, until - EAGER_SECONDS * place / PAIRS - time.time()))
        return arena.post(session, *order(arena, people[place]))

    def expire(_: Session) -> None:
        time.sleep(max(0.0, until - time.time()))
        arena.hand.do("expire", times=4 * PAIRS)

    *answers, _ = arena.at_once([*(partial(redeem, place=place) for place in range(PAIRS)), expire])
    for person, answer in zip(people, answers, strict=True):
        assert answer.status_code in {201, 409}, answer.text
        spent = PRICE if answer.status_code == 201 else 0
        wallet = arena.get(f"/wallets/{person}")
        found = (wallet["held"] + wallet["lifetime_redeemed"], wallet["lifetime_expired"], wallet["available"])
        assert found == (spent, PRICE - spent, 0), f"points were spent and expired, or neither: {found}"
    arena.assert_sound()


def test_points_at_their_date_are_spent_or_expire(arena: Arena) -> None:
    run(expire_and_redeem, arena)


def test_without_the_expirys_lock_some_are_both(unguarded: Arena) -> None:
    with (
        unguarded.rewritten("wallets_expire", "FOR NO KEY UPDATE", ""),
        pytest.raises(AssertionError, match=r"spent and expired|check_ledger finds"),
    ):
        run(expire_and_redeem, unguarded, rounds=12)
