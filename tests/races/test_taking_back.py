"""Races over what is taken back: never what is spent, never twice."""

from collections import Counter
from functools import partial

import pytest
from requests import Response, Session

from tests.races.arena import BONUS, PRICE, Arena, Call, run
from tests.races.test_spending import order
from tests.races.without_guards import ROW_LOCKS

PAIRS, SAME, APPROVERS = 16, 16, 8
CSRF = 32 * "c"
DECISIONS = """
SELECT count(*) FROM approvals_decision d JOIN redemptions_orderrefund r ON r.approval_id = d.approval_id
WHERE r.id = %s
"""
PART = PRICE // 10  # points
pytestmark = pytest.mark.timeout(180)


def credited(arena: Arena, people: list[str]) -> list[str]:
    """Credit PRICE points to each, and return the ids of the requests."""
    requests = [
        {"external_id": arena.name("wrong-"), "programme": BONUS, "recipient": one, "points": PRICE, "reason": "Wrong"}
        for one in people
    ]
    [answer] = arena.post_at_once([("/points-requests/batch", {"requests": requests})])
    return [result["points_request"]["id"] for result in answer.json()["results"]]


def reversal(request_id: str, **fields: object) -> Call:
    return f"/points-requests/{request_id}/reverse", {"reason": "It was a mistake"} | fields


def reverse_and_redeem(arena: Arena) -> None:
    """Sixteen people order for points that are taken back from them at the same moment."""
    people = arena.people(PAIRS)
    ids = credited(arena, people)
    calls = [call for person, key in zip(people, ids, strict=True) for call in (order(arena, person), reversal(key))]
    answers = arena.post_at_once(calls)
    for person, redeemed, taken in zip(people, answers[::2], answers[1::2], strict=True):
        assert (redeemed.status_code in {201, 409}, taken.status_code) == (True, 200), (redeemed.text, taken.text)
        spent = PRICE if redeemed.status_code == 201 else 0
        back = taken.json()["reversal"]
        wallet = arena.get(f"/wallets/{person}")
        found = (wallet["held"], back["points"], back["shortfall"], wallet["available"])
        assert found == (spent, PRICE - spent, spent, 0), f"points were spent and taken back, or neither: {found}"
    arena.assert_sound()


def test_points_are_spent_or_taken_back(arena: Arena) -> None:
    run(reverse_and_redeem, arena)


def test_without_the_wallets_lock_some_are_both(unguarded: Arena) -> None:
    with (
        unguarded.rewritten("wallets_post", "FOR NO KEY UPDATE", ""),
        pytest.raises(AssertionError, match=r"spent and taken back|check_ledger finds"),
    ):
        run(reverse_and_redeem, unguarded, rounds=12)


def reverse_parts(arena: Arena) -> None:
    """A tenth of a credit is asked back sixteen times at once; its person has enough from elsewhere."""
    [person] = arena.people(1, points=SAME * PART)
    [key] = credited(arena, [person])
    answers = arena.post_at_once([reversal(key, points=PART, reason=arena.name("Mistake ")) for _ in range(SAME)])
    counts = Counter(answer.status_code for answer in answers)
    assert counts == {200: PRICE // PART, 409: SAME - PRICE // PART}, f"answers to sixteen tenths: {counts}"
    taken = sum(answer.json()["reversal"]["points"] for answer in answers if answer.status_code == 200)
    assert taken == PRICE, f"{taken} points were taken back of {PRICE}"
    assert arena.get(f"/wallets/{person}")["available"] == SAME * PART
    arena.assert_sound()


def test_a_credit_is_taken_back_once(arena: Arena) -> None:
    run(reverse_parts, arena)


def test_without_the_requests_and_the_wallets_lock_it_is_not(unguarded: Arena) -> None:
    unguarded.drop("ALTER TABLE programs_pointsrequest DROP CONSTRAINT IF EXISTS points_request_reversed_points_range")
    with (
        unguarded.rewritten("wallets_post", "FOR NO KEY UPDATE", ""),
        unguarded.without(ROW_LOCKS),
        pytest.raises(AssertionError, match="answers to sixteen"),
    ):
        run(reverse_parts, unguarded)


def refund_and_refund(arena: Arena) -> None:
    """Eight HR approvers approve one refund at once."""
    [person, asker] = arena.people(2, points=PRICE)
    [placed] = arena.post_at_once([order(arena, person)])
    refund = arena.hand.do("ask_for_refund", redemption=placed.json()["id"], by=asker)
    cookies = arena.hand.do("sign_in_approvers", people=arena.people(APPROVERS))

    def approve(session: Session, cookie: str) -> Response:
        session.cookies.update({"sessionid": cookie, "csrftoken": CSRF})
        session.headers["X-CSRFToken"] = CSRF
        address = f"{arena.base_url}/admin/redemptions/orderrefund/{refund}/decide/"
        return session.post(address, {"verdict": "approve"}, allow_redirects=False, timeout=60)

    answers = arena.at_once([partial(approve, cookie=cookie) for cookie in cookies])
    counts = Counter(answer.status_code for answer in answers)
    decisions = arena.count(DECISIONS, refund)
    assert (counts, decisions) == ({302: APPROVERS}, 1), f"answers to one refund: {counts}, {decisions} decisions"
    wallet = arena.get(f"/wallets/{person}")
    assert (wallet["available"], wallet["lifetime_redeemed"]) == (PRICE, 0)
    arena.assert_sound()


def test_an_order_is_refunded_once(arena: Arena) -> None:
    run(refund_and_refund, arena)


def test_without_its_locks_it_is_decided_more_often(unguarded: Arena) -> None:
    with unguarded.without(ROW_LOCKS), pytest.raises(AssertionError, match="answers to one refund"):
        run(refund_and_refund, unguarded)
