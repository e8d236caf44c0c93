"""What a bus does that sends everything twice, in parallel, to processes that die."""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from tests.api.conftest import Api

KEYS = int(os.environ.get("IDEMPOTENCY_KEYS", "40"))
AT_ONCE = 10
BODY = {"programme": "spot", "recipient": "E1", "points": 7, "reason": "Thanks"}  # no external_id: the key alone counts
PATIENCE = 200


def post(session: requests.Session, served: Api, key: str, **headers: str) -> requests.Response:
    return session.post(
        f"{served.url}/points-requests", json=BODY, headers={"Idempotency-Key": key, **headers}, timeout=30
    )


def until_answered(session: requests.Session, served: Api, key: str) -> tuple[list[int], requests.Response]:
    """Send until the answer is there; return the statuses on the way too."""
    statuses = []
    for _ in range(PATIENCE):
        response = post(session, served, key)
        if response.status_code != 409:
            return statuses, response
        assert response.json()["code"] == "idempotency_key_in_progress"
        statuses.append(response.status_code)
    raise AssertionError("it stayed in progress")


@pytest.fixture
def session(served: Api) -> requests.Session:
    session = served.session()
    session.mount("http://", HTTPAdapter(pool_maxsize=AT_ONCE))
    return session


def count(served: Api) -> int:
    [(rows,)] = served.rows("SELECT count(*) FROM programs_pointsrequest")
    return int(str(rows))


def test_each_of_many_keys_sent_ten_times_at_once_has_one_effect(served: Api, session: requests.Session) -> None:
    before, keys = count(served), [str(uuid.uuid4()) for _ in range(KEYS)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = [list(pool.map(lambda _, key=key: until_answered(session, served, key), range(AT_ONCE))) for key in keys]
    for answers in told:
        responses = [response for _, response in answers]
        assert {response.status_code for response in responses} == {201}
        assert len({response.content for response in responses}) == 1
        assert sum("Idempotent-Replayed" not in response.headers for response in responses) == 1
    assert any(statuses for answers in told for statuses, _ in answers)  # they did meet
    assert count(served) - before == KEYS
    assert served.findings() == "0 findings"


def test_an_answer_that_was_lost_with_its_process_is_replayed(served: Api, session: requests.Session) -> None:
    before, key = count(served), str(uuid.uuid4())
    with pytest.raises(requests.ConnectionError):
        post(session, served, key, **{"X-Die": "1"})
    assert count(served) - before == 1
    again = post(session, served, key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert (again.json()["status"], count(served) - before) == ("credited", 1)


def test_two_clients_with_one_key_have_two_effects(served: Api, session: requests.Session) -> None:
    before, key = count(served), str(uuid.uuid4())
    answers: list[Any] = [post(one, served, key).json() for one in (session, served.session())]
    assert (count(served) - before, len({answer["id"] for answer in answers})) == (2, 2)
