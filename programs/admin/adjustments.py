"""Points given or taken by hand: proposed by one person, looked at and decided by another."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from api import admin_steps, ids
from api.admin_steps import TwoStepForm
from approvals.deciding import DecidingAdmin
from people.models import Person
from people.queries import recipients
from programs.admin.links import link
from programs.enums import ProgrammeStatus
from programs.matters import ADJUSTMENT, adjustment_facts
from programs.models import Adjustment, Programme
from programs.operations import adjustments
from programs.reasons import REASON_CHARACTERS
from wallets.models.account import POINTS_MAX


class ProposeForm(TwoStepForm):
    """Whose wallet, how many points, which budget, and why."""

    programme = forms.ModelChoiceField(
        Programme.objects.exclude(status=ProgrammeStatus.DRAFT),
        help_text="Its budget pays what is given, and gets what is taken.",
    )
    person = forms.CharField(
        max_length=300, widget=AdminTextInputWidget, help_text="Employee number, or email: and the address."
    )
    points = forms.IntegerField(
        min_value=-POINTS_MAX, max_value=POINTS_MAX, help_text="Above zero to give, below zero to take: -200."
    )
    reason = forms.CharField(
        max_length=REASON_CHARACTERS, widget=AdminTextInputWidget, help_text="The person reads this in the statement."
    )

    def clean_person(self) -> Person:
        """Return the person by this name."""
        name: str = self.cleaned_data["person"].strip()
        found = recipients([name]).get(name)
        if found is None:
            raise forms.ValidationError("Nobody has this employee number or address.")
        return found

    def clean_points(self) -> int:
        """Return the points, once they are any."""
        points: int = self.cleaned_data["points"]
        if points == 0:
            raise forms.ValidationError("Give or take at least one point.")
        return points


@admin.register(Adjustment)
class AdjustmentAdmin(DecidingAdmin):
    """The queue of those that wait, and the history of all."""

    matter = ADJUSTMENT
    list_display = ["whom", "points_shown", "programme", "reason", "status", "requested_by", "requested_at"]
    list_filter = ["status", "programme", "requested_at"]
    list_select_related = ["person", "programme", "requested_by"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["person__name", "person__employee_number", "reason", "requested_by__name"]
    search_help_text = "Person, employee number, reason, or who proposed it"
    ordering = ["-id"]
    fields = [
        *("whom_link", "points_shown", "programme_link", "reason", "status"),
        *("requested_by", "requested_at", "decided", "closed_at", "transfer_link"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Adjustment]:
        """Return adjustments with what their pages read."""
        return Adjustment.objects.select_related("person", "programme", "requested_by", "approval__group", "transfer")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return whether this person may propose one."""
        return request.user.has_perm("programs.add_adjustment")

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Propose points for somebody, once what it would do was shown."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = ProposeForm(request.POST or None)
        return admin_steps.run(
            self,
            request,
            form,
            title="Adjust points",
            button="Propose this",
            facts=lambda: adjustment_facts(_draft(form)),
            act=lambda: _propose(form, cast("Person", request.user)),
        )

    @admin.display(description="Person", ordering="person__name")
    def whom(self, row: Adjustment) -> str:
        """Return the person's name."""
        return row.person.name

    @admin.display(description="Points", ordering="points")
    def points_shown(self, row: Adjustment) -> str:
        """Return the points with their sign."""
        return f"{row.points:+,}"

    @admin.display(description="Person")
    def whom_link(self, row: Adjustment) -> SafeString | str:
        """Return the person, leading to their page."""
        return link(row.person)

    @admin.display(description="Programme")
    def programme_link(self, row: Adjustment) -> SafeString | str:
        """Return the programme, leading to its page."""
        return link(row.programme)

    @admin.display(description="Transfer")
    def transfer_link(self, row: Adjustment) -> SafeString | str:
        """Return the transfer that moved the points, leading to its page."""
        return link(row.transfer, ids.public(ids.TRANSFER, row.transfer.pk)) if row.transfer else "No points moved"


def _draft(form: ProposeForm) -> Adjustment:
    data = form.cleaned_data
    return Adjustment(programme=data["programme"], person=data["person"], points=data["points"], reason=data["reason"])


def _propose(form: ProposeForm, by: Person) -> tuple[Model, str]:
    data = form.cleaned_data
    row = adjustments.propose(
        programme=data["programme"],
        person=data["person"],
        points=data["points"],
        reason=data["reason"],
        adjustment_id=data["form_id"],
        by=by,
        at=timezone.now(),
    )
    return row, f"Proposed: {adjustments.in_a_sentence(row)}. Another HR approver decides."
