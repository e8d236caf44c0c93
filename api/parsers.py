"""Reads a JSON body and takes nothing that two readers could understand in two ways (RFC 7493, I-JSON)."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from rest_framework.parsers import BaseParser

from api.errors import BodyTooLarge, MalformedBody


class StrictJSONParser(BaseParser):
    """JSON in UTF-8, at most 5 MiB and 32 levels deep, no member twice, no NaN, no Infinity."""

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the document.

        Args:
            stream: the request, not read yet.
            media_type: as the request gives it; JSON is UTF-8 whatever it says.
            parser_context: of DRF; unused.

        Raises:
            BodyTooLarge: over DATA_UPLOAD_MAX_MEMORY_SIZE bytes.
            MalformedBody: anything else that is wrong with it.
        """
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise BodyTooLarge("A body may have 5 MiB. Send it in several requests.")
        return document(body)


def document(body: bytes) -> Any:
    """Return the JSON document in a body.

    Raises:
        MalformedBody: it is not UTF-8, not JSON, too deep, or ambiguous.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MalformedBody(f"The body is not UTF-8: byte {error.start} does not belong there.") from None
    try:
        parsed = json.loads(text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_float)
    except json.JSONDecodeError as error:
        raise MalformedBody(
            f"The body is not JSON: {error.msg} at line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # Python reads no whole number of more than 4,300 digits
        raise MalformedBody("A number in the body has too many digits.") from None
    if text.count("{") + text.count("[") > settings.JSON_DEPTH_MAX and _is_deeper(parsed, settings.JSON_DEPTH_MAX):
        raise _too_deep()
    if "\\u" in text and any(not _is_storable(string) for string in _strings(parsed)):
        raise MalformedBody("A text in the body holds \\u0000 or half of a surrogate pair, which is no character.")
    return parsed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedBody(f'The member "{twice[:80]}" stands twice in one object. Send it once.')
    return members


def _constant(name: str) -> Any:
    raise MalformedBody(f"{name} is not JSON. Leave the member out, or send null.")


def _float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise MalformedBody(f"{digits[:40]} is too large a number.")
    return number


def _too_deep() -> MalformedBody:
    return MalformedBody(f"The body is nested more than {settings.JSON_DEPTH_MAX} levels deep.")


def _is_deeper(parsed: Any, levels: int) -> bool:
    """Return whether lists and objects stand in each other more than `levels` deep; one level at a time."""
    level = [parsed]
    for _ in range(levels):
        level = [child for node in level for child in _children(node) if isinstance(child, (dict, list))]
        if not level:
            return False
    return True


def _children(node: Any) -> Iterator[Any]:
    if isinstance(node, dict):
        yield from node.values()
    elif isinstance(node, list):
        yield from node


def _strings(parsed: Any) -> Iterator[str]:
    waiting = [parsed]
    while waiting:
        node = waiting.pop()
        if isinstance(node, str):
            yield node
        elif isinstance(node, dict):
            yield from node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _is_storable(string: str) -> bool:
    return "\0" not in string and not any("\ud800" <= character <= "\udfff" for character in string)
