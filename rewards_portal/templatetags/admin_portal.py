"""What the admin's own templates write with: addresses that may not exist, and how long something waited."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import template
from django.db.models import Model
from django.forms import BoundField
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from api.changes import RowChange
from api.models import ApiClient
from api.money import minor_units_per_unit, worth
from programs.models import Event
from rewards_portal import words
from rewards_portal.admin_dashboard import duration

register = template.Library()
EVENTS_SHOWN = 10  # on the page of the client that sent them


@register.simple_tag
def admin_list_url(label: str, query: str = "") -> str:
    """Return the address of a list, as of `programs.pointsrequest`, narrowed by a query; empty where it has none."""
    try:
        url = reverse(f"admin:{label.replace('.', '_')}_changelist")
    except NoReverseMatch:
        return ""
    return f"{url}?{query}" if query else url


@register.simple_tag
def admin_row_url(row: Model) -> str:
    """Return the address of a row's page; empty where it has none."""
    try:
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def last_events(context: template.Context, client: ApiClient) -> Iterable[Event]:
    """Return the newest events that an API client sent; none for who may not see events."""
    may_see = context["request"].user.has_perm("programs.view_event")
    return Event.objects.filter(client=client).order_by("-pk")[:EVENTS_SHOWN] if may_see else []


@register.filter
def waited(since: datetime) -> str:
    """Return how long ago something began: `5 h`, `2 days`."""
    return duration((timezone.now() - since).total_seconds())


@register.filter
def worth_whole(points: int) -> str:
    """Return what points are worth, without cents: a company's liability is read in whole euros."""
    minor, currency = worth(points)
    return words.face_value(minor - minor % minor_units_per_unit(currency), currency)


@register.simple_tag
def labelled_cells(cells: Iterable[SafeString], headers: Iterable[dict[str, Any]]) -> SafeString:
    """Return a row's cells as Django's admin made them, each with its heading in `data-label`."""
    labelled = []
    for cell, header in zip(cells, headers, strict=False):
        tag, rest = cell[:3], cell[3:]  # <td or <th
        label = format_html(' data-label="{}"', capfirst(strip_tags(str(header["text"]))))
        labelled.append(f"{tag}{label}{rest}" if tag in {"<td", "<th"} else cell)
    return mark_safe("".join(labelled))  # noqa: S308 - Django's cells, and a heading that was escaped


@register.filter
def without_colon(label: SafeString) -> SafeString:
    """Return a form's label as it stands in the look: without the colon that Django puts behind it."""
    return mark_safe(label.replace(":</label>", "</label>"))  # noqa: S308 - Django's own label


@register.simple_tag
def named_field(field: BoundField) -> SafeString:
    """Return an input that stands in a table, named by its column's heading for those who do not see it."""
    return field.as_widget(attrs={"aria-label": capfirst(str(field.label))})


@register.simple_tag
def admin_url_of(change: RowChange) -> str:
    """Return the address of a row that changed; empty where it is gone or has no page."""
    if change.action == "removed":
        return ""
    meta = change.model._meta
    try:
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[change.key])
    except NoReverseMatch:
        return ""
