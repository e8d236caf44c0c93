"""Addresses between the admin's pages."""

import json
from typing import Any

from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def link(row: Model | None, text: str = "") -> SafeString | str:
    """Return a row's name, leading to its page where it has one in the admin.

    Args:
        row: the row; of None there is nothing to show.
        text: what to show in place of its name.
    """
    if row is None:
        return "–"
    try:
        address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return text or str(row)
    return format_html('<a href="{}">{}</a>', address, text or row)


def pretty(data: Any) -> SafeString:
    """Return JSON as people read it, a member a line."""
    return format_html("<pre>{}</pre>", json.dumps(data, indent=2, ensure_ascii=False))
