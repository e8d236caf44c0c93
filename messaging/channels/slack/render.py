"""A message as Slack shows it."""

from typing import Any

from django.conf import settings

from messaging.models import Message

HEADER_CHARACTERS = 150  # Slack's limits on blocks: https://docs.slack.dev/reference/block-kit/blocks
SECTION_CHARACTERS = 3000
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}


def direct_message(message: Message, *, channel: str, key: str) -> dict[str, Any]:
    """Return the body of a `chat.postMessage`.

    Args:
        message: what to tell.
        channel: the person's id in Slack.
        key: one for each delivery, the same for each attempt.
    """
    words = f"{message.title}. {message.body}" if message.body else message.title
    return {
        "channel": channel,
        "client_msg_id": key,
        "text": escape(words, SECTION_CHARACTERS),  # what notifications and screen readers say
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": _blocks(message),
    }


def escape(text: str, limit: int) -> str:
    """Return text that Slack shows as it is: no mention, no link, no channel-wide alarm comes out of it.

    Args:
        text: what a person or a system wrote.
        limit: the most characters, escaped; longer text ends in an ellipsis and never in half an entity.
    """
    pieces = [ENTITIES.get(character, character) for character in text]
    if sum(map(len, pieces)) <= limit:
        return "".join(pieces)
    kept: list[str] = []
    room = limit - 1
    for piece in pieces:
        if len(piece) > room:
            break
        kept.append(piece)
        room -= len(piece)
    return "".join(kept) + "…"


def _blocks(message: Message) -> list[dict[str, Any]]:
    title = message.title
    if len(title) > HEADER_CHARACTERS:
        title = title[: HEADER_CHARACTERS - 1] + "…"
    blocks: list[dict[str, Any]] = [{"type": "header", "text": {"type": "plain_text", "text": title, "emoji": False}}]
    if message.body:
        text = {"type": "mrkdwn", "text": escape(message.body, SECTION_CHARACTERS), "verbatim": True}
        blocks.append({"type": "section", "text": text})
    button = {
        "type": "button",
        "action_id": "open_page",
        "style": "primary",
        "text": {"type": "plain_text", "text": f"Open {settings.COMPANY_NAME} Rewards"[:75], "emoji": False},
        "url": settings.BASE_URL + (message.path or "/"),
    }
    return [*blocks, {"type": "actions", "elements": [button]}]
