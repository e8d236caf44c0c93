"""What becomes one event each: the events of an ExternalEvent."""

from typing import Any

from integrations.systems.plain import items as plain

PAIRS = {"entityKeys": "entityKey", "params": "param"}


def split(content: Any) -> list[Any]:
    """Return one `{meta, event, keys, params}` for each event of each ExternalEvent.

    Without one, what any system's document is. The message may be SOAP, or the JSON that middleware makes of it, where
    a single event is an object and not a list.
    """
    external = [each for each in plain.found("ExternalEvent", content) if isinstance(each, dict)]
    if not external:
        return plain.split(content)
    return [_folded(each, event) for each in external for event in _listed(each.get("events"), "event")]


def _folded(external: dict[str, Any], event: Any) -> dict[str, Any]:
    """Return one event with its name/value pairs as names and values."""
    members = event if isinstance(event, dict) else {}
    return {
        "meta": external.get("externalEventMeta") or {},
        "event": {name: value for name, value in members.items() if name not in PAIRS},
        "keys": _pairs(members, "entityKeys"),
        "params": _pairs(members, "params"),
    }


def _pairs(event: dict[str, Any], name: str) -> dict[str, Any]:
    """Return `entityKeys` or `params` as a dict; of a name that occurs twice, a list of its values."""
    folded: dict[str, Any] = {}
    for pair in _listed(event.get(name), PAIRS[name]):
        if isinstance(pair, dict) and isinstance(pair.get("name"), str):
            key, value = pair["name"], pair.get("value")
            folded[key] = [*_as_list(folded[key]), value] if key in folded else value
    return folded


def _listed(around: Any, name: str) -> list[Any]:
    """Return the children of that name, be they one or many; of a list without the wrapping name, its elements."""
    if isinstance(around, list):
        return [each for part in around for each in _listed(part, name)] or around
    return _as_list(around[name]) if isinstance(around, dict) and around.get(name) else []


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
