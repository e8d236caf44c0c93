"""The words of which rooms make the JSON Schema (draft 2020-12) of their sections of the configuration file.

The schema is for editors: it completes names and marks what cannot be right while somebody types. What decides is the
reader (`api.configuration_reader`), which also knows what JSON Schema cannot say, such as whether an expression holds.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from api.configuration_reader import SLUG, SLUG_LENGTH_MAX

Schema = dict[str, Any]


def mapping(description: str, needed: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """Return the schema of a mapping with these members and no others; an optional one may be null as well."""
    members = dict(needed) | {name: _or_null(member) for name, member in (optional or {}).items()}
    return {
        "type": "object",
        "description": description,
        "properties": members,
        "required": list(needed),
        "additionalProperties": False,
    }


def several(member: Schema, description: str) -> Schema:
    """Return the schema of a list of these."""
    return {"type": "array", "description": description, "items": member}


def text(description: str, *, length_max: int, pattern: str | None = None) -> Schema:
    """Return the schema of text of at most so many characters."""
    schema: Schema = {"type": "string", "description": description, "maxLength": length_max}
    return schema | ({"pattern": f"^(?:{pattern})$"} if pattern else {})


def slug(description: str) -> Schema:
    """Return the schema of a name made of letters, digits, hyphens and underscores."""
    return text(description, length_max=SLUG_LENGTH_MAX, pattern=SLUG.pattern)


def choice(description: str, choices: Iterable[str], *, default: str | None = None) -> Schema:
    """Return the schema of one of some words."""
    schema: Schema = {"enum": list(choices), "description": description}
    return schema | ({"default": default} if default is not None else {})


def whole(description: str, low: int, high: int, *, default: int | None = None) -> Schema:
    """Return the schema of a whole number from low to high."""
    schema: Schema = {"type": "integer", "description": description, "minimum": low, "maximum": high}
    return schema | ({"default": default} if default is not None else {})


def flag(description: str, *, default: bool) -> Schema:
    """Return the schema of true or false."""
    return {"type": "boolean", "description": description, "default": default}


def day(description: str) -> Schema:
    """Return the schema of a day, as 2026-01-01."""
    return {"type": "string", "format": "date", "description": description}


def either(description: str, *schemas: Schema) -> Schema:
    """Return the schema of what one of these describes."""
    return {"description": description, "anyOf": list(schemas)}


def _or_null(schema: Schema) -> Schema:
    if "enum" in schema:
        return schema | {"enum": [*schema["enum"], None]}
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    return schema | {"type": [schema["type"], "null"]}
