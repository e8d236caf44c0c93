"""Cards to people in Teams: once, or visible as dead, and never the flow's address in sight."""

import html
import json
import logging
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.views.debug import SafeExceptionReporterFilter
from markdown_it import MarkdownIt
from pytest_django import Settings

from api import outbound
from messaging.channels.teams import address, channel, render
from messaging.models import Message, Pause
from messaging.operations import deliveries
from messaging.tests.factories import AT, attempt, told, tried
from people.models import Person
from people.tests.factories import make_person
from tests.standins.teams import SIGNATURE, Hang, Reset, Status, TeamsStandIn

SAMPLE = json.loads((Path(__file__).parent / "samples" / "teams_workflow_dm_request.json").read_text())
FLOW = "https://prod-12.westeurope.logic.azure.com:443/workflows/8a1/triggers/manual/paths/invoke?sv=1.0&sig=s3cr3t"
pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Person:
    return make_person(name="Ana Ribeiro", email="ana@acme.example", time_zone="Pacific/Auckland")


def message(**words: Any) -> Message:
    fields = {"title": "You earned 500 points", "body": "Q3 rating 5", "path": "/statement", "reference": "pr:1"}
    return Message(**{"person": Person(), "kind": "points_credited", "created_at": AT} | fields | words)


def shape(value: Any) -> Any:
    """Return names and types, without values."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items() if name != "_comment"}
    return [shape(each) for each in value] if isinstance(value, list) else type(value).__name__


def test_a_card_arrives_once_and_has_the_shape_that_flows_expect(teams: TeamsStandIn, ana: Person) -> None:
    delivery = told(ana, channel="teams")

    sent = tried()

    assert (sent, sent.status, sent.provider_reference) == (delivery, "sent", "085840001")
    assert attempt(AT + timedelta(days=1)) is None
    [posted] = teams.messages
    assert shape(posted) == shape(SAMPLE)
    assert (posted["recipient"], teams.runs) == ("ana@acme.example", [str(delivery.pk)])


def test_a_card_says_what_happened_when_and_where_to_go(settings: Settings) -> None:
    settings.BASE_URL, settings.COMPANY_NAME = "https://rewards.acme.example", "Acme"
    told = message(person=Person(time_zone="Pacific/Auckland"), created_at=AT.replace(hour=12))
    card = render.request(told, recipient="a@b.example")["attachments"][0]["content"]

    facts = [{"title": "Date", "value": "24 Nov 2026"}, {"title": "Reference", "value": "pr\\_1"}]
    assert card["body"] == [
        {"type": "TextBlock", "size": "Large", "weight": "Bolder", "wrap": True, "text": "You earned 500 points"},
        {"type": "TextBlock", "wrap": True, "text": "Q3 rating 5"},
        {"type": "FactSet", "facts": facts},
    ]
    assert card["actions"] == [
        {"type": "Action.OpenUrl", "title": "Open Acme Rewards", "url": "https://rewards.acme.example/statement"}
    ]


def test_a_card_without_more_words_has_no_empty_block() -> None:
    card = render.request(message(body="", path=""), recipient="a@b.example")["attachments"][0]["content"]

    assert [block["type"] for block in card["body"]] == ["TextBlock", "FactSet"]
    assert card["actions"][0]["url"].endswith("/")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("[Reset](https://evil.example) your *password*", r"\[Reset\](https://evil.example) your \*password\*"),
        ("<https://evil.example> <at>Everyone</at>", r"\<https://evil.example> \<at>Everyone\</at>"),
        ("<script>alert(1)</script> & <!channel>", r"\<script>alert(1)\</script> & \<!channel>"),
        ("{{DATE(2026-11-23T00:00:00Z)}} ${name}", r"\{\{DATE(2026-11-23T00:00:00Z)\}\} $\{name\}"),
        ("R&D, &lt; and &#42;", r"R&D, \&lt; and \&#42;"),
        ("- one\n- two\n\n# three", r"\- one - two # three"),
        ("1. first", r"1\. first"),
        ("5.0 of 5", "5.0 of 5"),
        (r"C:\new `x` ~~y~~", r"C:\\new \`x\` \~\~y\~\~"),
        ("> quoted", r"\> quoted"),
    ],
)
def test_what_people_write_is_shown_as_they_wrote_it(written: str, shown: str) -> None:
    assert render.escape(written) == shown
    paragraph = MarkdownIt("commonmark").render(render.escape(written))
    assert paragraph == f"<p>{html.escape(' '.join(written.split()), quote=False)}</p>\n"


@pytest.mark.parametrize("character", ["*", "ü", "😀", "\\"])
def test_the_longest_message_stays_within_what_a_flow_can_post(character: str) -> None:
    longest = message(title=character * 200, body=character * 1000, path="/" + "p" * 199, reference="r" * 80)

    assert len(json.dumps(render.request(longest, recipient="a" * 254))) < render.REQUEST_BYTES_MAX


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (Status(500), "Teams: http_500."),
        (Status(503, headers={"Retry-After": "600"}), "Teams: http_503."),
        (Status(400), "Teams: http_400."),
        (Status(404), "Teams: http_404."),
        (Status(302, headers={"Location": "http://127.0.0.1:1/"}), "Teams: http_302."),
        (Reset(), "Teams: the connection to 127.0.0.1 broke."),
        (Hang(), "Teams: 127.0.0.1 did not answer in 0 s."),
    ],
)
def test_a_failed_attempt_waits_and_then_arrives(
    teams: TeamsStandIn, ana: Person, behaviour: Any, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(ana, channel="teams")
    teams.next(behaviour)

    with monkeypatch.context() as patience:
        if behaviour == Hang():
            patience.setattr(outbound, "READ_SECONDS", 0.3)
        failed = tried()

    assert (failed.status, failed.attempts, failed.last_error) == ("pending", 1, reason)
    assert (tried(AT + timedelta(seconds=5)).status, len(teams.messages)) == ("sent", 1)


def test_a_connection_that_breaks_after_posting_is_tried_again_under_the_same_key(
    teams: TeamsStandIn, ana: Person
) -> None:
    delivery = told(ana, channel="teams")
    teams.next(Reset(after_posting=True))

    tried(), tried(AT + timedelta(seconds=5))

    assert teams.runs == [str(delivery.pk)] * 2


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("42", 42), ("0", 1), ("", 30), ("soon", 30), ("Mon, 23 Nov 2020 09:30:00 GMT", 1), ("999999999999", 3600)],
)
def test_too_many_requests_rests_the_channel_and_does_not_count(
    teams: TeamsStandIn, ana: Person, header: str, seconds: int
) -> None:
    told(ana, channel="teams")
    teams.next(Status(429, headers={"Retry-After": header}))

    limited = tried()

    assert (limited.status, limited.attempts) == ("pending", 0)
    assert Pause.objects.values_list("channel", "until").get() == ("teams", AT + timedelta(seconds=seconds))
    assert attempt(AT + timedelta(seconds=seconds - 1)) is None
    assert (tried(AT + timedelta(seconds=seconds)).status, len(teams.messages)) == ("sent", 1)


def test_the_last_failed_attempt_leaves_it_dead_and_visible(teams: TeamsStandIn, ana: Person) -> None:
    delivery = told(ana, channel="teams")
    teams.next(*[Status(500)] * deliveries.ATTEMPTS_MAX)
    at = AT
    while (failed := attempt(at)) is not None:
        at = failed.next_attempt_at

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, delivery.last_error) == ("dead", 12, "Teams: http_500.")
    assert teams.messages == []


def test_the_wrong_signature_is_refused_and_nothing_is_posted(
    teams: TeamsStandIn, ana: Person, settings: Settings
) -> None:
    settings.TEAMS_WORKFLOW_SECRET_URL = teams.url.replace(SIGNATURE, "other")
    told(ana, channel="teams")

    assert (tried().last_error, teams.messages) == ("Teams: http_401.", [])


def test_the_credential_stands_in_no_log_and_no_error(
    teams: TeamsStandIn, ana: Person, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    told(ana, channel="teams")
    teams.next(Reset(), Status(500))
    with caplog.at_level(logging.DEBUG):
        errors = [tried(AT + timedelta(minutes=minute)).last_error for minute in (0, 1, 2)]
    settings.TEAMS_WORKFLOW_SECRET_URL = "http://127.0.0.1:1/invoke?sig=" + SIGNATURE
    told(ana, "pr:2", channel="teams")
    errors.append(tried().last_error)

    assert "delivery_settled" in caplog.text
    assert [SIGNATURE in text for text in (caplog.text, *errors, channel.where())] == [False] * 6
    assert channel.where() == "http://127.0.0.1/…?sig=••••"


def test_error_pages_mask_the_address(settings: Settings) -> None:
    settings.TEAMS_WORKFLOW_SECRET_URL = FLOW

    shown = SafeExceptionReporterFilter().get_safe_settings()

    assert shown["TEAMS_WORKFLOW_SECRET_URL"] == SafeExceptionReporterFilter.cleansed_substitute


@pytest.mark.parametrize(
    ("url", "begins"),
    [
        (
            "https://acme.webhook.office.com/webhookb2/1@2/IncomingWebhook/3?sig=x",
            "TEAMS_WORKFLOW_URL is the address of",
        ),
        ("https://WEBHOOK.office.com/1?sig=x", "TEAMS_WORKFLOW_URL is the address of"),
        (FLOW.replace("https://", "http://"), "TEAMS_WORKFLOW_URL has to begin with https://"),
        ("http://127.0.0.1:8080/invoke?sig=x", "TEAMS_WORKFLOW_URL has to begin with https://"),
        ("ftp://prod-12.logic.azure.com/?sig=x", "TEAMS_WORKFLOW_URL has to begin with https://"),
        ("https:///workflows?sig=x", "TEAMS_WORKFLOW_URL has to begin with https://"),
        ("https://[half/?sig=x", "TEAMS_WORKFLOW_URL is not a URL."),
        ("https://prod-12.logic.azure.com:port/?sig=x", "TEAMS_WORKFLOW_URL is not a URL."),
        (FLOW.partition("&sig")[0], "TEAMS_WORKFLOW_URL has no sig= in it"),
    ],
)
def test_an_address_that_cannot_be_right_stops_the_start(settings: Settings, url: str, begins: str) -> None:
    settings.DEBUG = False
    settings.TEAMS_WORKFLOW_SECRET_URL = url

    with pytest.raises(ImproperlyConfigured) as refused:
        apps.get_app_config("messaging").ready()

    assert str(refused.value).startswith(begins)
    assert "sig=x" not in str(refused.value)
    assert channel.ready() is False


@pytest.mark.parametrize(
    ("url", "debug"),
    [
        (FLOW, False),
        (FLOW.replace("prod-12.westeurope.logic.azure.com:443", "a1.7.environment.api.powerplatform.com"), False),
        ("http://127.0.0.1:8080/invoke?sig=x", True),
    ],
)
def test_the_address_of_a_flow_is_taken(settings: Settings, url: str, debug: bool) -> None:
    settings.DEBUG = debug

    assert address.wrong(url) == ""


def test_teams_is_not_set_up_without_an_address(settings: Settings) -> None:
    settings.TEAMS_WORKFLOW_SECRET_URL = ""

    assert channel.ready() is False
