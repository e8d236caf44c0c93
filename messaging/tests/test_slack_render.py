"""What a message looks like in Slack, judged by Slack's own library."""

import json
from datetime import UTC, datetime

import pytest
from pytest_django import Settings
from slack_sdk.models.blocks import Block

from messaging.channels.slack import render
from messaging.models import Message
from people.models import Person

LONGEST = ("<&>" * 400)[:1000]


def message(title: str = "You earned 500 points", body: str = "Q3 rating 5", path: str = "/statement") -> Message:
    return Message(
        person=Person(name="Ana Ribeiro"), kind="points_credited", title=title, body=body, path=path, reference="pr:1",
        created_at=datetime(2026, 11, 23, tzinfo=UTC),
    )  # fmt: skip


def rendered(**fields: str) -> dict[str, object]:
    return render.direct_message(message(**fields), channel="U07ASHA0001", key="0193")


def test_a_message_is_a_header_the_reason_and_a_button(settings: Settings) -> None:
    settings.BASE_URL, settings.COMPANY_NAME = "https://rewards.acme.example", "Acme"

    assert rendered() == {
        "channel": "U07ASHA0001",
        "client_msg_id": "0193",
        "text": "You earned 500 points. Q3 rating 5",
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "You earned 500 points", "emoji": False}},
            {"type": "section", "text": {"type": "mrkdwn", "text": "Q3 rating 5", "verbatim": True}},
            {
                "type": "actions",
                "elements": [
                    {
                        "type": "button",
                        "action_id": "open_page",
                        "style": "primary",
                        "text": {"type": "plain_text", "text": "Open Acme Rewards", "emoji": False},
                        "url": "https://rewards.acme.example/statement",
                    }
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"body": ""},
        {"path": ""},
        {"title": "t" * 200, "body": LONGEST, "path": "/" + "p" * 199},
        {"title": "<!channel> & <@U1>", "body": "<https://evil.example|Open> *bold* <!here>"},
    ],
)
def test_every_message_is_within_slacks_limits(settings: Settings, fields: dict[str, str]) -> None:
    settings.COMPANY_NAME = "A company with quite a long name, as companies have when they merge again and again"
    body = rendered(**fields)
    blocks = body["blocks"]
    assert isinstance(blocks, list)

    parsed = Block.parse_all(blocks)
    for block in parsed:
        block.validate_json()

    assert [block.to_dict()["type"] for block in parsed] == [block["type"] for block in blocks]
    assert all(len(block["text"]["text"]) <= 150 for block in blocks if block["type"] == "header")
    assert all(1 <= len(block["text"]["text"]) <= 3000 for block in blocks if block["type"] == "section")
    assert len(str(body["text"])) <= 4000
    assert len(json.dumps(blocks)) < 13_200


def test_what_people_write_cannot_call_a_channel_or_forge_a_link() -> None:
    body = rendered(title="<!channel>", body="<https://evil.example|Open> & <!here>")
    blocks = body["blocks"]
    assert isinstance(blocks, list)

    assert body["text"] == "&lt;!channel&gt;. &lt;https://evil.example|Open&gt; &amp; &lt;!here&gt;"
    assert blocks[1]["text"]["text"] == "&lt;https://evil.example|Open&gt; &amp; &lt;!here&gt;"
    assert blocks[0]["text"]["type"] == "plain_text"


def test_escape_cuts_between_characters_and_never_in_an_entity() -> None:
    assert render.escape("a<b", 6) == "a&lt;b"
    assert render.escape("a<bc", 6) == "a&lt;…"
    assert render.escape("<<", 5) == "&lt;…"
    assert render.escape("<<", 4) == "…"
