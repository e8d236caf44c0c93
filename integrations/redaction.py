"""Shows a message's body without what must not be seen: the values of names that look like a secret's."""

import json
import re
from typing import Any

from integrations import documents
from integrations.errors import UnreadableMessage

MASK = "•••"
SHOWN_CHARACTERS_MAX = 200_000
NAMES = (
    r"pass(?:word|wd|phrase|code)?|pwd|secret|token|api[_-]?key|authori[sz]ation|credential|private[_-]?key|signature"
)
SECRET_NAME = re.compile(NAMES, re.IGNORECASE)
# In a body that cannot be read: password: "x", password=x, <password>x, up to where the value may end.
SECRET_TEXT = re.compile(rf"([\w.-]*(?:{NAMES})[\w.-]*[\"']?\s*[:=>]\s*[\"']?)([^\"'<>,&\s}}]+)", re.IGNORECASE)


def shown(body: bytes, content_type: str) -> str:
    """Return a body for somebody's eyes: as the connection's paths see it, or as it came where it cannot be read.

    Args:
        body: as it came.
        content_type: the header it came with.
    """
    try:
        content = documents.read(body, content_type).content
    except UnreadableMessage:
        text = SECRET_TEXT.sub(rf"\1{MASK}", body.decode("utf-8", errors="replace"))
    else:
        text = json.dumps(masked(content), indent=2, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARACTERS_MAX else f"{text[:SHOWN_CHARACTERS_MAX]}\n…"


def masked(content: Any) -> Any:
    """Return a document with the values masked whose names look like a secret's; also in {"name": …, "value": …}."""
    if isinstance(content, list):
        return [masked(each) for each in content]
    if not isinstance(content, dict):
        return content
    named = isinstance(content.get("name"), str) and SECRET_NAME.search(content["name"])
    return {
        name: MASK if SECRET_NAME.search(name) or (named and name == "value") else masked(value)
        for name, value in content.items()
    }
