"""Leavers in the HR admin: the one policy, and what finance is to pay."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from api import admin_steps, money
from api.admin import ReadOnlyModelAdmin, TrackedModelAdmin
from api.admin_steps import TwoStepForm
from api.errors import PortalError
from people.models import Person
from wallets.enums import LeaverAction
from wallets.models import LeaverPayout, LeaverPolicy
from wallets.models.leaver_policy import DAYS_MAX
from wallets.operations import leavers


class PolicyForm(TwoStepForm):
    """What becomes of leavers' points, and when."""

    action = forms.ChoiceField(choices=LeaverAction.choices, label="Points of people who left are")
    after_days = forms.IntegerField(min_value=0, max_value=DAYS_MAX, label="So many days after they left")


@admin.register(LeaverPolicy)
class LeaverPolicyAdmin(TrackedModelAdmin):
    """One page: the policy, changed once its consequences were shown, with its history."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: there is one policy."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: a policy is changed; `keep` is having none."""
        return False

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> LeaverPolicy | None:
        """Return the one there is, also before anybody changed it."""
        return leavers.policy() if object_id == "1" else None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Go straight to the one there is."""
        return HttpResponseRedirect(reverse("admin:wallets_leaverpolicy_change", args=[1]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Change the policy, once what it would do was shown; to others, show it."""
        current = self.get_object(request, object_id)
        if current is None or not self.has_change_permission(request, current):
            return super().change_view(request, object_id, form_url, extra_context)
        start = {"action": current.action, "after_days": current.after_days}
        form = PolicyForm(request.POST or None, initial=start)
        return admin_steps.run(
            self,
            request,
            form,
            title=str(current),
            button="Change the policy",
            facts=lambda: _facts(form),
            act=lambda: _change(form, cast("Person", request.user)),
            original=current,
        )


def _facts(form: PolicyForm) -> list[tuple[str, str]]:
    data = form.cleaned_data
    new = LeaverPolicy(action=data["action"], after_days=data["after_days"])
    return [
        ("Policy", str(new)),
        ("At the next run", _next_run(new)),
        ("Orders", "What an open order holds is left alone"),
    ]


def _next_run(new: LeaverPolicy) -> str:
    if new.action == LeaverAction.KEEP:
        return "Nothing: whoever left keeps their points until they expire"
    due = leavers.consequences(after_days=new.after_days, at=timezone.now())
    people, s = ("1 person", "s") if due.people == 1 else (f"{due.people:,} people", "")
    if new.action == LeaverAction.FORFEIT:
        return f"{people} who left lose{s} {due.points:,} points; this cannot be undone"
    value = money.in_words(*money.worth(due.points))
    return f"{people} who left get{s} {value} for {due.points:,} points; finance pays and marks it"


def _change(form: PolicyForm, by: Person) -> tuple[Model, str]:
    data = form.cleaned_data
    row = leavers.set_policy(action=data["action"], after_days=data["after_days"], by=by)
    return row, f"From the next run on: {row}."


@admin.register(LeaverPayout)
class LeaverPayoutAdmin(ReadOnlyModelAdmin):
    """What finance is to pay to people who left, and what it paid."""

    actions = ["mark_paid"]
    list_display = ["person", "points_shown", "value", "status", "created_at", "paid_at", "paid_by"]
    list_filter = ["status", "created_at"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["person__name", "person__employee_number"]
    search_help_text = "Person or employee number"
    ordering = ["-id"]
    fields = ["person", "points_shown", "value", "status", "created_at", "paid_at", "paid_by", "note", "transfer"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[LeaverPayout]:
        """Return pay-outs with what their pages read."""
        return LeaverPayout.objects.select_related("person", "paid_by", "transfer")

    def has_mark_permission(self, request: HttpRequest) -> bool:
        """Return whether this person pays."""
        return request.user.has_perm("wallets.change_leaverpayout")

    @admin.action(description="Mark as paid", permissions=["mark"])
    def mark_paid(self, request: HttpRequest, queryset: QuerySet[LeaverPayout]) -> None:
        """Mark each as paid, and say which were before."""
        for row in queryset.order_by("pk"):
            try:
                done = leavers.mark_paid(row.pk, by=cast("Person", request.user), at=timezone.now())
            except PortalError as error:
                messages.error(request, f"{row}: {error.detail}")
            else:
                messages.success(request, f"Paid: {money.in_words(done.amount, done.currency)} to {done.person}.")

    @admin.display(description="Points", ordering="points")
    def points_shown(self, row: LeaverPayout) -> str:
        """Return the points as people read them."""
        return f"{row.points:,}"

    @admin.display(description="Amount", ordering="amount")
    def value(self, row: LeaverPayout) -> str:
        """Return what is to be paid."""
        return money.in_words(row.amount, row.currency)
