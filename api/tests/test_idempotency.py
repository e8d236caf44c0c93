"""One POST in one process; what parallel ones and crashes do is told in tests/api/test_idempotency.py."""

import hashlib
import io
import threading
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection, connections
from django.utils import timezone

from api import idempotency
from api.errors import InvalidIdempotencyKey
from api.models import IdempotencyKey
from api.operations import housekeeping
from api.tests import factories, urls
from vault import encryption

pytestmark = [pytest.mark.django_db, pytest.mark.urls("api.tests.urls")]


@pytest.fixture
def client_system():
    return factories.make_client(["people:write"])


@pytest.fixture
def http(client_system):
    return factories.api(client_system)


def enrol(http, name="Ana", key="k-1", path="/api/v1/enrol", **headers):
    return http.post(path, {"name": name}, headers={"Idempotency-Key": key, **headers})


def people():
    return get_user_model().objects.count()


def test_the_same_again_gets_the_first_answer_byte_for_byte(http):
    first, again = enrol(http), enrol(http)
    assert (first.status_code, again.status_code, first.content == again.content, people()) == (201, 201, True, 1)
    assert (first.get("Idempotent-Replayed"), again.get("Idempotent-Replayed")) == (None, "true")
    changed = {"X-Request-ID", "Idempotent-Replayed", "RateLimit"}
    assert {n: v for n, v in first.items() if n not in changed} == {n: v for n, v in again.items() if n not in changed}


def test_without_a_key_each_one_counts(http):
    for _ in range(2):
        http.post("/api/v1/enrol", {"name": "Ana"})
    assert (people(), IdempotencyKey.objects.count()) == (2, 0)


@pytest.mark.parametrize("other", [{"name": "Ben"}, {"path": "/api/v1/enrol/again"}, {"path": "/api/v1/enrol?x=1"}])
def test_a_key_with_something_else_is_refused(http, other):
    enrol(http)
    response = enrol(http, **other)
    assert (response.status_code, response.json()["code"], people()) == (422, "idempotency_key_reused", 1)


def test_the_headers_of_a_binary_event_are_part_of_what_was_sent(http):
    assert enrol(http, **{"ce-id": "1"}).status_code == 201
    assert enrol(http, **{"ce-id": "1"}).status_code == 201
    assert enrol(http, **{"ce-id": "2"}).json()["code"] == "idempotency_key_reused"


def test_two_clients_may_use_the_same_key(http):
    enrol(http)
    assert enrol(factories.api()).get("Idempotent-Replayed") is None
    assert people() == 2


def test_another_token_of_the_same_client_replays(client_system, http):
    enrol(http)
    assert enrol(factories.api(client_system))["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize("name", ["ours", "missing", "409", "404"])
def test_a_refusal_is_kept(http, name):
    first, again = enrol(http, name), enrol(http, name)
    assert (first.content, first.status_code) == (again.content, again.status_code)
    assert again["Idempotent-Replayed"] == "true"


def test_what_a_refused_one_wrote_is_undone(http):
    assert (enrol(http, "ours").status_code, people()) == (422, 0)


@pytest.mark.parametrize("name", ["bug", "denied", "throttled", "401", "403", "429", "500", "503"])
def test_what_may_end_otherwise_next_time_is_not_kept(http, name):
    first, again = enrol(http, name), enrol(http, name)
    assert first.status_code == again.status_code in {401, 403, 429, 500, 503}
    assert again.get("Idempotent-Replayed") is None
    assert (people(), IdempotencyKey.objects.count()) == (0, 0)


def test_no_token_and_no_scope_leave_nothing(client):
    assert enrol(client).status_code == 401
    assert enrol(factories.api(scopes=["people:read"])).status_code == 403
    assert IdempotencyKey.objects.count() == 0


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("abc", "abc"),
        ('"abc"', "abc"),
        ('"a b"', "a b"),
        (r'"a\"b\\c"', r'a"b\c'),
        ("a\\b", "a\\b"),
        ("x" * 255, "x" * 255),
        (f'"{"x" * 255}"', "x" * 255),
    ],
)
def test_a_key_is_read_quoted_or_bare(written, read):
    assert idempotency.read_key(written) == read


@pytest.mark.parametrize("written", ["", '""', '"a', 'a"', "a b", "é", "\t", "x" * 256, f'"{"x" * 256}"', '"a";b=1'])
def test_what_is_no_key_is_refused(http, written):
    with pytest.raises(InvalidIdempotencyKey):
        idempotency.read_key(written)
    if written.isascii():
        response = enrol(http, key=written)
        assert (response.status_code, response.json()["code"], people()) == (400, "invalid_idempotency_key", 0)


