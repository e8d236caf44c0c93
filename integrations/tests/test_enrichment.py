"""Thin events: the HR system is asked back for the detail, over real HTTP to a stand-in, and again where it fails."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from api.configuration import ConfigurationError
from integrations import connections, enrichment
from integrations.errors import DetailUnavailable, UnmappedRecord
from integrations.models import Connection, ReceivedMessage
from integrations.operations import received_messages, trials
from integrations.tests.factories import BASIC, make_connection
from integrations.tests.test_hooks import make_rule, post, read
from people.models import Person
from people.tests.factories import make_person
from wallets import queries as wallets

pytestmark = pytest.mark.django_db
NOW, HOUR = timezone.now, timedelta(hours=1)


class Odata:
    """An HR system's OData service: what it holds by path, what it was asked, and how its next answers go."""

    def __init__(self) -> None:
        self.held: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.next: list[int] = []
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                service.asked.append((self.path, dict(self.headers)))
                status = service.next.pop(0) if service.next else 200 if self.path in service.held else 404
                body = json.dumps(service.held.get(self.path)).encode() if status == 200 else b"no"
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def odata(monkeypatch: pytest.MonkeyPatch) -> Iterator[Odata]:
    service = Odata()
    Thread(target=service.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    monkeypatch.setenv("TEST_API_SECRET", "open sesame")
    with override_settings(OUTBOUND_ALLOW=["127.0.0.1"]):
        yield service
    service.server.shutdown()
    service.server.server_close()


@pytest.fixture
def asha() -> Person:
    return make_person(employee_number="104512")


def connected(odata: Odata, **change: Any) -> Connection:
    """Make a connection whose messages name an award, which the service knows."""
    enrich = {
        "get": f"{odata.origin}/SpotAward('{{code}}')?$format=json",
        "auth": {"kind": "basic", "username": "api@acme", "secret": "env:TEST_API_SECRET"},
    }
    mapped = {"items": "records", "id": "code", "recipient": "detail.d.userId", "time": None}
    data = {"rating": "detail.d.rating", "period": "detail.d.period"}
    return make_connection(credential=BASIC, enrich=enrich, **mapped, data=data, **change)


def award(rating: float = 4.0, **change: Any) -> dict[str, Any]:
    return {"d": {"userId": "104512", "rating": rating, "period": "2026", **change}}


def test_detail_is_fetched_and_decides(client: Client, odata: Odata, asha: Person) -> None:
    make_rule()
    odata.held["/SpotAward('A1')?$format=json"] = award()
    connection = connected(odata)
    answer = read(post(client, connection, {"records": [{"code": "A1"}]}))
    assert [result["status"] for result in answer["results"]] == ["credited"]
    [(path, headers)] = odata.asked
    assert path == "/SpotAward('A1')?$format=json"
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"api@acme:open sesame").decode()
    message = ReceivedMessage.objects.get()
    assert (wallets.wallet(asha).available, message.attempts, message.next_attempt_at) == (500, 1, None)


@pytest.mark.parametrize("status", [500, 404, 302, 401])
def test_missing_detail_refuses_its_record_alone_and_is_asked_for_again(
    odata: Odata, asha: Person, status: int
) -> None:
    make_rule()
    odata.held = {f"/SpotAward('{code}')?$format=json": award(period=code) for code in ("A1", "A2")}
    odata.next = [status]
    sent = {"records": [{"code": "A1"}, {"code": "A2"}]}
    came = received_messages.receive(connection=connected(odata), body=json.dumps(sent).encode(), at=NOW() - HOUR)
    assert [result["status"] for result in came.message.results] == ["refused", "credited"]
    problem = came.message.results[0]["problem"]
    said = f"enrich: 127.0.0.1 answered {status}. The portal asks again by itself."
    assert (problem["code"], problem["detail"]) == ("detail_unavailable", said)
    message = ReceivedMessage.objects.get()
    due = message.next_attempt_at
    assert due == message.received_at + timedelta(minutes=1)

    assert received_messages.work(at=due - timedelta(seconds=1)) is False
    assert received_messages.work(at=due) is True
    message.refresh_from_db()
    assert [result["status"] for result in message.results] == ["credited", "credited"]
    assert (wallets.wallet(asha).available, message.attempts, message.next_attempt_at) == (1000, 2, None)
    assert received_messages.work(at=due + timedelta(days=9)) is False


