"""What a connection may say: one check for the configuration file and for the admin, in the file's words."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.configuration_reader import Reader
from integrations import enrichment, paths
from integrations.enums import CredentialKind, System
from integrations.models import Connection
from integrations.values import KINDS

DATA_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
SECRET = re.compile(r"env:[A-Za-z_][A-Za-z0-9_]{0,119}")
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")  # RFC 9110 §5.1
EVENT_CHARACTERS_MAX = 200
ID_PATHS_MAX = 5
DATA_NAMES_MAX = 50
# What each kind of credential holds beside its kind, in the order of the file; `?` marks what may be left out.
CREDENTIALS: dict[str, tuple[str, ...]] = {
    CredentialKind.BASIC: ("username", "secret"),
    CredentialKind.HEADER: ("name", "secret"),
    CredentialKind.HMAC_SHA256: ("name", "secret", "encoding", "prefix"),
    CredentialKind.BEARER: ("secret?", "client?"),
    CredentialKind.STANDARD_WEBHOOKS: ("secret",),
}
CREDENTIAL_MEMBERS = ("username", "name", "secret", "encoding", "prefix", "client")
VALUE_MEMBERS = ("path", "as", "none_if", "min", "max")


def normalise(entry: Any, *path: str | int) -> dict[str, Any]:
    """Return a connection checked and with its defaults filled in, as `exported` shows it.

    Args:
        entry: as written in the configuration file.
        path: where it stands there.

    Raises:
        ConfigurationError: an unknown key, a bad value or path, with where it stands.
    """
    reader = Reader(entry, *path)
    checked = {
        "slug": reader.slug("slug"),
        "system": reader.choice("system", System.values),
        "active": reader.flag("active", default=True),
        "credential": _credential(reader.inside("credential")),
        "event": reader.text("event", length_max=EVENT_CHARACTERS_MAX),
        "items": _optional_path(reader, "items"),
        "id": _id(reader, entry.get("id")),
        "recipient": _path(reader, "recipient"),
        "time": _optional_path(reader, "time"),
        "time_zone": _time_zone(reader),
        "data": _data(reader, entry.get("data")),
        **_enrich(reader),
    }
    reader.finish()
    return checked


def exported(connection: Connection) -> dict[str, Any]:
    """Return a connection as the configuration file shows it."""
    return {
        "slug": connection.slug,
        "system": connection.system,
        "active": connection.is_active,
        "credential": _in_order(connection.credential, ("kind", *CREDENTIAL_MEMBERS)),
        "event": connection.event_type,
        "items": connection.items or None,
        "id": connection.id_paths[0] if len(connection.id_paths) == 1 else connection.id_paths,
        "recipient": connection.recipient,
        "time": connection.time or None,
        "time_zone": connection.time_zone,
        "data": {name: _in_order(how, VALUE_MEMBERS) for name, how in connection.data.items()},
        **({"enrich": _exported_enrich(connection.enrich)} if connection.enrich else {}),
    }


def _exported_enrich(how: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a detail is fetched as the configuration file shows it."""
    auth = {"auth": _in_order(how["auth"], ("kind", *CREDENTIAL_MEMBERS))} if "auth" in how else {}
    return {"get": how["get"], **auth}


def _in_order(members: Mapping[str, Any], order: Iterable[str]) -> dict[str, Any]:
    """Return members as the file's reader expects to find them: jsonb forgets the order."""
    return {name: members[name] for name in order if name in members}