def test_quoted_and_bare_are_the_same_key(http):
    enrol(http, key="k")
    assert enrol(http, key='"k"')["Idempotent-Replayed"] == "true"


def test_a_body_over_the_limit_is_refused_before_its_key_is_taken(http):
    response = http.post(
        "/api/v1/enrol", b" " * (5 * 1024 * 1024 + 1), content_type="application/json", headers={"Idempotency-Key": "k"}
    )
    assert (response.status_code, IdempotencyKey.objects.count()) == (413, 0)


def test_a_key_on_a_method_that_is_not_there_changes_nothing(http):
    assert http.post("/api/v1/people", {}, headers={"Idempotency-Key": "k"}).status_code == 405


def test_neither_key_nor_body_nor_answer_stands_in_the_database(http):
    enrol(http, "Ana", key="secret-key")
    row = IdempotencyKey.objects.values().get()
    assert not any(
        word in str(bytes(v) if isinstance(v, memoryview) else v) for v in row.values() for word in ("Ana", "secret")
    )
    key_id = bytes(row["id"])
    assert b"Ana" in encryption.decrypt(row["body"], context=f"api.idempotencykey:{key_id.hex()}").encode()


@pytest.mark.parametrize("status", [199, 401, 403, 429, 500])
def test_the_database_keeps_no_answer_that_does_not_last(status):
    with pytest.raises(IntegrityError, match="idempotency_key_answers_that_last"):
        make_kept(status=status)


def test_old_answers_are_forgotten_in_bounded_steps():
    at = timezone.now()
    for age in (23, 25, 26, 27):
        make_kept(age, at=at - timedelta(hours=age))
    assert [housekeeping.forget_answers(at=at, limit=2) for _ in range(3)] == [2, 1, 0]
    assert IdempotencyKey.objects.count() == 1


def test_old_tokens_are_forgotten_and_live_ones_stay(client_system):
    at = timezone.now()
    for hours in (-25, -23, 1):
        factories.make_token(client_system, expires_at=at + timedelta(hours=hours))
    assert [housekeeping.forget_tokens(at=at) for _ in range(2)] == [1, 0]


def make_kept(number=1, *, status=200, at=None):
    return IdempotencyKey.objects.create(
        id=hashlib.sha256(str(number).encode()).digest(),
        fingerprint=b"f" * 32,
        status=status,
        headers={},
        body=b"",
        created_at=at or timezone.now(),
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("times", [1, 4])
def test_one_that_met_another_transaction_is_done_again_whole(http, monkeypatch, times):
    monkeypatch.setattr(urls.EnrolView, "meet", times)
    assert (enrol(http).status_code, people(), IdempotencyKey.objects.count()) == (201, 1, 1)


@pytest.mark.django_db(transaction=True)
def test_a_key_whose_first_request_is_under_way_is_refused_at_once(client_system, http):
    with hold(client_system, "k-1"):
        response = enrol(http)
        assert (response.status_code, response.json()["code"], people()) == (409, "idempotency_key_in_progress", 0)
        assert enrol(http, key="k-2").status_code == 201
    assert (enrol(http).status_code, people()) == (201, 2)


class hold:  # noqa: N801 - reads as a word
    """Hold a key on another connection, as a request under way does; ends as one whose process dies."""

    def __init__(self, client, key):
        self.key_id = hashlib.sha256(f"{client.pk}\0{key}".encode()).digest()
        self.held, self.enough = threading.Event(), threading.Event()

    def __enter__(self):
        self.thread = threading.Thread(target=self._hold)
        self.thread.start()
        assert self.held.wait(10)

    def __exit__(self, *_):
        self.enough.set()
        self.thread.join()

    def _hold(self):
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            idempotency._take_turn(self.key_id)
            self.held.set()
            self.enough.wait(10)
        connections.close_all()


def test_half_a_body_is_not_kept_and_the_whole_one_takes_effect(http):
    whole = b'{"name": "Ana"}'
    headers = {"Idempotency-Key": "k-half"}
    cut_off = {"wsgi.input": io.BytesIO(whole[:7])}
    half = http.generic("POST", "/api/v1/enrol", whole, "application/json", headers=headers, **cut_off)
    assert (half.status_code, half.json()["code"], people()) == (408, "request_timeout", 0)
    assert http.generic("POST", "/api/v1/enrol", whole, "application/json", headers=headers).status_code < 300
    assert people() == 1
