"""Taking points back by hand, once what it would do was shown; and what was taken back so far."""

from typing import TYPE_CHECKING, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from api import admin_steps, ids
from api.admin import ReadOnlyModelAdmin
from api.admin_steps import TwoStepForm
from people.models import Person
from programs.admin.links import link
from programs.enums import PointsRequestStatus
from programs.errors import OverReversal
from programs.models import PointsRequest, Reversal
from programs.operations import reversals
from programs.operations.crediting import in_words
from programs.reasons import REASON_CHARACTERS

if TYPE_CHECKING:
    from programs.admin.points_requests import PointsRequestAdmin

MAY_REVERSE = "programs.add_reversal"


class ReverseForm(TwoStepForm):
    """How many points to take back, and why."""

    points = forms.IntegerField(min_value=1, required=False, help_text="Leave empty to take back all that is left.")
    reason = forms.CharField(
        max_length=REASON_CHARACTERS, widget=AdminTextInputWidget, help_text="The person reads this."
    )


def may_reverse(request: HttpRequest, row: PointsRequest | None) -> bool:
    """Return whether this person may take this request back now."""
    return row is not None and row.status == PointsRequestStatus.CREDITED and request.user.has_perm(MAY_REVERSE)


def take_back(model_admin: "PointsRequestAdmin", request: HttpRequest, row: PointsRequest) -> HttpResponse:
    """Show the form, then what would happen, then do it."""
    form = ReverseForm(request.POST or None)
    return admin_steps.run(
        model_admin,
        request,
        form,
        title=f"Take back {row}",
        button="Take the points back",
        facts=lambda: _facts(row, form.cleaned_data["points"], form.cleaned_data["reason"]),
        act=lambda: _reverse(row, form, cast("Person", request.user)),
        original=row,
    )


def shown(row: PointsRequest) -> SafeString | str:
    """Return what was taken back of a request, a line each."""
    taken = row.reversals.select_related("reversed_by", "client__oauth").order_by("pk")
    lines = [
        (
            f"{timezone.localtime(each.reversed_at):%d %b %Y}",
            f"{in_words(each.taken)} taken back",
            f", {each.shortfall:,} had been spent" if each.shortfall else "",
            each.reversed_by or each.client,
            each.reason,
        )
        for each in taken
    ]
    return format_html_join("", "<p>{}: {}{}, by {}. {}</p>", lines) if lines else "Nothing"


def _facts(row: PointsRequest, points: int | None, reason: str) -> list[tuple[str, str]]:
    left = row.points - row.reversed_points
    wanted = left if points is None else points
    if wanted > left:
        raise OverReversal(f"{in_words(left)} of this request can be taken back at most.", pointer="/points")
    taken = min(wanted, reversals.expected(row, at=timezone.now()).taken)
    after = "reversed: points earned later are not taken for it" if wanted == left else "credited, for the rest"
    return [
        ("Taken back", f"{in_words(taken)} of {row.points:,}, into the budget of {row.programme}"),
        (
            "Shortfall",
            f"{in_words(wanted - taken)}: spent, held for an order or expired, and stays so"
            if wanted > taken
            else "None",
        ),
        ("Afterwards", f"The request is {after}"),
        ("Reason", reason),
        ("Told", f"{row.person} is told, with the reason"),
    ]


def _reverse(row: PointsRequest, form: ReverseForm, by: Person) -> tuple[Model, str]:
    data = form.cleaned_data
    done = reversals.reverse(row.pk, points=data["points"], reason=data["reason"], by=by, at=timezone.now())
    said = f"{in_words(done.taken)} taken back from {row.person}."
    return row, f"{said} {in_words(done.shortfall)} had been spent." if done.shortfall else said


@admin.register(Reversal)
class ReversalAdmin(ReadOnlyModelAdmin):
    """What was taken back, by whom and why."""

    list_display = ["whom", "taken", "shortfall", "reason", "reversed_by", "client", "reversed_at"]
    list_filter = ["reversed_at"]
    list_select_related = ["points_request__person", "reversed_by", "client__oauth"]
    list_per_page = 50
    show_full_result_count = False
    search_fields = ["points_request__person__name", "points_request__person__employee_number", "reason"]
    search_help_text = "Person, employee number or reason"
    ordering = ["-id"]
    fields = [
        *("request_link", "points", "taken", "shortfall", "reason"),
        *("reversed_by", "client", "reversed_at", "transfer_link"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reversal]:
        """Return reversals with what their pages read."""
        return Reversal.objects.select_related("points_request__person", "reversed_by", "client__oauth", "transfer")

    @admin.display(description="Person", ordering="points_request__person__name")
    def whom(self, row: Reversal) -> str:
        """Return the person's name."""
        return str(row.points_request.person)

    @admin.display(description="Points request")
    def request_link(self, row: Reversal) -> SafeString | str:
        """Return the request that was taken back, leading to its page."""
        return link(row.points_request)

    @admin.display(description="Transfer")
    def transfer_link(self, row: Reversal) -> SafeString | str:
        """Return the transfer that moved the points, leading to its page."""
        return link(row.transfer, ids.public(ids.TRANSFER, row.transfer.pk)) if row.transfer else "No points moved"