def test_asking_again_ends_after_a_day(client: Client, odata: Odata) -> None:
    post(client, connected(odata), {"records": [{"code": "gone"}]})
    message = ReceivedMessage.objects.get()
    waits, at = [], message.received_at
    while message.next_attempt_at:
        waits.append(message.next_attempt_at - at)
        at = message.next_attempt_at
        assert received_messages.work(at=at) is True
        message.refresh_from_db()
    assert waits == received_messages.RETRY_AFTER
    assert (message.results[0]["problem"]["code"], len(odata.asked)) == ("detail_unavailable", 8)


def test_worker_that_dies_leaves_the_message_due(client: Client, odata: Odata, monkeypatch: pytest.MonkeyPatch) -> None:
    post(client, connected(odata), {"records": [{"code": "gone"}]})
    due = ReceivedMessage.objects.get().next_attempt_at
    assert due is not None

    def die(*args: Any, **kwargs: Any) -> None:
        raise SystemExit(9)

    with monkeypatch.context() as patch:
        patch.setattr(enrichment, "enrich", die)
        with pytest.raises(SystemExit):
            received_messages.work(at=due)
    message = ReceivedMessage.objects.get()
    assert (message.attempts, message.next_attempt_at) == (2, due + timedelta(minutes=5))


@pytest.mark.parametrize(
    ("code", "asked"),
    [
        ("O'Brien", "/SpotAward('O%27%27Brien')?$format=json"),  # a quote that ends no literal
        ("a/../b?c#d&e", "/SpotAward('a%2F..%2Fb%3Fc%23d%26e')?$format=json"),
        ("é {x}", "/SpotAward('%C3%A9%20%7Bx%7D')?$format=json"),
        ("x') or ('1' eq '1", "/SpotAward('x%27%27%29%20or%20%28%27%271%27%27%20eq%20%27%271')?$format=json"),
    ],
)
def test_what_an_event_holds_stays_one_value(client: Client, odata: Odata, code: str, asked: str) -> None:
    post(client, connected(odata), {"records": [{"code": code}]})
    assert [path for path, _ in odata.asked] == [asked]


@pytest.mark.parametrize("code", ["", None, "..", "."])
def test_nothing_is_asked_without_a_value(client: Client, odata: Odata, code: str | None) -> None:
    answer = read(post(client, connected(odata), {"records": [{"code": code}]}))
    problem = answer["results"][0]["problem"]
    assert (problem["code"], problem["detail"]) == ("unmapped_record", "enrich: `code` finds no value to ask with.")
    assert (odata.asked, ReceivedMessage.objects.get().next_attempt_at) == ([], None)


def test_no_time_left_is_a_detail_that_is_missing(odata: Odata) -> None:
    how = connected(odata).enrich
    [left] = enrichment.enrich([{"code": "A1"}], how, seconds=0)
    assert isinstance(left, DetailUnavailable)
    assert odata.asked == []


def test_answer_that_cannot_be_read_and_secret_that_is_not_set(odata: Odata, monkeypatch: pytest.MonkeyPatch) -> None:
    how = connected(odata).enrich
    odata.next = [204]
    [unread] = enrichment.enrich([{"code": "A1"}], how, seconds=5)
    assert unread.detail == "enrich: what 127.0.0.1 answered cannot be read. The message is empty."
    monkeypatch.delenv("TEST_API_SECRET")
    [unset] = enrichment.enrich([{"code": "A1"}], how, seconds=5)
    assert isinstance(unset, DetailUnavailable)


