from typing import Any

import pytest

from integrations import documents
from integrations.errors import UnreadableMessage
from integrations.tests.factories import sample


def content(body: bytes | str, content_type: str = "") -> Any:
    return documents.read(body if isinstance(body, bytes) else body.encode(), content_type).content


@pytest.mark.parametrize(
    ("xml", "expected"),
    [
        ("<a/>", {"a": ""}),
        ("<a> text </a>", {"a": "text"}),
        ("<a><b>1</b><b>2</b><c>3</c></a>", {"a": {"b": ["1", "2"], "c": "3"}}),
        ("<a><b><c>1</c></b><b/><b>x</b></a>", {"a": {"b": [{"c": "1"}, "", "x"]}}),
        ('<n:a xmlns:n="urn:x" n:k="v"><n:b>1</n:b></n:a>', {"a": {"@k": "v", "b": "1"}}),
        ('<a k="v">text</a>', {"a": {"@k": "v", "#text": "text"}}),
        ("<a>text<b>1</b>more</a>", {"a": {"b": "1", "#text": "textmore"}}),
        ("<a><![CDATA[1 < 2]]></a>", {"a": "1 < 2"}),
        ("<a>&lt;&#233;</a>", {"a": "<é"}),
        ('<a xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><b xsi:nil="true"/></a>', {"a": {"b": None}}),
        ("<?xml version='1.0'?><!-- said --><a/>", {"a": ""}),
        ("\ufeff  <a/>", {"a": ""}),
    ],
)
def test_read_takes_xml_into_the_shape_of_json(xml: str, expected: Any) -> None:
    assert content(xml) == expected


def test_read_makes_the_same_of_xml_and_of_the_json_that_middleware_makes_of_it() -> None:
    soap = content(sample("successfactors_intelligent_event.xml"))["Envelope"]["Body"]["ExternalEvent"]
    middleware = content(sample("successfactors_intelligent_event.json"))["ExternalEvent"]
    assert soap["externalEventMeta"] == middleware["externalEventMeta"]
    assert soap["events"]["event"]["entityKeys"] == middleware["events"]["event"]["entityKeys"]


def test_read_remembers_namespaces_by_local_name() -> None:
    namespaces = documents.read(sample("successfactors_intelligent_event.xml")).namespaces
    assert namespaces["ExternalEvent"] == "http://notification.event.successfactors.com"
    assert (namespaces["Envelope"], namespaces["name"]) == ("http://schemas.xmlsoap.org/soap/envelope/", "")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<a>é</a>".encode(), "text/xml"),
        ("<a>é</a>".encode("latin-1"), "text/xml; charset=iso-8859-1"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>".encode("latin-1"), "application/xml"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>".encode(), 'text/xml; charset="UTF-8"'),
        ("<?xml version='1.0' encoding='UTF-16'?><a>é</a>".encode("utf-16"), "application/xml"),
        (b"\xef\xbb\xbf" + "<a>é</a>".encode(), ""),
        ('{"a": "é"}'.encode(), "application/json"),
        ('{"a": "é"}'.encode("latin-1"), "application/json; charset=ISO-8859-1"),
        ('{"a": "é"}'.encode(), "text/xml"),
    ],
)
def test_read_follows_the_encoding_that_is_said(body: bytes, content_type: str) -> None:
    assert content(body, content_type) == {"a": "é"}


BOMB = """<!DOCTYPE a [<!ENTITY l "lol"><!ENTITY m "&l;&l;&l;&l;&l;&l;&l;"><!ENTITY n "&m;&m;&m;&m;">]><a>&n;</a>"""
XXE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
PARAMETER = '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1/x.dtd">%p;]><a/>'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (BOMB, "The message declares a DTD or entities, which are not read. Send it without."),
        (XXE, "The message declares a DTD or entities, which are not read. Send it without."),
        (PARAMETER, "The message declares a DTD or entities, which are not read. Send it without."),
        ("<!DOCTYPE a><a/>", "The message declares a DTD or entities, which are not read. Send it without."),
        ("<a>&unknown;</a>", "The message is not well-formed XML: undefined entity at line 1, column 4."),
        ("<a><b></a>", "The message is not well-formed XML: mismatched tag at line 1, column 9."),
        ("<a><b>", "The message is not well-formed XML: no element found at line 1, column 7."),
        ("<a/><b/>", "The message is not well-formed XML: junk after document element at line 1, column 5."),
        ("<a>" * 33 + "</a>" * 33, "The message is nested more than 32 elements deep."),
        ("<a>\x00</a>", None),
        ("<a>&#0;</a>", None),
        ('{"a": ', "The message is not JSON: Expecting value at line 1, column 7."),
        ('{"a": 1, "a": 2}', 'The member "a" stands twice in one object. Send it once.'),
        ('{"a": NaN}', "NaN is not JSON. Leave the member out, or send null."),
        ('{"a": "\\u0000"}', None),
        ("[" * 33 + "]" * 33, "The message is nested more than 32 levels deep."),
        ("a=1&b=2", "The message is not JSON: Expecting value at line 1, column 1."),
        ("", "The message is empty."),
        (" \n", "The message is empty."),
    ],
)
def test_read_refuses_what_is_hostile_or_broken(body: str, said: str | None) -> None:
    with pytest.raises(UnreadableMessage) as caught:
        content(body)
    assert said in {None, caught.value.detail}


@pytest.mark.parametrize(
    ("body", "content_type", "said"),
    [
        (
            "<a>é</a>".encode("latin-1"),
            "text/xml; charset=utf-8",
            "The message is not utf-8 as it says: byte 3 does not fit.",
        ),
        ("<a>é</a>".encode("latin-1"), "", "The message is not utf-8 as it says: byte 3 does not fit."),
        (b"<a/>", "text/xml; charset=utf-7", 'The encoding "utf-7" is not read here. Send UTF-8.'),
        (b"{}", "application/json; charset=klingon", 'The encoding "klingon" is not read here. Send UTF-8.'),
        (
            b"<?xml version='1.0' encoding='EBCDIC-CP-US'?><a/>",
            "",
            'The encoding "EBCDIC-CP-US" is not read here. Send UTF-8.',
        ),
    ],
)
def test_read_refuses_another_encoding_than_it_says(body: bytes, content_type: str, said: str) -> None:
    with pytest.raises(UnreadableMessage) as caught:
        content(body, content_type)
    assert caught.value.detail == said


def test_read_refuses_more_than_5_mib() -> None:
    with pytest.raises(UnreadableMessage, match="over 5 MiB"):
        content(b" " * (5 * 1024 * 1024 + 1))


@pytest.mark.timeout(20)
def test_read_takes_many_elements_in_linear_time() -> None:
    rows = "<r><v>1</v></r>" * 50_000
    assert len(content(f"<a>{rows}</a>")["a"]["r"]) == 50_000
