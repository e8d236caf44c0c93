"""Plans, applies and exports the configuration."""

import difflib
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any

import pghistory
from django.db import connection, transaction

from api.configuration import ConfigurationError, Section
from api.models import ApiClient
from people.models import Person
from rewards_portal.configuration.planning import Plan, compare
from rewards_portal.configuration.reading import Document, FileError, read
from rewards_portal.configuration.schema import schema
from rewards_portal.configuration.sections import sections
from rewards_portal.configuration.writing import write

VERSION = 1
LOCK = 0x636F6E66  # "conf": two applies wait for each other


def plan_file(file: FilePath | str, *, at: datetime) -> Plan:
    """Return what a file would change. Rehearses the apply and takes it back, so that what it would refuse is said now.

    Raises:
        FileError: the file cannot be taken, with its line.
    """
    with transaction.atomic():
        plan = _apply(_document(file), by=None, at=at)
        transaction.set_rollback(True)
    return plan


def apply_file(file: FilePath | str, *, by: Person | None, client: ApiClient | None = None, at: datetime) -> Plan:
    """Make a file live, all of it or nothing, and return what changed.

    Sections that the file does not name are left alone; entries that a named section leaves out are removed.

    Args:
        by: the person who does it, as History names them.
        client: the system that does it, a pipeline for example.

    Raises:
        FileError: the file cannot be taken, with its line.
    """
    document = _document(file)
    actor = str(by.pk) if by else str(client or "")
    who = {"user": actor} if actor else {}
    with pghistory.context(command="config apply", file=document.file, **who), transaction.atomic():
        return _apply(document, by=by, at=at)


def export() -> str:
    """Return what is live as a file."""
    return write([(section, section.export()) for section in sections()])


def json_schema() -> dict[str, Any]:
    """Return what an editor needs to complete and check the file while somebody types."""
    return schema(VERSION)


def _document(file: FilePath | str) -> Document:
    """Return a file with its version and its top-level keys checked."""
    path = FilePath(file)
    try:
        document = read(path.read_text(encoding="utf-8"), path.name)
    except OSError as error:
        raise FileError(path.name, None, f"The file cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise FileError(path.name, None, "The file is not UTF-8 text.") from None
    if not isinstance(document.data, dict):
        raise document.error((), "The file must begin with `version: 1` and sections such as `programmes:`.")
    version = document.data.get("version")
    if version != VERSION or isinstance(version, bool):
        raise document.error(("version",), f"version must be {VERSION}.")
    known = [section.key for section in sections()]
    for key, entries in document.data.items():
        if key == "version":
            continue
        if key not in known:
            raise document.error((key,), f"{key} is not a section.{_suggestion(key, known)}")
        if not isinstance(entries, list):
            raise document.error((key,), f"{key} must be a list. Write `{key}: []` for none.")
    return document


def _apply(document: Document, *, by: Person | None, at: datetime) -> Plan:
    """Make a document live in the caller's transaction.

    1. Wait for another apply to end.
    2. Have each room check its section, and compare with what is live.
    3. Add and change, in the order in which sections name each other; then remove, in the opposite order.
    4. Compare again: a room that did not do what it was told stops the whole.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    named = [section for section in sections() if section.key in document.data]
    wanted = {section.key: _normalised(document, section) for section in named}
    plan = _plan(named, wanted)
    for section, planned in zip(named, plan.sections, strict=True):
        if planned.entries:
            _make_live(document, section, wanted[section.key], planned.entries, [], by=by, at=at)
    for section, planned in reversed(list(zip(named, plan.sections, strict=True))):
        if planned.removed:
            _make_live(document, section, wanted[section.key], [], planned.removed, by=by, at=at)
    left = _plan(named, wanted)
    if not left.is_empty:
        raise RuntimeError(f"Applied, but what is live differs from the file:\n{left}")
    return plan


def _plan(named: list[Section], wanted: dict[str, list[dict[str, Any]]]) -> Plan:
    """Return the difference of the sections that a file names."""
    return Plan([compare(each.key, each.identity, wanted[each.key], each.export()) for each in named])


def _normalised(document: Document, section: Section) -> list[dict[str, Any]]:
    """Return a section's entries as its room reads them, each identity once."""
    given = document.data[section.key]
    for index, entry in enumerate(given):
        if not isinstance(entry, dict):
            raise document.error(
                (section.key, index), f"An entry of {section.key} must be `{section.identity}: …` and so on."
            )
    try:
        entries = section.normalise(given)
    except ConfigurationError as error:
        raise document.error((section.key, *error.path), error.detail) from None
    seen: set[str] = set()
    for index, entry in enumerate(entries):
        if entry[section.identity] in seen:
            raise document.error(
                (section.key, index, section.identity), f"{section.identity} {entry[section.identity]} is given twice."
            )
        seen.add(entry[section.identity])
    return entries


def _make_live(
    document: Document,
    section: Section,
    wanted: list[dict[str, Any]],
    entries: list[dict[str, Any]],
    removed: list[str],
    *,
    by: Person | None,
    at: datetime,
) -> None:
    """Have a room make entries live; an error about the n-th of them is about where that one stands in the file."""
    try:
        section.apply(entries, removed=removed, by=by, at=at)
    except ConfigurationError as error:
        path = error.path
        if path and isinstance(path[0], int) and path[0] < len(entries):
            path = (wanted.index(entries[path[0]]), *path[1:])
        raise document.error((section.key, *path), error.detail) from None


def _suggestion(key: str, known: list[str]) -> str:
    """Return which section was probably meant, or which there are."""
    close = difflib.get_close_matches(key, known, n=1)
    return f" Did you mean {close[0]}?" if close else f" Sections are {', '.join(known)}."