def fields(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return the model's fields of a normalised entry."""
    return {
        "slug": entry["slug"],
        "system": entry["system"],
        "is_active": entry["active"],
        "credential": entry["credential"],
        "event_type": entry["event"],
        "items": entry["items"] or "",
        "id_paths": [entry["id"]] if isinstance(entry["id"], str) else entry["id"],
        "recipient": entry["recipient"],
        "time": entry["time"] or "",
        "time_zone": entry["time_zone"],
        "data": entry["data"],
        "enrich": entry.get("enrich"),
    }


def _enrich(reader: Reader) -> dict[str, Any]:
    """Return how the detail of a thin event is fetched; nothing where it is not."""
    if not reader.given("enrich"):
        return {}
    how = reader.inside("enrich")
    checked: dict[str, Any] = {"get": how.text("get", length_max=enrichment.URL_CHARACTERS_MAX)}
    try:
        enrichment.check(checked["get"])
    except ValueError as error:
        raise how.error("get", detail=str(error)) from None
    if how.given("auth"):
        checked["auth"] = _credential(how.inside("auth"), enrichment.AUTH)
    how.finish()
    return {"enrich": checked}


def _credential(reader: Reader, kinds: Mapping[str, Sequence[str]] = CREDENTIALS) -> dict[str, str]:
    """Return a credential with the members of its kind, the defaults filled in."""
    kind = reader.choice("kind", list(kinds))
    checked = {"kind": kind}
    for member in kinds[kind]:
        name = member.removesuffix("?")
        if name == member or reader.given(name):
            checked[name] = _credential_member(reader, name)
    if "client" in checked and "secret" in checked:
        raise reader.error(detail="A bearer credential has a secret (a fixed token) or a client (of ours), not both.")
    reader.finish()
    return checked


def _credential_member(reader: Reader, name: str) -> str:
    """Return one member of a credential."""
    if name == "encoding":
        return reader.choice(name, ["hex", "base64"], default="hex")
    if name == "prefix":
        return reader.text(name, length_max=40, default="")
    value = reader.text(name, length_max=200)
    if name == "secret" and not SECRET.fullmatch(value):
        detail = "Write a reference, as env:SF_HOOK_SECRET; the secret itself stands in that environment variable."
        raise reader.error(name, detail=detail)
    if name == "name" and not HEADER_NAME.fullmatch(value):
        raise reader.error(name, detail="Write the name of a header, as X-Api-Key.")
    if name == "username" and ":" in value:
        raise reader.error(name, detail="A user name of HTTP Basic holds no colon (RFC 7617).")
    return value


def _id(reader: Reader, value: Any) -> str | list[str]:
    """Return the path of the id, or the list of paths whose values are joined."""
    if not isinstance(value, list):
        return _path(reader, "id")
    listed = reader.texts("id")
    if not 1 <= len(listed) <= ID_PATHS_MAX:
        raise reader.error("id", detail=f"An id is one path, or a list of 1 to {ID_PATHS_MAX}.")
    for place, path in enumerate(listed):
        _check_path(reader, path, "id", place)
    return listed[0] if len(listed) == 1 else listed


def _data(reader: Reader, value: Any) -> dict[str, dict[str, Any]]:
    """Return what the event's data holds: each name with its path and how the value is read."""
    if not reader.given("data"):
        return {}
    names = reader.inside("data")
    if len(value) > DATA_NAMES_MAX:
        raise names.error(detail=f"An event's data holds at most {DATA_NAMES_MAX} names.")
    for name in value:
        if not isinstance(name, str) or not DATA_NAME.fullmatch(name):
            raise names.error(str(name), detail="Write letters, digits and _, as rules write it: event.rating.")
    return {
        name: _value({"path": how} if isinstance(how, str) else how, *names.path, name) for name, how in value.items()
    }


def _value(how: Any, *path: str | int) -> dict[str, Any]:
    """Return how one value is read: its path, and what else is said of it."""
    reader = Reader(how, *path)
    checked: dict[str, Any] = {"path": _path(reader, "path")}
    if reader.given("as"):
        checked["as"] = reader.choice("as", KINDS)
    if reader.given("none_if"):
        checked["none_if"] = _none_if(reader, how["none_if"])
    for bound in ("min", "max"):
        if reader.given(bound):
            checked[bound] = _bound(reader, bound, how[bound], checked.get("as"))
    reader.finish()
    return checked


def _none_if(reader: Reader, value: Any) -> list[Any]:
    """Return the values that count as none."""
    listed = value if isinstance(value, list) else [value]
    for place, each in enumerate(listed):
        if isinstance(each, bool) or not isinstance(each, str | int | float):
            raise reader.error("none_if", place, detail="Write numbers or texts, as [-1972, Unrated].")
    return listed


def _bound(reader: Reader, name: str, value: Any, kind: str | None) -> float:
    """Return a smallest or largest value."""
    if kind not in {"number", "integer"}:
        raise reader.error(name, detail="Only a number has a min and a max; write `as: number` too.")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise reader.error(name, detail=f"{name} must be a number.")
    return value


def _path(reader: Reader, name: str) -> str:
    """Return a JMESPath."""
    value = reader.text(name, length_max=paths.PATH_CHARACTERS_MAX)
    _check_path(reader, value, name)
    return value


def _optional_path(reader: Reader, name: str) -> str | None:
    """Return a JMESPath, or None where there is none."""
    return _path(reader, name) if reader.given(name) else None


def _check_path(reader: Reader, path: str, *at: str | int) -> None:
    """Refuse what is no JMESPath."""
    try:
        paths.compiled(path)
    except ValueError as error:
        raise reader.error(*at, detail=str(error)) from error


def _time_zone(reader: Reader) -> str:
    """Return the name of a time zone."""
    name = reader.text("time_zone", length_max=64, default="UTC")
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise reader.error("time_zone", detail="Write a time zone of the IANA, as Europe/Berlin.") from error
