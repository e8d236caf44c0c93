import json
from typing import Any

import pytest
from django.utils import timezone

from api.configuration import ConfigurationError
from integrations.config import SECTIONS
from integrations.models import Connection
from integrations.operations import received_messages
from integrations.tests.factories import INTEGRATION_CENTER, make_connection
from people.tests.factories import make_person

SECTION = SECTIONS["connections"]
AT = timezone.now()


def test_normalise_fills_in_defaults() -> None:
    minimal = {name: INTEGRATION_CENTER[name] for name in ("slug", "system", "credential", "event", "id", "recipient")}
    [entry] = SECTION.normalise([minimal])
    assert entry == {
        "slug": "sf-ratings",
        "system": "successfactors",
        "active": True,
        "credential": {"kind": "basic", "secret": "env:TEST_HOOK_SECRET", "username": "sf"},
        "event": "performance.rating_submitted",
        "items": None,
        "id": "formDataId",
        "recipient": "formSubjectId",
        "time": None,
        "time_zone": "UTC",
        "data": {},
    }


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        ({"colour": "red"}, ("colour",), "colour is not known here."),
        ({"enrich": "https://api.example/{id}"}, ("enrich",), "must be a mapping"),
        ({"slug": "Sf Ratings"}, ("slug",), "letters, digits and hyphens"),
        ({"slug": None}, (), "slug is missing."),
        ({"system": "sap"}, ("system",), "Write one of successfactors, workday, darwinbox, json, xml."),
        ({"active": "yes"}, ("active",), "true or false"),
        ({"event": ""}, ("event",), "must not be empty"),
        ({"event": 5}, ("event",), "must be text"),
        ({"items": "records["}, ("items",), "`records[` is not a JMESPath"),
        ({"items": ["records"]}, ("items",), "must be text"),
        ({"id": []}, ("id",), "a list of 1 to 5"),
        ({"id": ["a", "b."]}, ("id", 1), "is not a JMESPath"),
        ({"id": 5}, ("id",), "must be text"),
        ({"recipient": "Overall-Rating"}, ("recipient",), "double quotes"),
        ({"recipient": "a" * 501}, ("recipient",), "500 characters at most"),
        ({"time": "a b"}, ("time",), "is not a JMESPath"),
        ({"time_zone": "Mars/Base"}, ("time_zone",), "IANA"),
        ({"time_zone": 3}, ("time_zone",), "must be text"),
        ({"data": ["rating"]}, ("data",), "must be a mapping"),
        ({"data": {"over all": "a"}}, ("data", "over all"), "letters, digits and _"),
        ({"data": {"rating": {"as": "number"}}}, ("data", "rating"), "path is missing."),
        ({"data": {"rating": {"path": "a", "as": "float"}}}, ("data", "rating", "as"), "Write one of string, number"),
        ({"data": {"rating": {"path": "a", "none": 1}}}, ("data", "rating", "none"), "Did you mean none_if?"),
        ({"data": {"rating": {"path": "a", "none_if": [[1]]}}}, ("data", "rating", "none_if", 0), "numbers or texts"),
        ({"data": {"rating": {"path": "a", "min": 1}}}, ("data", "rating", "min"), "as: number"),
        (
            {"data": {"rating": {"path": "a", "as": "number", "max": "5"}}},
            ("data", "rating", "max"),
            "max must be a number.",
        ),
        ({"credential": "sf:secret"}, ("credential",), "must be a mapping"),
        ({"credential": {"kind": "password"}}, ("credential", "kind"), "Write one of basic, header"),
        ({"credential": {"kind": "basic", "username": "sf"}}, ("credential",), "secret is missing."),
        (
            {"credential": {"kind": "basic", "username": "s:f", "secret": "env:A"}},
            ("credential", "username"),
            "no colon",
        ),
        (
            {"credential": {"kind": "basic", "username": "sf", "secret": "hunter2"}},
            ("credential", "secret"),
            "a reference",
        ),
        ({"credential": {"kind": "header", "name": "X Key", "secret": "env:A"}}, ("credential", "name"), "header"),
        (
            {"credential": {"kind": "basic", "username": "a", "secret": "env:A", "name": "b"}},
            ("credential", "name"),
            "name is not known here.",
        ),
        (
            {"credential": {"kind": "hmac_sha256", "name": "X", "secret": "env:A", "encoding": "b"}},
            ("credential", "encoding"),
            "hex",
        ),
        ({"credential": {"kind": "bearer", "secret": "env:A", "client": "c"}}, ("credential",), "not both"),
    ],
)
def test_normalise_refuses_and_says_where(change: dict[str, Any], path: Any, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        SECTION.normalise([INTEGRATION_CENTER, {**INTEGRATION_CENTER, "slug": "second", **change}])
    assert caught.value.path == (1, *path)
    assert said in caught.value.detail


def test_normalise_refuses_the_same_slug_twice_and_what_is_no_mapping() -> None:
    with pytest.raises(ConfigurationError) as caught:
        SECTION.normalise([INTEGRATION_CENTER, INTEGRATION_CENTER])
    assert caught.value.path == (1, "slug")
    with pytest.raises(ConfigurationError) as caught:
        SECTION.normalise(["sf"])
    assert caught.value.path == (0,)


@pytest.mark.django_db
def test_apply_then_export_shows_the_normalised_entries() -> None:
    entries = SECTION.normalise(
        [
            INTEGRATION_CENTER,
            {
                **INTEGRATION_CENTER,
                "slug": "b",
                "system": "json",
                "credential": {"kind": "hmac_sha256", "name": "X-Sig", "secret": "env:B"},
                "items": None,
                "id": ["a", "b"],
                "time_zone": "Europe/Berlin",
                "data": {"rating": {"path": "r", "as": "number", "min": 0, "max": 5}, "name": "n"},
            },
        ]
    )
    SECTION.apply(entries, removed=[], by=make_person(), at=AT)
    exported = SECTION.export()
    assert sorted(exported, key=lambda entry: str(entry["slug"])) == sorted(
        entries, key=lambda entry: str(entry["slug"])
    )
    assert SECTION.normalise(json.loads(json.dumps(exported))) == exported
    assert list(exported[0]["credential"]) == ["kind", "name", "secret", "encoding", "prefix"]
    assert list(exported[0]["data"]["rating"]) == ["path", "as", "min", "max"]


@pytest.mark.django_db
def test_apply_changes_and_removes() -> None:
    SECTION.apply(SECTION.normalise([INTEGRATION_CENTER]), removed=[], by=None, at=AT)
    SECTION.apply(SECTION.normalise([{**INTEGRATION_CENTER, "active": False}]), removed=[], by=None, at=AT)
    assert [entry["active"] for entry in SECTION.export()] == [False]
    SECTION.apply([], removed=["sf-ratings"], by=None, at=AT)
    assert SECTION.export() == []


@pytest.mark.django_db
def test_apply_keeps_a_connection_that_received_messages() -> None:
    connection = make_connection()
    received_messages.receive(connection=connection, body=b'{"records": []}', at=AT)
    with pytest.raises(ConfigurationError, match="active: false"):
        SECTION.apply([], removed=[connection.slug], by=None, at=AT)
    assert Connection.objects.count() == 1


@pytest.mark.django_db
def test_history_says_who_changed_a_connection() -> None:
    author = make_person()
    SECTION.apply(SECTION.normalise([INTEGRATION_CENTER]), removed=[], by=author, at=AT)
    [event] = Connection.pgh_event_models["insert"].objects.all()  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["user"] == str(author.pk)
