"""What stands beside the form of a rule: the check, the trial on one event, and the period of a simulation."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.http import HttpRequest
from django.utils import timezone

from api import parsers
from api.errors import MalformedBody
from people import queries as people
from people.models import Person
from programs import known_fields, rule_drafts
from programs.expression_checks import FIELDS
from programs.known_fields import KnownField
from programs.matching import NewEvent
from programs.models import Event, Programme, Rule
from programs.operations import rule_trials
from programs.operations.rule_trials import RuleTrial
from programs.operations.rules import Wording
from programs.rule_drafts import SAMPLES, Evaluated, Finding

if TYPE_CHECKING:
    from programs.admin.rules import RuleForm

SEE_EVENTS = "programs.view_event"
LISTED = 20  # past events to choose from
SIMULATED_DAYS = 90
DAY = "%Y-%m-%d"  # as a browser's field of a day has it, whatever the locale
PASTED_CHARACTERS_MAX = 100_000
RECIPIENT_CHARACTERS_MAX = 300
KEY_DIGITS_MAX = 9  # of a programme, before it is looked up
LABELS = {"event_type": "Event type", "when": "When", "points": "Points", "reason": "Reason", "once_per": "Once per"}


@dataclass(frozen=True, slots=True)
class Line:
    """One finding as the page shows it."""

    label: str
    where: str
    detail: str
    field: str
    is_error: bool


@dataclass(frozen=True, slots=True)
class Check:
    """What the check says.

    Args:
        lines: what to mend, and what to look at again.
        fields: what past events hold; without examples for somebody who may not see events.
        preview: the last event that the rule wants: whom, what they would read, how many points.
        events: how many past events were looked at.
    """

    lines: list[Line]
    fields: list[KnownField]
    preview: "Preview | None"
    events: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What somebody would read."""

    reason: str
    points: int
    day: datetime
    whom: str


