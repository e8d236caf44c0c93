"""Races over what is given: each request is credited once, and no budget gives more than it has."""

from collections import Counter

import pytest

from tests.races.arena import BONUS, Arena, Call, run
from tests.races.without_guards import RETRIES

CLIENTS, SAME = 32, 20
BATCHES, PEOPLE = 8, 50
GIVEN, ODD = 100, 50  # points: of each credit; left when a budget cannot pay one more
pytestmark = pytest.mark.timeout(180)


def credit(recipient: str, external_id: str, *, programme: str = BONUS) -> Call:
    """Ask for GIVEN points."""
    return "/points-requests", {
        "external_id": external_id,
        "programme": programme,
        "recipient": recipient,
        "points": GIVEN,
        "reason": "A race",
    }


def same_request(arena: Arena) -> None:
    """One request arrives twenty times at once."""
    [person] = arena.people(1)
    answers = arena.post_at_once([credit(person, arena.name("same-"))] * SAME)
    counts = Counter(answer.status_code for answer in answers)
    assert counts == {201: 1, 200: SAME - 1}, f"answers to one external_id: {counts}"
    assert len({answer.json()["transfer"] for answer in answers}) == 1
    assert arena.get(f"/wallets/{person}")["available"] == GIVEN
    arena.assert_sound()


def test_a_request_that_arrives_twenty_times_is_credited_once(arena: Arena) -> None:
    run(same_request, arena)


def test_without_its_unique_key_it_is_credited_more_often(unguarded: Arena) -> None:
    unguarded.drop("DROP INDEX IF EXISTS points_request_external_id_once")
    with pytest.raises(AssertionError, match="answers to one external_id"):
        run(same_request, unguarded)


def last_points(arena: Arena) -> None:
    """A budget can pay 16 of the 32 requests that arrive at once."""
    before = arena.get("/programmes/scarce/budget")["left"]
    points = CLIENTS // 2 * GIVEN + ODD - before
    funding = {"external_id": arena.name("po-"), "points": points, "reference": "The last of it"}
    arena.post_at_once([("/programmes/scarce/fundings", funding)])
    answers = arena.post_at_once(
        [credit(person, arena.name("last-"), programme="scarce") for person in arena.people(CLIENTS)]
    )
    counts = Counter((answer.status_code, answer.json().get("code")) for answer in answers)
    expected = {(201, None): CLIENTS // 2, (422, "over_budget"): CLIENTS // 2}
    assert counts == expected, f"credited from a budget for {CLIENTS // 2}: {counts}"
    assert arena.get("/programmes/scarce/budget")["left"] == ODD
    arena.assert_sound()


def test_the_last_points_of_a_budget_are_given_once(arena: Arena) -> None:
    run(last_points, arena)


def test_without_the_budgets_lock_it_gives_more(unguarded: Arena) -> None:
    with (
        unguarded.rewritten("wallets_post", "FOR NO KEY UPDATE", ""),
        pytest.raises(AssertionError, match="credited from a budget for 16"),
    ):
        run(last_points, unguarded)


def opposite_batches(arena: Arena) -> None:
    """Eight batches name the same people, every other one from the last to the first."""
    people = arena.people(PEOPLE)
    answers = arena.post_at_once([batch(arena, people[:: 1 if number % 2 else -1]) for number in range(BATCHES)])
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {200: BATCHES}, f"answers to batches that meet: {statuses}"
    assert [answer.json()["credited"] for answer in answers] == [PEOPLE] * BATCHES
    for person in people[:: PEOPLE - 1]:
        assert arena.get(f"/wallets/{person}")["available"] == BATCHES * GIVEN
    arena.assert_sound()


def batch(arena: Arena, people: list[str]) -> Call:
    return "/points-requests/batch", {"requests": [credit(person, arena.name("batch-"))[1] for person in people]}


def test_batches_that_meet_never_wait_in_a_circle(arena: Arena) -> None:
    run(opposite_batches, arena)


def test_without_the_locks_order_and_the_retries_they_do(unguarded: Arena) -> None:
    with (
        unguarded.rewritten("wallets_post", "a.id FOR NO KEY", "md5(pg_backend_pid() || a.id::text) FOR NO KEY"),
        unguarded.without(RETRIES),
        pytest.raises(AssertionError, match="answers to batches that meet"),
    ):
        run(opposite_batches, unguarded)
