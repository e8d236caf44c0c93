"""The difference between what a file asks for and what is live."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

NOTHING = object()
NAMES = ("slug", "sku", "over")  # what tells the members of a nested list apart


@dataclass(frozen=True)
class Difference:
    """One entry that a file would add, change or remove; `fields` are (path, old, new) with NOTHING for absent."""

    action: str
    identity: str
    fields: Sequence[tuple[str, Any, Any]] = ()


@dataclass(frozen=True)
class SectionPlan:
    """What would change in one section, and the entries to make live for it."""

    key: str
    differences: Sequence[Difference]
    entries: list[dict[str, Any]]
    removed: list[str]


@dataclass(frozen=True)
class Plan:
    """What a file would change, by section."""

    sections: Sequence[SectionPlan]

    @property
    def is_empty(self) -> bool:
        """Whether what is live is what the file says."""
        return not any(section.differences for section in self.sections)

    def __str__(self) -> str:
        return "\n".join(_lines(self)) if not self.is_empty else "No difference."


def compare(key: str, identity: str, wanted: list[dict[str, Any]], live: list[dict[str, Any]]) -> SectionPlan:
    """Return what it takes to get one section from what is live to what is wanted.

    Args:
        key: the section's.
        identity: the member that tells its entries apart.
        wanted: the file's entries, normalised.
        live: the exported entries.
    """
    before = {each[identity]: each for each in live}
    after = {each[identity]: each for each in wanted}
    differences = []
    for name, entry in after.items():
        if name not in before:
            differences.append(Difference("add", name, tuple(_differing({}, entry, identity))))
        elif entry != before[name]:
            differences.append(Difference("change", name, tuple(_differing(before[name], entry, identity))))
    removed = [name for name in before if name not in after]
    differences += [Difference("remove", name) for name in removed]
    return SectionPlan(
        key, differences, [after[each.identity] for each in differences if each.action != "remove"], removed
    )


def _differing(before: Mapping[str, Any], after: Mapping[str, Any], identity: str) -> Iterator[tuple[str, Any, Any]]:
    """Yield the fields in which two entries differ, without the identity that stands above them."""
    for path, old, new in _walk("", before, after):
        if path != identity and not (old is NOTHING and new in (None, "", [], {})):
            yield path, old, new


def _walk(path: str, before: Any, after: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield (path, old, new) for all that differs, going into mappings and into lists whose members have names."""
    if before == after:
        return
    old, new = _members(before), _members(after)
    if new is None or (old is None and before is not NOTHING):
        yield path, before, after
        return
    old = old or {}
    for name in [*old, *(name for name in new if name not in old)]:
        inner = f"{path}.{name}" if path else str(name)
        if name not in new:
            yield inner, old[name], NOTHING
        else:
            yield from _walk(inner, old.get(name, NOTHING), new[name])


def _members(value: Any) -> dict[Any, Any] | None:
    """Return what a value holds by name, or None where it is shown as a whole."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        for name in NAMES:
            if all(name in each for each in value) and len({each[name] for each in value}) == len(value):
                return {each[name]: {key: held for key, held in each.items() if key != name} for each in value}
    return None


def _lines(plan: Plan) -> Iterator[str]:
    """Yield a plan as a person reads it."""
    counts = {"add": 0, "change": 0, "remove": 0}
    marks = {"add": "+", "change": "~", "remove": "-"}
    for section in plan.sections:
        if section.differences:
            yield section.key
        for difference in section.differences:
            counts[difference.action] += 1
            yield f"  {marks[difference.action]} {difference.identity}"
            yield from (f"      {_field(*each)}" for each in difference.fields)
    yield ""
    yield f"{counts['add']} to add, {counts['change']} to change, {counts['remove']} to remove."


def _field(path: str, old: Any, new: Any) -> str:
    """Return one field's difference in a line."""
    if old is NOTHING:
        return f"{path}: {inline(new)}"
    if new is NOTHING:
        return f"{path}: {inline(old)} → removed"
    return f"{path}: {inline(old)} → {inline(new)}"


def inline(value: Any) -> str:
    """Return a value as YAML in one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=float("inf"), sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")
