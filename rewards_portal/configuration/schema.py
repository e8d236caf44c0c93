"""The JSON Schema of the configuration file, for editors (draft 2020-12)."""

from typing import Any

from api.configuration_schema import mapping, several
from rewards_portal.configuration.sections import sections


def schema(version: int) -> dict[str, Any]:
    """Return the schema of a whole file: its version and every section, each of which may be left out."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:rewards-portal:configuration:{version}",
        "title": "Rewards Portal's configuration",
        **mapping(
            "Programmes, connections, suppliers and products. A section that is left out is left alone; an entry that "
            "a section leaves out is removed.",
            {"version": {"const": version}},
        ),
    } | {
        "properties": {"version": {"const": version}}
        | {each.key: several(each.schema, (type(each).__doc__ or each.key).split("\n")[0]) for each in sections()}
    }
