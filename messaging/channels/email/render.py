"""A message as a letter."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string

from messaging.models import Message

SETTINGS_PATH = "/settings"


def letter(message: Message, *, key: str, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    """Return the e-mail of a message, with text and HTML of the same words.

    Args:
        message: what to tell; its person is loaded.
        key: one for each delivery, the same for each attempt: mail systems drop a second one with the same Message-ID.
        connection: what sends it.
    """
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    words: dict[str, Any] = {
        "message": message,
        "company_name": settings.COMPANY_NAME,
        "url": settings.BASE_URL + (message.path or "/"),
        "settings_url": settings.BASE_URL + SETTINGS_PATH,
    }
    mail = EmailMultiAlternatives(
        subject=" ".join(message.title.split()),  # a header is one line
        body=render_to_string("messaging/email/message.txt", words),
        to=[message.person.email],
        connection=connection,
        headers={
            "Message-ID": f"<{key}@{host}>",
            "List-Id": f"<rewards.{host}>",  # RFC 2919: what a rule in somebody's mailbox goes by
            "List-Unsubscribe": f"<{settings.BASE_URL}{SETTINGS_PATH}>",  # RFC 2369
            "Auto-Submitted": "auto-generated",  # RFC 3834: nobody's out-of-office note answers
        },
    )
    mail.attach_alternative(render_to_string("messaging/email/message.html", words), "text/html")
    return mail
