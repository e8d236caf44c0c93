"""The sections of the file, in the order in which they can be applied: what a section names stands before it."""

from importlib import import_module

from api.configuration import Section

ROOMS = ("programs", "integrations", "redemptions")
ORDER = ("programmes", "connections", "suppliers", "products")


def sections() -> list[Section]:
    """Return every room's sections, those of ORDER first."""
    found: dict[str, Section] = {}
    for room in ROOMS:
        found |= import_module(f"{room}.config").SECTIONS
    return [found[key] for key in (*ORDER, *(key for key in found if key not in ORDER))]