class TryForm(forms.Form):
    """An event to try the rule on: one that came, or one that is pasted."""

    event = forms.ChoiceField(required=False, label="An event that came")
    pasted = forms.CharField(
        required=False,
        max_length=PASTED_CHARACTERS_MAX,
        label="Or a pasted one",
        widget=AdminTextareaWidget(attrs={"rows": 4, "class": "vLargeTextField mono", "spellcheck": "false"}),
        help_text='Its data as JSON, as {"rating": 4.5, "period": "2026-Q3"}, or a whole CloudEvent.',
    )
    recipient = forms.CharField(
        required=False,
        max_length=RECIPIENT_CHARACTERS_MAX,
        label="For whom",
        widget=AdminTextInputWidget,
        help_text="Employee number, or email: and the address. Empty: whom the event names.",
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        cast("forms.ChoiceField", self.fields["event"]).choices = [("", "–"), *choices]

    def clean_pasted(self) -> dict[str, Any]:
        """Return the event that was pasted, as the members of a CloudEvent; {} where none was."""
        text: str = self.cleaned_data["pasted"].strip()
        if not text:
            return {}
        try:
            json.loads(text)
            told = parsers.document(text.encode())  # as the API would take it
        except json.JSONDecodeError as error:
            where = f"line {error.lineno}, column {error.colno}"
            raise forms.ValidationError(f"This is not JSON ({where}). Paste one object, in braces.") from error
        except (MalformedBody, ValueError, RecursionError) as error:
            raise forms.ValidationError(f"This cannot come so. {getattr(error, 'detail', '')}".strip()) from error
        if not isinstance(told, dict):
            raise forms.ValidationError("Paste one JSON object, in braces.")
        is_event = isinstance(told.get("data"), dict) and ("specversion" in told or "type" in told)
        return told if is_event else {"data": told}

    def clean(self) -> dict[str, Any]:
        """Ask for an event."""
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not data.get("event") and not data.get("pasted"):
            raise forms.ValidationError("Choose an event, or paste one.")
        return data

    def told(self, event_type: str) -> NewEvent:
        """Return the event to try."""
        data = self.cleaned_data
        if data["pasted"]:
            told = data["pasted"]
            subject, kept_data, at = str(told.get("subject") or ""), told["data"], None
        else:
            event = Event.objects.get(pk=UUID(data["event"]))
            subject, kept_data, at = event.subject, event.data, event.time
        subject = (data["recipient"].strip() or subject)[:RECIPIENT_CHARACTERS_MAX]
        return NewEvent(source="trial", source_id="trial", type=event_type, subject=subject, time=at, data=kept_data)


class SimulateForm(forms.Form):
    """From which day to which, both included (UTC)."""

    from_on = forms.DateField(
        label="From", widget=forms.DateInput(format=DAY, attrs={"type": "date", "class": "vTextField"})
    )
    until_on = forms.DateField(
        label="To", widget=forms.DateInput(format=DAY, attrs={"type": "date", "class": "vTextField"})
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        data: dict[str, Any] = super().clean() or {}
        first, last = data.get("from_on"), data.get("until_on")
        if first and last and last < first:
            self.add_error("until_on", "The last day comes before the first.")
        return data

    def bounds(self) -> dict[str, datetime]:
        """Return the period, half open."""
        first, last = self.cleaned_data["from_on"], self.cleaned_data["until_on"]
        return {"from_at": _midnight(first), "until_at": _midnight(last + timedelta(days=1))}


def context(request: HttpRequest, form: "RuleForm", rule: Rule | None) -> dict[str, Any]:
    """Return what the page of a rule shows beside its form."""
    wording = _wording(form)
    programme = rule.programme if rule else _programme(form)
    slug = rule.slug if rule else str(form["slug"].value() or "")
    past = list(known_fields.past_events(wording["event_type"])) if wording["event_type"] else []
    may_see = request.user.has_perm(SEE_EVENTS)
    tried = TryForm(request.POST if "_try" in request.POST else None, prefix="try", choices=_choices(past, may_see))
    today = timezone.now().date()
    period = {"from_on": today - timedelta(days=SIMULATED_DAYS), "until_on": today}
    simulated = SimulateForm(request.POST if "_simulate" in request.POST else None, prefix="sim", initial=period)
    return {
        "check": _check(wording, programme, past, may_see),
        "try_form": tried,
        "simulate_form": simulated,
        "trial": _trial(tried, programme, slug, wording) if tried.is_bound and tried.is_valid() else None,
        "types": known_fields.event_types(),
        "person_fields": FIELDS["person"],
        "programme_fields": FIELDS["programme"],
        "labels": LABELS,
    }


def check(request: HttpRequest) -> dict[str, Any]:
    """Return what the check says about a wording that was posted, right or not, and the events to try it on."""
    from programs.admin.rules import RuleForm

    form = RuleForm(request.POST)
    wording = _wording(form)
    past = list(known_fields.past_events(wording["event_type"])) if wording["event_type"] else []
    may_see = request.user.has_perm(SEE_EVENTS)
    choices = _choices(past, may_see)
    return {
        "check": _check(wording, _programme(form), past, may_see),
        "try_form": TryForm(prefix="try", choices=choices),
    }


def _wording(form: "RuleForm") -> Wording:
    """Return the wording as it stands in the form, right or not."""

    def said(name: str) -> str:
        return str(form[name].value() or "").strip().replace("\0", "")[:5_000]

    once_per = [line.strip() for line in said("once_per").splitlines() if line.strip()]
    return {
        "event_type": said("event_type"),
        "when": said("when"),
        "points": said("points"),
        "reason": said("reason"),
        "once_per": once_per,
    }


def _programme(form: "RuleForm") -> Programme | None:
    key = str(form["programme"].value() or "") if "programme" in form.fields else ""
    return Programme.objects.filter(pk=int(key)).first() if key.isdecimal() and len(key) <= KEY_DIGITS_MAX else None


def _check(wording: Wording, programme: Programme | None, past: list[Event], may_see: bool) -> Check:
    """Return what the check says; before anything was written only what events hold."""
    fields = known_fields.known_fields(past)
    shown = fields if may_see else [KnownField(each.path, each.kind, "") for each in fields]
    if not wording["when"] and not wording["points"]:
        return Check([], shown, None, len(past))
    samples = _samples(past, programme or Programme())
    values = [(event, variables) for event, variables, _ in samples]
    found = rule_drafts.check(wording, fields, values, known_fields.event_types())
    has_errors = any(each.is_error for each in found)
    preview = None if has_errors or not may_see else _preview(wording, samples)
    return Check([_line(each) for each in found], shown, preview, len(past))


def _samples(past: list[Event], programme: Programme) -> list[tuple[Event, dict[str, Any], Person | None]]:
    samples = past[:SAMPLES]
    known = people.recipients({event.subject for event in samples if event.subject})
    return [
        (event, rule_drafts.variables(event, person, programme, event.received_at), person)
        for event in samples
        for person in [known.get(event.subject)]
    ]


def _preview(wording: Wording, samples: list[tuple[Event, dict[str, Any], Person | None]]) -> Preview | None:
    """Return what the newest event that the rule wants would give."""
    for event, variables, person in samples:
        found: Evaluated = rule_drafts.evaluate(wording, variables)
        if found.wanted and not found.error and found.points is not None:
            return Preview(found.reason, found.points, event.received_at, str(person or event.subject))
    return None


def _line(found: Finding) -> Line:
    where = f"line {found.place[0]}, column {found.place[1]}" if found.place else ""
    return Line(LABELS.get(found.part, ""), where, found.detail, f"id_{found.part}", found.is_error)


def _choices(past: list[Event], may_see: bool) -> list[tuple[str, str]]:
    """Return past events to choose from, by day and recipient; none for somebody who may not see them."""
    if not may_see:
        return []
    known = people.recipients({event.subject for event in past[:LISTED] if event.subject})
    return [
        (str(event.pk), f"{event.received_at:%d %b %Y, %H:%M}, {known.get(event.subject) or event.subject or 'nobody'}")
        for event in past[:LISTED]
    ]


def _trial(form: TryForm, programme: Programme | None, slug: str, wording: Wording) -> RuleTrial | None:
    if programme is None:
        form.add_error(None, "Choose the rule's programme first.")
        return None
    event = form.told(wording["event_type"])
    return rule_trials.run(programme=programme, slug=slug or "draft", wording=wording, event=event, at=timezone.now())


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
