"""Letters: once, or visible as dead, and the same words in text and HTML."""

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from pytest_django import Settings

from messaging import tasks
from messaging.channels.email import channel
from messaging.operations import deliveries
from messaging.tests.factories import AT, attempt, told, tried
from people.models import Person
from people.tests.factories import make_person
from tests.standins.slack import SlackStandIn
from tests.standins.smtp import DATA, GREETING, HELLO, LETTER, SENDER, Hang, Reply, Reset, SmtpStandIn

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana() -> Person:
    return make_person(name="Ana Ribeiro", email="ana@acme.example")


def words(letter: EmailMessage, kind: str) -> str:
    part = letter.get_body(preferencelist=(kind,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_a_letter_arrives_once_with_what_mailboxes_go_by(smtp: SmtpStandIn, ana: Person, settings: Settings) -> None:
    settings.DEFAULT_FROM_EMAIL = "Acme Rewards <rewards@acme.example>"
    delivery = told(ana, channel="email")

    sent = tried()

    key = f"<{delivery.pk}@rewards.acme.example>"
    assert (sent, sent.status, sent.attempts, sent.provider_reference) == (delivery, "sent", 1, key)
    assert attempt(AT + timedelta(days=1)) is None
    [letter] = smtp.letters
    names = ["From", "To", "Subject", "Message-ID", "List-Id", "List-Unsubscribe", "Auto-Submitted"]
    assert [letter[name] for name in names] == [
        "Acme Rewards <rewards@acme.example>",
        "ana@acme.example",
        "You earned 500 points",
        key,
        "<rewards.rewards.acme.example>",
        "<https://rewards.acme.example/settings>",
        "auto-generated",
    ]


def test_a_letter_says_the_same_in_text_and_in_html(smtp: SmtpStandIn, ana: Person, settings: Settings) -> None:
    settings.COMPANY_NAME = "Acme"
    told(ana, channel="email")
    tried()

    [letter] = smtp.letters
    assert letter.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]
    assert words(letter, "plain") == (
        "You earned 500 points\n\nQ3 rating 5\n\nOpen Acme Rewards: https://rewards.acme.example/statement\n\n"
        "-- \nAcme Rewards. Choose how we tell you: https://rewards.acme.example/settings\n"
    )
    html = words(letter, "html")
    assert "<h1" in html
    assert 'href="https://rewards.acme.example/statement"' in html
    assert 'href="https://rewards.acme.example/settings"' in html
    assert "<table" not in html


def test_what_people_write_is_escaped_in_html_and_as_it_was_in_text(smtp: SmtpStandIn, ana: Person) -> None:
    evil = "<script>alert(1)</script> R&D <!channel>"
    told(ana, channel="email", title=evil, body=evil)
    tried()

    [letter] = smtp.letters
    assert letter["Subject"] == evil
    assert words(letter, "plain").startswith(f"{evil}\n\n{evil}\n")
    html = words(letter, "html")
    assert "<script" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt; R&amp;D &lt;!channel&gt;") == 3


def test_nobody_writes_a_header_of_their_own(smtp: SmtpStandIn, ana: Person) -> None:
    told(ana, channel="email", title="News\r\nBcc: all@acme.example\r\n\r\nHello")
    tried()

    [letter] = smtp.letters
    assert (letter["Subject"], letter["Bcc"]) == ("News Bcc: all@acme.example Hello", None)


def test_letters_that_need_more_than_ascii_arrive_whole(smtp: SmtpStandIn, ana: Person) -> None:
    told(ana, channel="email", title="Você ganhou 500 pontos 🎉", body=".\nlinha\n.\n")
    tried()

    [letter] = smtp.letters
    assert letter["Subject"] == "Você ganhou 500 pontos 🎉"
    assert words(letter, "plain").startswith("Você ganhou 500 pontos 🎉\n\n.\nlinha\n.\n")


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (Reply("421 4.3.2 shutting down", at=GREETING), "The mail server said 421 4.3.2, before it took a recipient."),
        (Reply("500 what?", at=HELLO), "The mail server said 500, before it took a recipient."),
        (Reply("550 5.7.1 not you", at=SENDER), "The mail server said 550 5.7.1, before it took a recipient."),
        (Reply("429 too many"), "The mail server said 429 to this person's address."),
        (Reply("450 4.2.1 ana@acme.example try later"), "The mail server said 450 4.2.1 to this person's address."),
        (Reply("451 4.7.1 greylisted", at=LETTER), "The mail server said 451 4.7.1 to the message."),
        (Reply("452 full", at=DATA), "The mail server said 452 to the message."),
        (Reset(), "The connection to the mail server broke."),
        (Hang(), "The mail server did not answer in 0.3 s."),
    ],
)
def test_what_is_refused_for_now_waits_and_then_arrives(
    smtp: SmtpStandIn, ana: Person, settings: Settings, behaviour: Any, reason: str
) -> None:
    settings.EMAIL_TIMEOUT = 0.3 if behaviour == Hang() else 10
    told(ana, channel="email")
    smtp.next(behaviour)

    failed = tried()

    assert (failed.status, failed.attempts, failed.last_error) == ("pending", 1, reason)
    assert (tried(AT + timedelta(seconds=5)).status, len(smtp.letters), smtp.talks) == ("sent", 1, 2)


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (Reply("550 5.1.1 <ana@acme.example> unknown"), "The mail server said 550 5.1.1 to this person's address."),
        (Reply("500 no"), "The mail server said 500 to this person's address."),
        (Reply("554 5.7.1 spam", at=LETTER), "The mail server said 554 5.7.1 to the message."),
    ],
)
def test_what_is_refused_for_good_stops_with_the_reason_and_is_sent_again_when_asked(
    smtp: SmtpStandIn, ana: Person, behaviour: Any, reason: str
) -> None:
    delivery = told(ana, channel="email")
    smtp.next(behaviour)

    stopped = tried()

    assert (stopped.status, stopped.last_error, smtp.letters) == ("skipped", reason, [])
    assert attempt(AT + timedelta(days=1)) is None
    deliveries.retry(delivery.pk, by=ana, at=AT)
    assert (tried().status, len(smtp.letters)) == ("sent", 1)


