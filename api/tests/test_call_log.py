"""The log of what clients call: what stands in it, what does not, and what a client's page shows of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from api import call_log, ids, traffic
from api.models import ApiCall, ApiCallCount, IdempotencyKey
from api.operations import clients, housekeeping
from api.tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.urls("api.tests.urls")]
PATH = "/api/v1/gifts"
NOON = datetime(2026, 11, 25, 12, 30, tzinfo=UTC)


@pytest.fixture
def logged(monkeypatch):
    """Note calls as the web server does; a test writes them itself."""
    monkeypatch.setattr(call_log, "is_running", lambda: True)
    call_log._waiting.clear()
    yield
    call_log._waiting.clear()


@pytest.fixture
def http(logged):
    return factories.api()


def lines():
    call_log.write()
    return list(ApiCall.objects.order_by("pk").values_list("method", "route", "status", "code"))


def test_calls_are_written_with_their_answers(http):
    http.get(PATH)
    http.post(PATH, {"points": 5})
    http.post(PATH, {"points": "x"})
    http.get("/api/v1/fail/bug")
    assert lines() == [
        ("GET", "/api/v1/gifts", 200, ""),
        ("POST", "/api/v1/gifts", 201, ""),
        ("POST", "/api/v1/gifts", 422, "points_out_of_range"),
        ("GET", "/api/v1/fail/{kind}", 500, "internal_error"),
    ]


def test_a_call_over_the_limit_and_one_without_the_scope_are_the_clients_too(logged):
    client = factories.make_client(per_minute=1)
    http = factories.api(client, ["people:read"])
    http.get(PATH), http.get(PATH)
    assert [code for *_, code in lines()] == ["insufficient_scope", "too_many_requests"]
    assert {call.client_id for call in ApiCall.objects.all()} == {client.pk}


def test_who_is_not_known_is_written_down_as_nobody(logged):
    http = factories.APIClient()
    http.get(PATH)
    http.credentials(HTTP_AUTHORIZATION="Bearer unknown")
    http.post(PATH, {"points": 5})
    assert [code for *_, code in lines()] == ["not_authenticated", "invalid_token"]
    assert set(ApiCall.objects.values_list("client", "caller")) == {(None, "")}
    assert ApiCallCount.objects.count() == 0


def test_a_flood_of_strangers_leaves_the_newest_few_and_every_client(logged):
    stranger, client = factories.APIClient(), factories.api()
    client.get(PATH)
    for _ in range(call_log.STRANGERS_MAX + 5):
        stranger.get(PATH)
    assert len(lines()) == call_log.STRANGERS_MAX + 1
    assert ApiCall.objects.filter(client=None).count() == call_log.STRANGERS_MAX


def test_an_expired_token_is_still_its_clients(logged):
    client = factories.make_client()
    http = factories.api()
    expired = factories.make_token(client, expires_at=timezone.now())
    http.credentials(HTTP_AUTHORIZATION=f"Bearer {expired}")
    http.get(PATH)
    assert lines() == [("GET", PATH, 401, "invalid_token")]
    assert ApiCall.objects.get().client == client


@pytest.mark.parametrize("address", ["token", "revoke"])
def test_calls_for_tokens_are_written_down_without_what_was_sent(logged, client, address):
    made = clients.create(name="SAP", scopes=["points:read"], at=timezone.now())
    form = {"grant_type": "client_credentials", "client_id": made.client_id, "token": "x"}
    for secret in (made.client_secret, "guessed"):
        client.post(f"/oauth/{address}", form | {"client_secret": secret})
    client.post(f"/oauth/{address}", form | {"client_id": "nobody"})
    assert lines() == [
        ("POST", f"/oauth/{address}", 200, ""),
        ("POST", f"/oauth/{address}", 401, "invalid_client"),
        ("POST", f"/oauth/{address}", 401, "invalid_client"),
    ]
    calls = ApiCall.objects.order_by("pk").values_list("client", "body")
    assert list(calls) == [(made.client_id, {}), (made.client_id, {}), (None, {})]


def test_the_documents_for_everybody_are_no_calls(logged, client):
    for path in ("/api/v1/schema", "/.well-known/openid-configuration", "/healthz"):
        client.get(path)
    assert lines() == []


def test_a_call_costs_no_statement_more(http, django_assert_num_queries):
    with django_assert_num_queries(1):
        http.get(PATH)
    assert len(call_log._waiting) == 1


def test_many_calls_are_two_statements(http, django_assert_num_queries):
    for _ in range(5):
        http.get(PATH)
    with django_assert_num_queries(4):  # two of them the transaction's
        assert call_log.write() == 5


def test_values_of_a_body_are_left_out_but_for_ids_that_name_nobody(http):
    body = {
        "recipient": "email:ana@acme.example",
        "points": 5,
        "reason": "Ana's illness",
        "external_id": "sf-2026/Q3.1",
        "programme": "spot",
        "metadata": {"ana@acme.example": 1},
        "parts": [{"points": 1}],
        "ana@acme.example": 1,
    }
    http.post(PATH, body, headers={"X-Request-ID": "abc"})
    call_log.write()
    call = ApiCall.objects.get()
    assert (call.request_id, call.external_id) == ("abc", "sf-2026/Q3.1")
    assert call.body == {
        "recipient": "…",
        "points": "…",
        "reason": "…",
        "external_id": "sf-2026/Q3.1",
        "programme": "spot",
        "metadata": "…",
        "parts": "… 1 items",
    }


@pytest.mark.parametrize("external_id", ["ana@acme.example", "Ana Souza", 5, "x" * 101])
def test_an_id_that_could_name_somebody_is_left_out(http, external_id):
    http.post(PATH, {"points": 1, "external_id": external_id})
    call_log.write()
    call = ApiCall.objects.get()
    assert (call.external_id, call.body["external_id"]) == ("", "…")


def test_a_broken_body_leaves_none_behind(http):
    http.post(PATH, b"{", content_type="application/json")
    call_log.write()
    call = ApiCall.objects.get()
    assert (call.code, call.body) == ("malformed_body", {})


def test_a_replayed_problem_keeps_its_code(http):
    for _ in range(2):
        http.post(PATH, {"points": 0}, headers={"Idempotency-Key": "k"})
    assert IdempotencyKey.objects.count() == 1
    assert [code for *_, code in lines()] == ["points_out_of_range"] * 2


def test_what_waits_is_bounded():
    assert call_log._waiting.maxlen == call_log.WAITING_MAX


def test_calls_are_added_to_those_of_their_hour(http):
    for _ in range(2):
        http.get(PATH), http.post(PATH, {"points": 0})
        call_log.write()
    assert sorted(ApiCallCount.objects.values_list("code", "calls")) == [("", 2), ("points_out_of_range", 2)]


def test_old_calls_are_forgotten_in_bounded_steps(settings):
    settings.API_CALLS_KEPT_DAYS = 7
    client = factories.make_client()
    for days in (9, 8, 8, 6):
        make_call(client, at=NOON - timedelta(days=days))
    assert [housekeeping.forget_calls(at=NOON, limit=2) for _ in range(3)] == [2, 1, 0]
    assert (ApiCall.objects.count(), ApiCallCount.objects.count()) == (1, 1)


def make_call(client, *, at, code="", milliseconds=10.0, times=1):
    """Write down calls of a time."""
    for _ in range(times):
        key = ids.first_at(at).int + ApiCall.objects.count()
        call = ApiCall(
            id=ids.uuid.UUID(int=key), client=client, called_at=at, method="GET", route=PATH, code=code,
            status=422 if code else 200, milliseconds=milliseconds, request_id="r",
        )  # fmt: skip
        call.save(force_insert=True)
        call_log._count([call])


def test_a_client_sees_its_day_in_figures():
    client, other = factories.make_client(), factories.make_client()
    make_call(client, at=NOON, milliseconds=10, times=18)
    make_call(client, at=NOON - timedelta(hours=23), code="over_budget", milliseconds=500, times=2)
    make_call(client, at=NOON - timedelta(hours=24), code="too_old")
    make_call(other, at=NOON, code="not_mine")
    seen = traffic.of(client, at=NOON)
    assert (seen.calls, seen.errors, seen.share, seen.median, seen.slow) == (20, 2, "10.0%", 10, 500)
    assert [(slot.label, slot.calls, slot.errors) for slot in seen.slots if slot.calls] == [
        ("13:00", 2, 2),
        ("12:00", 18, 0),
    ]
    assert [(problem.code, problem.calls) for problem in seen.problems] == [("over_budget", 2)]
    assert seen.finding == "20 calls, 2 of them errors. Most came at 12:00: 18."


def test_a_client_sees_its_week_by_day():
    client = factories.make_client()
    make_call(client, at=NOON - timedelta(days=6), times=2)
    make_call(client, at=NOON - timedelta(days=7))
    seen = traffic.of(client, at=NOON, is_week=True)
    assert [(slot.label, slot.calls) for slot in seen.slots if slot.calls] == [("Thu 19", 2)]
    assert len(seen.slots) == 7


def test_without_calls_there_is_nothing_to_divide_by():
    seen = traffic.of(factories.make_client(), at=NOON)
    assert (seen.calls, seen.share, seen.median, seen.finding) == (0, "0%", None, "No calls in this time.")
    assert traffic.bars(seen.slots) == []


def test_errors_stand_upon_what_went_well_and_a_single_one_is_seen():
    slots = [traffic.Slot(NOON, "12:00", 1000, 1), traffic.Slot(NOON, "13:00", 0, 0)]
    well, error = traffic.bars(slots)
    assert (well.kind, well.y + well.height, error.height) == ("in", traffic.BOTTOM, traffic.BAR_LEAST)
    assert error.y + error.height == well.y - traffic.GAP
    assert error.y >= 0


def test_the_counts_hold_only_what_can_be():
    with connection.cursor() as cursor, pytest.raises(Exception, match="api_call_count_positive"):
        cursor.execute("SELECT api_count_calls(ARRAY['x'], ARRAY[now()], ARRAY[''], ARRAY[0])")
