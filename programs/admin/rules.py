"""Rules: an edit writes a new version, and what decided before stays as it was."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from api.admin import TrackedModelAdmin
from people.models import Person
from programs.expressions import ExpressionError
from programs.models import Rule, RuleVersion
from programs.operations import rules
from programs.operations.rules import Wording

WORDING = ["event_type", "when", "points", "reason", "once_per"]


class RuleForm(forms.ModelForm[Rule]):
    """A rule with the wording that is live (or, where it is off, was last); saving another writes a version."""

    event_type = forms.CharField(
        max_length=200,
        widget=AdminTextInputWidget,
        help_text="The CloudEvents type it listens to, as performance.rating_submitted.",
    )
    when = forms.CharField(
        widget=AdminTextareaWidget(attrs={"rows": 3}), help_text="CEL: true where points are earned."
    )
    points = forms.CharField(widget=AdminTextareaWidget(attrs={"rows": 2}), help_text="CEL: how many, a whole number.")
    reason = forms.CharField(
        max_length=300,
        widget=AdminTextInputWidget,
        help_text="Text with {CEL} in it, as Rated {event.rating} for {event.period}.",
    )
    once_per = forms.CharField(
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 2}),
        help_text="One CEL value a line: one credit per person and these values, whatever arrives.",
    )
    is_live = forms.BooleanField(required=False, initial=True, label="Live", help_text="Off: it decides nothing.")

    class Meta:
        model = Rule
        fields = ["programme", "slug"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rule = self.instance
        version = (rule.live_version or rule.versions.first()) if rule.pk else None
        if version is not None:
            shown = {name: getattr(version, name) for name in WORDING}
            shown |= {"once_per": "\n".join(version.once_per), "is_live": rule.live_version is not None}
            self.initial.update(shown)

    def clean_once_per(self) -> list[str]:
        """Return the values, a line each."""
        return [line.strip() for line in self.cleaned_data["once_per"].splitlines() if line.strip()]

    def clean(self) -> dict[str, Any]:
        """Check the wording, and say at its field what is wrong."""
        data: dict[str, Any] = super().clean() or {}
        if all(name in data for name in WORDING):
            try:
                rules.check(**self.wording(data))
            except ExpressionError as error:
                field = (error.pointer or "").strip("/").split("/")[0]
                self.add_error(field if field in self.fields else None, error.detail)
        return data

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
        return super().get_queryset(request).select_related("created_by")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: saving the rule writes a version."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: a version never changes."""
        return False


@admin.register(Rule)
class RuleAdmin(TrackedModelAdmin):
    """What earns points."""

    form = RuleForm
    list_display = ["slug", "programme", "listens_to", "version", "is_live"]
    list_filter = ["programme"]
    list_select_related = ["programme", "live_version"]
    search_fields = ["slug", "programme__name", "live_version__event_type"]
    inlines = [RuleVersionInline]
    fieldsets = [
        (None, {"fields": ["programme", "slug", "is_live"]}),
        ("What it says", {"fields": [*WORDING]}),
    ]

    class Media:
        css = {"all": ["admin_theme/earning.css"]}

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

    def save_model(self, request: HttpRequest, obj: Rule, form: Any, change: bool) -> None:
        """Write a version where the wording differs, and turn the rule on or off."""
        by, is_live = cast("Person", request.user), form.cleaned_data["is_live"]
        programme = obj.programme
        if is_live or not change or set(form.changed_data) & set(WORDING):
            version = rules.write(programme=programme, slug=obj.slug, by=by, **form.wording(form.cleaned_data))
            obj.pk = version.rule_id
        if not is_live:
            rules.turn_off(programme=programme, slug=obj.slug, by=by)

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
