"""Rules: written with a check beside it, tried on events, run over a past period, and turned on by a second person."""

from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from api.admin import TrackedModelAdmin
from api.errors import PortalError
from people.models import Person
from programs.admin import rule_writing
from programs.admin.links import link
from programs.admin.rule_writing import SimulateForm
from programs.expressions import ExpressionError
from programs.models import Rule, RuleChange, RuleVersion
from programs.operations import rule_changes, rules, simulations
from programs.operations.rules import Wording

WORDING = ["event_type", "when", "points", "reason", "once_per"]
LOOKS = ("_check", "_try", "_simulate")  # buttons that save nothing
CEL_BOX = {"class": "vLargeTextField mono", "spellcheck": "false", "autocomplete": "off"}


class RuleForm(forms.ModelForm[Rule]):
    """A rule with the wording that waits, is live or was last; saving another asks for it to be turned on."""

    event_type = forms.CharField(
        max_length=200,
        widget=AdminTextInputWidget(attrs={"list": "known-types", "autocomplete": "off"}),
        help_text="The CloudEvents type it listens to, as performance.rating_submitted.",
    )
    when = forms.CharField(
        widget=AdminTextareaWidget(attrs={**CEL_BOX, "rows": 3}), help_text="CEL: true where points are earned."
    )
    points = forms.CharField(
        widget=AdminTextareaWidget(attrs={**CEL_BOX, "rows": 2}), help_text="CEL: how many, a whole number."
    )
    reason = forms.CharField(
        max_length=300,
        widget=AdminTextInputWidget,
        help_text="Text with {CEL} in it, as Rated {event.rating} for {event.period}.",
    )
    once_per = forms.CharField(
        required=False,
        widget=AdminTextareaWidget(attrs={**CEL_BOX, "rows": 2}),
        help_text="One CEL value a line: one credit per person and these values, whatever arrives.",
    )

    class Meta:
        model = Rule
        fields = ["programme", "slug"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rule = self.instance
        version = rule.versions.first() if rule.pk else None
        if version is not None:
            shown = {name: getattr(version, name) for name in WORDING}
            self.initial.update(shown | {"once_per": "\n".join(version.once_per)})

    def is_valid(self) -> bool:
        """Return whether to save: never where somebody only wants to look."""
        return super().is_valid() and not any(name in self.data for name in LOOKS)

    def clean_once_per(self) -> list[str]:
        """Return the values, a line each."""
        return [line.strip() for line in self.cleaned_data["once_per"].splitlines() if line.strip()]

    def clean(self) -> dict[str, Any]:
        """Check the wording, and say at its field what is wrong."""
        data: dict[str, Any] = super().clean() or {}
        if all(name in data for name in WORDING):
            self._check(self.wording(data))
        if (
            not self.instance.pk
            and Rule.objects.filter(programme=data.get("programme"), slug=data.get("slug")).exists()
        ):
            self.add_error("slug", "This programme has a rule with this slug. Open that one, or choose another slug.")
        return data

    def validate_unique(self) -> None:
        """Leave the slug to `clean`, which says what to do."""

    def _check(self, wording: Wording) -> None:
        try:
            rules.check(**wording)
        except ExpressionError as error:
            field = (error.pointer or "").strip("/").split("/")[0]
            self.add_error(field if field in self.fields else None, error.detail)
        live = self.instance.live_version if self.instance.pk else None
        if not self.errors and live and rules.says(live, wording) and not any(name in self.data for name in LOOKS):
            self.add_error(None, f"Version {live.number} is live and says exactly this. Change something first.")

    def wording(self, data: dict[str, Any]) -> Wording:
        """Return what was filled in as `rules.write` takes it."""
        return cast("Wording", {name: data[name] for name in WORDING})


class RuleVersionInline(admin.TabularInline[RuleVersion, Rule]):
    """What the rule said, newest first. A version never changes."""

    model = RuleVersion
    fk_name = "rule"
    fields = ["number", "when", "points", "reason", "once_per", "created_by", "created_at"]
    readonly_fields = ["number", "when", "points", "reason", "once_per", "created_by", "created_at"]
    extra = 0
    can_delete = False
    verbose_name_plural = "versions"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleVersion]:
        """Return the versions with who wrote them."""
        return super().get_queryset(request).select_related("created_by", "rule")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: saving the rule writes a version."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a version never changes."""
        return False


