"""Admin forms in two steps: what would happen is shown first, and done by a second press of the button."""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse

from api import ids
from api.errors import PortalError

Facts = Sequence[tuple[str, str]]


class TwoStepForm(forms.Form):
    """A form whose content is shown with its consequences before anything happens.

    `form_id` makes it one request, however often its button is pressed, and may become the row's key; `shown` says
    which content was looked at, so that what is changed afterwards is shown again.
    """

    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=ids.new)
    shown = forms.CharField(widget=forms.HiddenInput, required=False)

    def is_confirmed(self) -> bool:
        """Return whether exactly this content was shown before."""
        return bool(self.cleaned_data["shown"] == self._digest())

    def mark_shown(self) -> None:
        """Remember in the page that this content was shown."""
        self.data = {**self.data.dict(), "shown": self._digest()}  # type: ignore[attr-defined]

    def _digest(self) -> str:
        content = {name: str(value) for name, value in self.cleaned_data.items() if name != "shown"}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def run(
    model_admin: "admin.ModelAdmin[Any]",
    request: HttpRequest,
    form: TwoStepForm,
    *,
    title: str,
    button: str,
    facts: Callable[[], Facts],
    act: Callable[[], tuple[Model, str]],
    original: Model | None = None,
) -> HttpResponse:
    """Show the form; then its consequences; then do it and go on to the page of the row that came of it.

    Args:
        title, button: of the page; the button does it, once it was shown.
        facts: what would happen, as names and sentences; asked once the form is valid.
        act: does it, and returns the row to go to and what to say. A PortalError is shown in the form.
        original: the row it is about, where there is one.
    """
    consequences: Facts = ()
    if request.method == "POST" and form.is_valid():
        try:
            if form.is_confirmed():
                row, said = act()
                messages.success(request, said)
                return HttpResponseRedirect(reverse(_page_of(row), args=[row.pk]))
            consequences = facts()
            form.mark_shown()
        except PortalError as error:
            field = (error.pointer or "").strip("/")
            form.add_error(field if field in form.fields else None, error.detail)
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": title,
        "opts": model_admin.opts,
        "original": original,
        "form": form,
        "budget": render_to_string("admin/consequences.html", {"facts": consequences}) if consequences else "",
        "history": reverse(_page_of(original, "history"), args=[original.pk])
        if original and _is_tracked(original)
        else "",
        "button": button if consequences else "Show what happens",
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/programs/form_page.html", context)


def _page_of(row: Model, page: str = "change") -> str:
    return f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}"


def _is_tracked(row: Model) -> bool:
    return hasattr(row, "pgh_event_models")
