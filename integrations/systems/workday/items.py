"""What becomes one event each: the rows of a report."""

from typing import Any

from integrations.systems.plain import items as plain


def split(content: Any) -> list[Any]:
    """Return each `Report_Entry` of a report, else what any system's document is."""
    rows = plain.found("Report_Entry", content)
    return rows or plain.split(content)