class RuleChangeInline(admin.TabularInline[RuleChange, Rule]):
    """Who asked for which version, and what others said."""

    model = RuleChange
    fields = ["change_link", "status", "requested_by", "requested_at", "closed_at"]
    readonly_fields = ["change_link", "status", "requested_by", "requested_at", "closed_at"]
    extra = 0
    can_delete = False
    verbose_name_plural = "changes asked for"

    def get_queryset(self, request: HttpRequest) -> QuerySet[RuleChange]:
        """Return the changes with who asked."""
        return super().get_queryset(request).select_related("requested_by", "version__rule")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: saving the rule asks for one."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: it is decided on its own page."""
        return False

    @admin.display(description="Version")
    def change_link(self, change: RuleChange) -> SafeString | str:
        """Return the version, leading to where it is decided."""
        return link(change, f"Version {change.version.number}")


@admin.register(Rule)
class RuleAdmin(TrackedModelAdmin):
    """What earns points."""

    form = RuleForm
    change_form_template = "admin/programs/rule/change_form.html"
    list_display = ["slug", "programme", "listens_to", "version", "is_live"]
    list_filter = ["programme"]
    list_select_related = ["programme", "live_version"]
    search_fields = ["slug", "programme__name", "live_version__event_type"]
    inlines = [RuleChangeInline, RuleVersionInline]
    fieldsets = [
        (None, {"fields": ["programme", "slug"]}),
        ("What it says", {"fields": [*WORDING]}),
    ]

    class Media:
        css = {"all": ["admin_theme/earning.css", "admin_theme/rules.css"]}

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Keep programme and slug as they are: versions and files name the rule by them."""
        return ["programme", "slug"] if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the wording as a form to who may change it; to others the versions say it."""
        if obj is None or self.has_change_permission(request, obj):
            return self.fieldsets
        return [(None, {"fields": ["programme", "slug"]})]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Return False: a rule is turned off, and its versions stay."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Add the check beside the form, and turning off and on."""

        def post(view: Any) -> Any:
            return self.admin_site.admin_view(require_POST(view))

        return [
            path("check/", post(self.check_view), name="programs_rule_check"),
            path("<int:rule_id>/turn-off/", post(self.turn_off), name="programs_rule_turn_off"),
            path("<int:rule_id>/turn-on/", post(self.turn_on), name="programs_rule_turn_on"),
            *super().get_urls(),
        ]

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any) -> Any:
        """Add the check, the trial and the simulation, to who may write rules."""
        rule: Rule | None = context.get("original")
        may_write = self.has_change_permission(request, rule) if rule else self.has_add_permission(request)
        if may_write:
            form: RuleForm = context["adminform"].form
            context |= rule_writing.context(request, form, rule)
            context["waiting"] = rule.changes.filter(status="waiting").first() if rule else None
        context["may_write"] = may_write
        return super().render_change_form(request, context, *args, **options)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Start a simulation where its button was pressed; else show the page, or ask for the version."""
        if request.method == "POST" and "_simulate" in request.POST:
            rule = cast("Rule | None", self.get_object(request, object_id)) if object_id else None
            if not (self.has_change_permission(request, rule) if rule else self.has_add_permission(request)):
                raise PermissionDenied
            if answer := self._simulated(request, rule):
                return answer
        return super().changeform_view(request, object_id, form_url, extra_context)

    def _simulated(self, request: HttpRequest, rule: Rule | None) -> HttpResponse | None:
        """Start a simulation of what stands in the form and go to its page; None where it cannot be."""
        form = RuleForm(request.POST, instance=rule)
        if rule:
            for name in ("programme", "slug"):
                del form.fields[name]
        period = SimulateForm(request.POST, prefix="sim")
        form.full_clean()
        if form.errors or not period.is_valid():
            return None
        data = form.cleaned_data
        try:
            simulation = simulations.start(
                programme=rule.programme if rule else data["programme"],
                slug=rule.slug if rule else data["slug"],
                **period.bounds(),
                by=cast("Person", request.user),
                at=timezone.now(),
                **form.wording(data),
            )
        except PortalError as error:
            messages.error(request, error.detail)
            return None
        return HttpResponseRedirect(reverse("admin:programs_rulesimulation_change", args=[simulation.pk]))

    def check_view(self, request: HttpRequest) -> HttpResponse:
        """Answer with what is wrong with the wording that was sent, for the page's script."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        return TemplateResponse(request, "admin/programs/rule/checked.html", rule_writing.check(request))

    def turn_off(self, request: HttpRequest, rule_id: int) -> HttpResponse:
        """Turn a rule off at once: the safe direction needs nobody else."""
        rule = self._changeable(request, rule_id)
        rules.turn_off(programme=rule.programme, slug=rule.slug, by=cast("Person", request.user))
        messages.success(request, f"{rule} is off: it decides nothing from now on.")
        return HttpResponseRedirect(reverse("admin:programs_rule_change", args=[rule.pk]))

    def turn_on(self, request: HttpRequest, rule_id: int) -> HttpResponse:
        """Ask for the last version to be turned on again."""
        rule = self._changeable(request, rule_id)
        version = rule.versions.first()
        if version is None:
            raise Http404("The rule has no version.")
        wording = cast("Wording", {name: getattr(version, name) for name in WORDING})
        return self._proposed(request, rule, wording)

    def _changeable(self, request: HttpRequest, rule_id: int) -> Rule:
        rule = get_object_or_404(Rule.objects.select_related("programme"), pk=rule_id)
        if not self.has_change_permission(request, rule):
            raise PermissionDenied
        return rule

    def _proposed(self, request: HttpRequest, rule: Rule, wording: Wording) -> HttpResponse:
        """Ask for a version and go to where it is decided; say why not where it cannot be."""
        by = cast("Person", request.user)
        try:
            change = rule_changes.propose(programme=rule.programme, slug=rule.slug, by=by, at=timezone.now(), **wording)
        except PortalError as error:
            messages.error(request, error.detail)
            address = (
                reverse("admin:programs_rule_change", args=[rule.pk])
                if rule.pk
                else reverse("admin:programs_rule_changelist")
            )
            return HttpResponseRedirect(address)
        messages.success(
            request, f"Version {change.version.number} of {change.rule} waits: {change.approval.group} turn it on."
        )
        return HttpResponseRedirect(reverse("admin:programs_rulechange_change", args=[change.pk]))

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        """Ask for the version: what is live stays so until another person agrees."""
        request.answer = self._proposed(request, obj, form.wording(form.cleaned_data))  # type: ignore[attr-defined]
        if not obj.pk:
            obj.pk = Rule.objects.values_list("pk", flat=True).get(programme=obj.programme, slug=obj.slug)

    def response_add(self, request: HttpRequest, obj: Rule, post_url_continue: str | None = None) -> HttpResponse:
        """Go to where the change is decided."""
        return cast("HttpResponse", request.answer)  # type: ignore[attr-defined]

    def response_change(self, request: HttpRequest, obj: Rule) -> HttpResponse:
        """Go to where the change is decided."""
        return cast("HttpResponse", request.answer)  # type: ignore[attr-defined]

    @admin.display(description="Listens to", ordering="live_version__event_type")
    def listens_to(self, rule: Rule) -> str:
        """Return the event type of the live version."""
        return rule.live_version.event_type if rule.live_version else "–"

    @admin.display(description="Version")
    def version(self, rule: Rule) -> str:
        """Return the number of the live version."""
        return str(rule.live_version.number) if rule.live_version else "–"

    @admin.display(description="Live", boolean=True, ordering="live_version")
    def is_live(self, rule: Rule) -> bool:
        """Return whether the rule decides."""
        return rule.live_version is not None
