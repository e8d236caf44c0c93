"""Writes what is live as the YAML that a person would have written."""

from typing import Any

import yaml

from api.configuration import ConfigurationError, Section

LINE_MAX = 110
EMPTY: tuple[Any, ...] = (None, "", [], {})
HEADER = (
    "# Rewards Portal's configuration: `manage.py config plan FILE` says what a change would do, `apply` does it.\n"
)


class _Dumper(yaml.SafeDumper):
    """Block style for what is long, one line for a small mapping or a list of plain values, | for several lines."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_text(dumper: _Dumper, value: str) -> yaml.Node:
    style = "|" if "\n" in value and not any(line.endswith(" ") for line in value.split("\n")) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _represent_mapping(dumper: _Dumper, value: dict[str, Any]) -> yaml.Node:
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=_fits_a_line(value))


def _represent_list(dumper: _Dumper, value: list[Any]) -> yaml.Node:
    flow = not value or all(_is_plain(each) for each in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flow)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(dict, _represent_mapping)
_Dumper.add_representer(list, _represent_list)


def _is_plain(value: Any) -> bool:
    return not isinstance(value, dict | list) and "\n" not in str(value)


def _fits_a_line(value: dict[str, Any]) -> bool:
    """Return whether a mapping inside an entry is short and shallow enough for one line."""
    if "slug" in value or "sku" in value or "version" in value:
        return False
    shallow = all(
        _is_plain(each) or (isinstance(each, dict | list) and all(_is_plain(item) for item in each))
        for each in value.values()
    )
    return shallow and len(str(value)) <= LINE_MAX


def write(sections: list[tuple[Section, list[dict[str, Any]]]]) -> str:
    """Return the canonical file: sections in order, entries as their rooms export them, without empty members."""
    data = {"version": 1} | {section.key: [tidy(section, each) for each in entries] for section, entries in sections}
    return HEADER + yaml.dump(data, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)


def tidy(section: Section, entry: dict[str, Any]) -> dict[str, Any]:
    """Return an entry without the empty members that its room fills in again by itself."""
    short: dict[str, Any] = _without_empty(entry)
    if _same(section, short, entry):
        return short
    for name in list(entry):
        shorter = {key: value for key, value in entry.items() if key != name}
        if entry[name] in EMPTY and _same(section, shorter, entry):
            entry = shorter
    return entry


def _without_empty(value: Any) -> Any:
    """Return a value without its empty members, and without those that become empty by it."""
    if isinstance(value, list):
        return [_without_empty(each) for each in value]
    if not isinstance(value, dict):
        return value
    held = {key: _without_empty(each) for key, each in value.items()}
    return {key: each for key, each in held.items() if each not in EMPTY}


def _same(section: Section, short: dict[str, Any], entry: dict[str, Any]) -> bool:
    """Return whether a shortened entry says the same."""
    try:
        return section.normalise([short]) == section.normalise([entry])
    except ConfigurationError:
        return False
