"""The log of calls, as the web processes of a running portal write it."""

import time

from tests.api.conftest import Api

PATIENCE_SECONDS = 10


def test_calls_stand_in_the_log_a_second_later(served: Api) -> None:
    session = served.session("points:write points:read")
    asked = {"external_id": "log-1", "programme": "spot", "recipient": "E1", "points": 5, "reason": "Logged"}
    for body in (asked, asked, asked | {"points": 0}):
        session.post(f"{served.url}/points-requests", json=body, headers={"X-Request-ID": "log-test"}, timeout=30)
    of_client = "WHERE client_id IN (SELECT client_id FROM api_apicall WHERE request_id = 'log-test')"
    statement = (
        f"SELECT method, route, status, code, external_id, body->>'recipient' FROM api_apicall {of_client} ORDER BY id"
    )
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(served.rows(statement)) < 4 and time.monotonic() < deadline:
        time.sleep(0.1)
    route = "/api/v1/points-requests"
    assert sorted(served.rows(statement), key=str) == [
        ("POST", route, 200, "", "log-1", "…"),
        ("POST", route, 201, "", "log-1", "…"),
        ("POST", route, 422, "points_out_of_range", "log-1", "…"),
        ("POST", "/oauth/token", 200, "", "", None),  # by which the client got in
    ]
    rows = served.rows(f"SELECT code, sum(calls) FROM api_apicallcount {of_client} GROUP BY code ORDER BY code")
    assert rows == [("", 3), ("points_out_of_range", 1)]
