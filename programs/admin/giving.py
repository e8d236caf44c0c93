"""Giving points by hand: the same operation as any system's, with a person who answers for it."""

from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.admin.widgets import AdminTextInputWidget
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from people.models import Person
from programs.enums import PointsRequestStatus, ProgrammeStatus, Source
from programs.models import Programme
from programs.operations import points_requests
from programs.operations.crediting import in_words
from programs.operations.points_requests import NewPointsRequest, Submitted
from wallets.models.account import POINTS_MAX

if TYPE_CHECKING:
    from programs.admin.points_requests import PointsRequestAdmin


class GivePointsForm(forms.Form):
    """Who gets how many points, from which programme, and why.

    `form_id` makes the form one request, however often its button is pressed.
    """

    programme = forms.ModelChoiceField(Programme.objects.filter(status=ProgrammeStatus.ACTIVE))
    recipient = forms.CharField(
        max_length=300, widget=AdminTextInputWidget, help_text="Employee number, or email: and the address."
    )
    points = forms.IntegerField(min_value=1, max_value=POINTS_MAX)
    reason = forms.CharField(max_length=500, widget=AdminTextInputWidget, help_text="The person reads this.")
    form_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def asked(self, by: AbstractBaseUser) -> NewPointsRequest:
        """Return what was filled in as a points request."""
        data = self.cleaned_data
        return NewPointsRequest(
            programme=data["programme"].slug,
            recipient=data["recipient"],
            points=data["points"],
            reason=data["reason"],
            source=Source.ADMIN,
            external_id=f"admin:{data['form_id'].hex}",
            requested_by=cast("Person", by),
        )


def give_points(model_admin: "PointsRequestAdmin", request: HttpRequest) -> HttpResponse:
    """Show the form, or do what it says and go on to the request that came of it."""
    form = GivePointsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        [done] = points_requests.submit([form.asked(cast("AbstractBaseUser", request.user))], at=timezone.now())
        if done.points_request is not None:
            messages.success(request, _said(done))
            return HttpResponseRedirect(reverse("admin:programs_pointsrequest_change", args=[done.points_request.pk]))
        if done.error is not None:
            field = (done.error.pointer or "").strip("/")
            form.add_error(field if field in form.fields else None, done.error.detail)
    context: dict[str, Any] = {
        **model_admin.admin_site.each_context(request),
        "title": "Give points",
        "opts": model_admin.opts,
        "form": form,
        "button": "Give points",
        "media": model_admin.media,
    }
    return TemplateResponse(request, "admin/programs/form_page.html", context)


def _said(done: Submitted) -> str:
    row = done.points_request
    if row is None:
        return ""
    points, whom = in_words(row.points), row.person or row.recipient
    if row.status == PointsRequestStatus.CREDITED:
        return f"{whom} got {points}."
    return f"{points} for {whom}: {row.get_status_display().lower()}."
