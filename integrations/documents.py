"""Reads a message, XML or JSON, into one shape: what a mapping's paths see.

XML becomes what its JSON would be: names without prefix, attributes as `@name`, text beside attributes or children as
`#text`, an element that occurs more than once as a list, an empty one as "", `xsi:nil="true"` as null. The kind is told
by the body's first character: HR systems' Content-Type is often wrong, their bodies are not.
"""

import codecs
import re
from dataclasses import dataclass, field
from email.message import Message
from typing import Any
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import XMLParser
from django.conf import settings

from api import parsers
from api.errors import MalformedBody
from integrations.errors import UnreadableMessage

DEPTH_MAX = 32  # elements in each other, as for JSON
ENCODINGS = frozenset({"utf-8", "ascii", "iso8859-1", "cp1252", "iso8859-15", "utf-16", "utf-16-le", "utf-16-be"})
MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
DECLARED_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")
NOT_STORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Document:
    """A message as read.

    Args:
        content: dicts, lists, texts, numbers, booleans, None.
        namespaces: the namespace of each XML element by its local name, as first met; empty for JSON.
    """

    content: Any
    namespaces: dict[str, str] = field(default_factory=dict)


def read(body: bytes, content_type: str = "") -> Document:
    """Return a message's document.

    Args:
        body: as it came, at most 5 MiB.
        content_type: the header; only its charset is read.

    Raises:
        UnreadableMessage: too large, too deep, not well-formed, not in the encoding it says, or with a DTD or entities.
    """
    if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
        raise UnreadableMessage("The message is over 5 MiB. Send it in several.")
    text = _decoded(body, content_type).lstrip("\ufeff \t\r\n")
    if not text:
        raise UnreadableMessage("The message is empty.")
    if text.startswith("<"):
        return _xml(text)
    try:
        return Document(parsers.document(text.encode()))
    except MalformedBody as error:
        raise UnreadableMessage(error.detail.replace("The body", "The message")) from None


def _decoded(body: bytes, content_type: str) -> str:
    """Return the text of a body.

    Which encoding: its byte order mark, else the header's charset, else the XML declaration, else UTF-8 (RFC 7303 §3,
    RFC 8259 §8.1).
    """
    header = Message()
    header["Content-Type"] = content_type or "text/plain"
    declared = DECLARED_ENCODING.match(body)
    marked = next((encoding for mark, encoding in MARKS if body.startswith(mark)), None)
    named = marked or header.get_content_charset() or (declared.group(1).decode() if declared else "utf-8")
    try:
        encoding = codecs.lookup(named).name
    except LookupError:
        encoding = ""
    if encoding not in ENCODINGS | {"utf-8-sig"}:
        raise UnreadableMessage(f'The encoding "{named[:40]}" is not read here. Send UTF-8.')
    try:
        return body.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableMessage(f"The message is not {named} as it says: byte {error.start} does not fit.") from None


def _xml(text: str) -> Document:
    """Return the document of an XML text."""
    builder = _Builder()
    try:
        parser = XMLParser(target=builder, forbid_dtd=True, forbid_entities=True, forbid_external=True)
        parser.feed(text)
        content = parser.close()
    except DefusedXmlException:
        raise UnreadableMessage(
            "The message declares a DTD or entities, which are not read. Send it without."
        ) from None
    except ParseError as error:
        line, column = error.position
        reason = str(error).partition(":")[0]
        raise UnreadableMessage(
            f"The message is not well-formed XML: {reason} at line {line}, column {column + 1}."
        ) from None
    except ValueError:  # surrogates, NUL
        raise UnreadableMessage("The message holds a character that XML does not allow.") from None
    return Document(content, builder.namespaces)


class _Builder:
    """Builds the document while the parser reads: no tree in between, and the depth is counted as it grows."""

    def __init__(self) -> None:
        self.namespaces: dict[str, str] = {}
        self.root: dict[str, Any] = {}
        self.open: list[tuple[str, dict[str, Any], list[str]]] = []

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        if len(self.open) >= DEPTH_MAX:
            raise UnreadableMessage(f"The message is nested more than {DEPTH_MAX} elements deep.")
        namespace, name = _split(tag)
        self.namespaces.setdefault(name, namespace)
        self.open.append((name, {f"@{_split(key)[1]}": value for key, value in attributes.items()}, []))

    def data(self, text: str) -> None:
        """Take a piece of text."""
        if self.open:
            self.open[-1][2].append(text)

    def end(self, _: str) -> None:
        """Close an element and hand its content to the one around it."""
        name, members, pieces = self.open.pop()
        around = self.open[-1][1] if self.open else self.root
        content = _content(members, "".join(pieces).strip())
        if name not in around:
            around[name] = content
        elif isinstance(around[name], _Repeated):
            around[name].append(content)
        else:
            around[name] = _Repeated([around[name], content])

    def close(self) -> dict[str, Any]:
        """Return the document: the root element by its name."""
        return self.root


class _Repeated(list[Any]):
    """The contents of an element that occurs more than once."""


def _content(members: dict[str, Any], text: str) -> Any:
    """Return what an element holds."""
    if members.pop("@nil", "") in {"true", "1"} and not text:
        return members or None
    if not members:
        return text
    return {**members, "#text": text} if text else members


def _split(tag: str) -> tuple[str, str]:
    """Return namespace and local name of `{namespace}name`."""
    namespace, _, name = tag.removeprefix("{").rpartition("}")
    return namespace, name
