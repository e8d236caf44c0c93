"""Addresses between the admin's pages."""

from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


def link(row: Model | None) -> SafeString | str:
    """Return a row's name, leading to its page where it has one in the admin."""
    if row is None:
        return "–"
    try:
        address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return str(row)
    return format_html('<a href="{}">{}</a>', address, row)
