"""A client's limit, in one process; many processes and real time are in tests/api/test_limits.py."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from api import limits, token_views
from api.limits import Taken
from api.models import Quota
from api.operations import housekeeping
from api.tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.urls("api.tests.urls")]
PATH = "/api/v1/gifts"


@pytest.fixture
def http():
    return factories.api(factories.make_client(per_minute=3))


def get(http, path=PATH):
    response = http.get(path)
    return response.status_code, response.get("RateLimit"), response.get("Retry-After")


def test_a_minutes_worth_may_come_at_once_and_no_more(http):
    assert [get(http) for _ in range(5)] == [
        (200, '"per-minute";r=2;t=20', None),
        (200, '"per-minute";r=1;t=40', None),
        (200, '"per-minute";r=0;t=60', None),
        (429, '"per-minute";r=0;t=20', "20"),
        (429, '"per-minute";r=0;t=20', "20"),
    ]


def test_one_over_the_limit_is_a_problem_that_says_when_to_go_on(http):
    for _ in range(3):
        http.get(PATH)
    response = http.get(PATH)
    problem = response.json()
    assert (response["Content-Type"], problem["code"]) == ("application/problem+json", "too_many_requests")
    assert problem["detail"] == "The limit is 3 a minute. Wait 20 s, then go on."
    assert response["RateLimit-Policy"] == '"per-minute";q=3;w=60'


def test_it_fills_up_evenly(http):
    for _ in range(3):
        http.get(PATH)
    earlier(seconds=21)
    assert [get(http)[0] for _ in range(2)] == [200, 429]
    earlier(seconds=600)  # and holds no more than a minute's worth
    assert [get(http)[0] for _ in range(4)] == [200, 200, 200, 429]


def test_every_answer_says_what_is_left(http):
    assert get(http, "/api/v1/people") == (200, '"per-minute";r=2;t=20', None)
    assert http.post(PATH, {"points": "x"})["RateLimit"] == '"per-minute";r=1;t=40'  # 422
    assert http.delete(PATH)["RateLimit"] == '"per-minute";r=0;t=60'  # 405


def test_a_missing_scope_counts_and_says_what_is_left():
    http = factories.api(factories.make_client(per_minute=3), ["people:read"])
    assert get(http) == (403, '"per-minute";r=2;t=20', None)


def test_0_lifts_the_limit_and_writes_nothing():
    http = factories.api(factories.make_client(per_minute=0))
    assert ({get(http) for _ in range(9)}, Quota.objects.count()) == ({(200, None, None)}, 0)


def test_clients_share_no_limit_and_tokens_of_one_do(http):
    client = factories.make_client(per_minute=1)
    one, two = factories.api(client), factories.api(client)
    assert [get(each)[0] for each in (one, two, http)] == [200, 429, 200]


def test_a_token_that_is_not_valid_takes_nothing():
    client = factories.make_client(per_minute=1)
    expired = factories.make_token(client, expires_at=timezone.now() - timedelta(seconds=1))
    http = factories.api(client)
    http.credentials(HTTP_AUTHORIZATION=f"Bearer {expired}")
    assert (get(http)[0], Quota.objects.count()) == (401, 0)


def test_a_call_is_one_statement_with_its_limit(http, django_assert_num_queries):
    with django_assert_num_queries(1):
        http.get(PATH)


@pytest.mark.parametrize("per_minute", [1, 7, 9, 11, 600, 999])
def test_exactly_a_minutes_worth_is_given_whatever_the_limit(per_minute):
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_take('x', %s::integer) FROM generate_series(1, %s)", [per_minute, per_minute + 1])
        taken = [Taken(per_minute=per_minute, full_in_seconds=seconds) for (seconds,) in cursor.fetchall()]
    assert [each.is_refused for each in taken] == [False] * per_minute + [True]
    assert (taken[0].left, taken[-2].left, taken[-1].left) == (per_minute - 1, 0, 0)


def test_a_higher_limit_is_felt_at_once(http):
    for _ in range(4):
        http.get(PATH)
    assert not limits.take("address:y", per_minute=6).is_refused


def test_the_table_is_not_logged():
    with connection.cursor() as cursor:
        cursor.execute("SELECT relpersistence FROM pg_class WHERE relname = 'api_quota'")
        assert cursor.fetchone() == ("u",)


def test_full_quotas_are_forgotten_in_bounded_steps():
    at = timezone.now()
    for minutes in (-2, -1, -1, 1):
        Quota.objects.create(name=f"address:{len(Quota.objects.all())}", full_at=at + timedelta(minutes=minutes))
    assert [housekeeping.forget_quotas(at=at, limit=2) for _ in range(3)] == [2, 1, 0]


def earlier(*, seconds):
    """Let so much time pass for all quotas."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE api_quota SET full_at = full_at - make_interval(secs => %s)", [seconds])


def ask(client, client_id, address="10.0.0.7", path="/oauth/token"):
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": "guess", "token": "x"}
    return client.post(path, form, REMOTE_ADDR=address)


@pytest.mark.parametrize("path", ["/oauth/token", "/oauth/revoke"])
def test_guessing_a_secret_is_stopped_for_that_client_and_address(client, monkeypatch, path):
    monkeypatch.setattr(token_views, "PER_CLIENT", 2)
    assert [ask(client, "a", path=path).status_code for _ in range(3)] == [401, 401, 429]
    assert [ask(client, "b").status_code, ask(client, "a", "10.0.0.8").status_code] == [401, 401]
    refused = ask(client, "a", path=path)
    assert (refused["Retry-After"], refused.json()["code"]) == ("30", "too_many_requests")
    assert refused.json()["error"] == "temporarily_unavailable"


def test_guessing_clients_is_stopped_for_that_address(client, monkeypatch):
    monkeypatch.setattr(token_views, "PER_ADDRESS", 2)
    assert [ask(client, name).status_code for name in "abc"] == [401, 401, 429]
    assert ask(client, "d", "10.0.0.8").status_code == 401
    assert Quota.objects.filter(name__startswith="token:").count() == 3
