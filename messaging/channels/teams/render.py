"""A message as a card of Teams: https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards."""

import re
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from messaging.models import Message

CARD_TYPE = "application/vnd.microsoft.card.adaptive"
REQUEST_BYTES_MAX = 28 * 1024  # what a flow can post; the longest message there can be stays below it (see the tests)
# What Markdown, and the cards' own {{DATE(…)}}, would make something of; `&` only where it begins an entity.
MARKS = re.compile(r"[\\`*_{}\[\]<~]|&(?=#?\w+;)|^[-+>#=]|(?:(?<=^\d)|(?<=^\d\d))[.)](?=\s)")


def request(message: Message, *, recipient: str) -> dict[str, Any]:
    """Return the body that the flow expects.

    Args:
        message: what to tell; its person is loaded.
        recipient: whom, as Teams knows them: the address they sign in with.
    """
    return {
        "recipient": recipient,
        "type": "message",
        "attachments": [{"contentType": CARD_TYPE, "contentUrl": None, "content": _card(message)}],
    }


def escape(text: str) -> str:
    """Return text that a card shows as it is, on one line: no link, no emphasis, no list comes out of it."""
    return MARKS.sub(lambda mark: f"\\{mark[0]}", " ".join(text.split()))


def _card(message: Message) -> dict[str, Any]:
    body: list[dict[str, Any]] = [
        {"type": "TextBlock", "size": "Large", "weight": "Bolder", "wrap": True, "text": escape(message.title)}
    ]
    if message.body:
        body.append({"type": "TextBlock", "wrap": True, "text": escape(message.body)})
    return {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [*body, {"type": "FactSet", "facts": _facts(message)}],
        "actions": [
            {
                "type": "Action.OpenUrl",
                "title": f"Open {settings.COMPANY_NAME} Rewards",
                "url": settings.BASE_URL + (message.path or "/"),
            }
        ],
    }


def _facts(message: Message) -> list[dict[str, str]]:
    """Return when it happened, in the person's own time, and what it is known by."""
    when = timezone.localtime(message.created_at, ZoneInfo(message.person.time_zone))
    reference = message.reference.replace(":", "_", 1)  # as the API and the admin write it
    return [
        {"title": "Date", "value": f"{when.day} {when:%b %Y}"},
        {"title": "Reference", "value": escape(reference)},
    ]