def test_a_connection_that_breaks_after_the_letter_is_tried_again_under_the_same_id(
    smtp: SmtpStandIn, ana: Person
) -> None:
    told(ana, channel="email")
    smtp.next(Reset(after_posting=True))

    assert tried().last_error == "The connection to the mail server broke."
    tried(AT + timedelta(seconds=5))

    first, second = smtp.letters
    assert first["Message-ID"] == second["Message-ID"]


def test_nobody_listening_is_a_failed_attempt(smtp: SmtpStandIn, ana: Person, settings: Settings) -> None:
    settings.EMAIL_PORT = 1
    told(ana, channel="email")

    assert tried().last_error == "The mail server could not be reached: ConnectionRefusedError."


def test_a_server_without_the_encryption_asked_for_gets_no_letter(
    smtp: SmtpStandIn, ana: Person, settings: Settings
) -> None:
    settings.EMAIL_USE_TLS = True
    told(ana, channel="email")

    assert tried().last_error == "The mail server does not do what it has to: SMTPNotSupportedError."
    assert smtp.letters == []


def test_a_mail_server_that_hangs_keeps_no_other_channel_waiting(
    smtp: SmtpStandIn, slack: SlackStandIn, ana: Person, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_TIMEOUT = 0.3
    monkeypatch.setattr(tasks, "HANGING_SECONDS", 0.2)
    slack.know(ana.email)
    for number in range(3):
        told(ana, f"pr:{number}", channel="email")
    told(ana, "pr:3")
    smtp.next(*[Hang()] * 3)

    tasks.sweep()

    assert (smtp.talks, len(slack.messages)) == (1, 1)
    tasks.sweep()
    assert smtp.talks == 2


def test_the_last_failed_attempt_leaves_it_dead_and_visible(smtp: SmtpStandIn, ana: Person) -> None:
    delivery = told(ana, channel="email")
    smtp.next(*[Reply("451 4.3.0 later")] * deliveries.ATTEMPTS_MAX)
    at = AT
    while (failed := attempt(at)) is not None:
        at = failed.next_attempt_at

    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts, smtp.letters) == ("dead", 12, [])


@pytest.mark.parametrize(
    ("backend", "named", "debug", "ready"),
    [
        ("smtp", True, False, True),
        ("smtp", False, False, False),
        ("console", True, True, True),
        ("filebased", False, True, True),
        ("console", True, False, False),
        ("locmem", True, True, False),
        ("dummy", True, True, False),
    ],
)
def test_email_is_set_up_where_letters_get_somewhere(
    settings: Settings, backend: str, named: bool, debug: bool, ready: bool
) -> None:
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    settings.EMAIL_IS_NAMED, settings.EMAIL_HOST, settings.DEBUG = named, "mail.acme.example", debug

    assert channel.ready() is ready


def test_a_url_that_names_no_host_sets_nothing_up(settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_IS_NAMED, settings.EMAIL_HOST = channel.SMTP, True, None

    assert channel.ready() is False


def test_where_letters_go_is_said_without_the_password(settings: Settings) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = channel.SMTP, "mail.acme.example", 587
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "rewards", "s3cr3t"

    assert channel.where() == "mail.acme.example:587"