@pytest.mark.parametrize(
    ("auth", "name", "value"),
    [
        ({"kind": "header", "name": "X-Api-Key", "secret": "env:TEST_API_SECRET"}, "X-Api-Key", "open sesame"),
        ({"kind": "bearer", "secret": "env:TEST_API_SECRET"}, "Authorization", "Bearer open sesame"),
        (None, "Authorization", None),
    ],
)
def test_each_way_to_say_who_asks(odata: Odata, auth: dict[str, str] | None, name: str, value: str | None) -> None:
    how = {"get": f"{odata.origin}/thing"} | ({"auth": auth} if auth else {})
    odata.held["/thing"] = {"d": 1}
    assert enrichment.enrich([{"a": 1}, "text"], how, seconds=5) == [
        {"a": 1, "detail": {"d": 1}},
        {"value": "text", "detail": {"d": 1}},
    ]
    assert [headers.get(name) for _, headers in odata.asked] == [value, value]


def test_private_hosts_are_not_asked(odata: Odata) -> None:
    with override_settings(OUTBOUND_ALLOW=[], DEBUG=False):
        [refused] = enrichment.enrich([{"code": "A1"}], connected(odata).enrich, seconds=5)
    assert isinstance(refused, UnmappedRecord)
    assert odata.asked == []


def test_trial_fetches_too_and_keeps_nothing(odata: Odata, asha: Person) -> None:
    make_rule()
    odata.held["/SpotAward('A1')?$format=json"] = award()
    message = json.dumps({"records": [{"code": "A1"}, {"code": "gone"}]})
    trial = trials.run(connection=connected(odata), message=message, at=NOW())
    fetched, missing = trial.records
    assert (fetched.status, fetched.person) == ("credited", asha)
    assert (missing.thing, type(missing.error)) == ({"code": "gone"}, DetailUnavailable)
    assert (ReceivedMessage.objects.count(), wallets.wallet(asha).available) == (0, 0)


@pytest.mark.parametrize(
    ("enrich", "path", "said"),
    [
        ({}, ("enrich",), "get is missing."),
        ({"get": "/things/{id}"}, ("enrich", "get"), "absolute address"),
        ({"get": "ftp://api.example/{id}"}, ("enrich", "get"), "absolute address"),
        ({"get": "https://{host}/x"}, ("enrich", "get"), "the host stands here"),
        ({"get": "https://me:secret@api.example/x"}, ("enrich", "get"), "under auth"),
        ({"get": "https://api.example/{a b}"}, ("enrich", "get"), "is not a JMESPath"),
        ({"get": "https://api.example/{}"}, ("enrich", "get"), "The path is empty."),
        ({"get": "https://api.example/x", "post": "y"}, ("enrich", "post"), "not known here"),
        ({"get": "https://api.example/x", "auth": {"kind": "hmac_sha256"}}, ("enrich", "auth", "kind"), "basic"),
        ({"get": "https://api.example/x", "auth": {"kind": "bearer", "client": "c"}}, ("enrich", "auth"), "secret is"),
        (
            {"get": "https://api.example/x", "auth": {"kind": "header", "name": "X", "secret": "hunter2"}},
            ("enrich", "auth", "secret"),
            "Write a reference",
        ),
    ],
)
def test_bad_settings_are_refused_where_they_stand(enrich: Any, path: tuple[str, ...], said: str) -> None:
    entry = {"slug": "a", "system": "json", "credential": BASIC, "event": "e", "id": "id", "recipient": "who"}
    with pytest.raises(ConfigurationError) as refused:
        connections.normalise({**entry, "enrich": enrich})
    assert refused.value.path == path
    assert said in refused.value.detail


def test_settings_go_into_the_file_and_back(odata: Odata) -> None:
    connection = connected(odata)
    connection.refresh_from_db()
    shown = connections.exported(connection)
    assert list(shown["enrich"]["auth"]) == ["kind", "username", "secret"]
    assert connections.normalise(shown) == shown
    assert "enrich" not in connections.exported(make_connection())
