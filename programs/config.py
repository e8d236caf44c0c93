"""The section `programmes` of the configuration file."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, cast

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import Group

from api.configuration import ConfigurationError, Section
from api.configuration_reader import Reader
from people.models import Department, Person
from programs import expressions, programme_uses, recognition_config, representations
from programs.config_schema import (
    EVENT_TYPE_CHARACTERS_MAX,
    EXPRESSION_CHARACTERS_MAX,
    NAME_CHARACTERS_MAX,
    PROGRAMME,
    REASON_CHARACTERS_MAX,
)
from programs.enums import ApprovalSubject, ProgrammeStatus, StepApprover, UnknownRecipients
from programs.expressions import PERSON_VARIABLES, ExpressionError
from programs.models import ApprovalStep, Programme, Rule, RuleVersion
from programs.models.programme import DAYS_MAX, LOW_AT_MAX, NOTIFY, PARK_DAYS_MAX, PERSON_POINTS_MAX, WAITING_DAYS_MAX
from programs.operations import department_budgets, programmes, rules
from programs.operations.programmes import actor
from wallets.models.account import POINTS_MAX, TRANSFER_POINTS_MAX

NO_LIMIT = {"points": None, "days": None}


class Programmes:
    """Reasons for which the company gives points, with their limits, approvals and rules."""

    key, identity, schema = "programmes", "slug", PROGRAMME

    def normalise(self, entries: list[Any]) -> list[dict[str, Any]]:
        """Return the entries checked and whole (see `Section`)."""
        groups = set(Group.objects.values_list("name", flat=True))
        return [_programme(Reader(entry, index), groups) for index, entry in enumerate(entries)]

    def export(self) -> list[dict[str, Any]]:
        """Return the programmes that are live, by slug, with the rules that are live."""
        live = (
            Programme.objects.order_by("slug")
            .select_related("allowance_policy")
            .prefetch_related(
                "company_values",
                "approval_steps__group",
                "department_budgets__department",
                "approval_steps__escalate_to",
                "rules__live_version",
            )
        )
        return [_exported(programme) for programme in live]

    def apply(
        self, entries: list[dict[str, Any]], *, removed: Sequence[str], by: AbstractBaseUser | None, at: datetime
    ) -> None:
        """Create or change programmes; delete those removed that gave no points and hold none (see `Section`)."""
        who = cast("Person | None", by)
        live = Programme.objects.in_bulk([entry["slug"] for entry in entries], field_name="slug")
        groups = Group.objects.in_bulk(field_name="name")
        with actor(who):
            for entry in entries:
                programme = _save(entry, live.get(entry["slug"]), who, at)
                _save_steps(programme, entry["approval"], groups)
                _save_departments(programme, entry["budget"]["departments"], who, at)
                _save_rules(programme, entry["rules"], who)
                recognition_config.save(programme, entry, at=at)
            for programme in Programme.objects.filter(slug__in=removed).order_by("slug"):
                _remove(programme)


# what an entry of `approval` leaves out where it is so
STEP_DEFAULTS: dict[str, Any] = {
    "for": ApprovalSubject.REQUESTS.value,
    "approver": StepApprover.GROUP.value,
    "remind_after_days": None,
    "escalate_after_days": None,
    "escalate_to": None,
}
SECTIONS: dict[str, Section] = {"programmes": Programmes()}


def _programme(reader: Reader, groups: Collection[str]) -> dict[str, Any]:
    """Return a programme's entry as it is exported."""
    entry = {
        "slug": reader.slug("slug"),
        "name": reader.text("name", length_max=NAME_CHARACTERS_MAX),
        "status": reader.choice("status", ProgrammeStatus.values, default=ProgrammeStatus.DRAFT.value),
        "starts_on": (starts_on := reader.day("starts_on")),
        "ends_on": (ends_on := reader.day("ends_on")),
        "points_expire_after_days": reader.whole("points_expire_after_days", 1, DAYS_MAX, default=None),
        "unknown_recipients": reader.choice(
            "unknown_recipients", UnknownRecipients.values, default=UnknownRecipients.REFUSE.value
        ),
        **_park_for_days(reader),
        "eligible": _eligible(reader),
        "approval": _approval(reader, groups),
        "limits": _limits(reader),
        "budget": _budget(reader),
        "notify": _notify(reader),
        **recognition_config.read_values(reader),
        "rules": _rules(reader),
    }
    if starts_on and ends_on and ends_on <= starts_on:
        raise reader.error("ends_on", detail=f"ends_on is the first day without points, so it is after {starts_on}.")
    reader.finish()
    return entry


def _park_for_days(reader: Reader) -> dict[str, Any]:
    """Return for how many days points for somebody unknown wait; nothing where it is as everywhere."""
    days = reader.whole("park_for_days", 1, PARK_DAYS_MAX, default=None)
    return {"park_for_days": days} if days is not None else {}


def _eligible(reader: Reader) -> str:
    """Return the condition over `person`; empty is everybody."""
    source = reader.text("eligible", length_max=EXPRESSION_CHARACTERS_MAX, default="")
    if source and (wrong := expressions.check(source, variables=PERSON_VARIABLES)):
        raise reader.error("eligible", detail=wrong)
    return source


def _approval(reader: Reader, groups: Collection[str]) -> list[dict[str, Any]]:
    """Return the approval steps: those of requests first, the lowest threshold first."""
    steps: dict[tuple[str, int], dict[str, Any]] = {}
    for step in reader.each("approval"):
        subject = step.choice("for", ApprovalSubject.values, default=ApprovalSubject.REQUESTS.value)
        rules = subject == ApprovalSubject.RULES
        over = step.whole("over", 0, 0 if rules else POINTS_MAX, **({"default": 0} if rules else {})) or 0
        if (subject, over) in steps:
            raise step.error("over", detail=f"There are two steps over {over} for {subject}. Keep one.")
        steps[subject, over] = _step(step, subject, over, groups)
        step.finish()
    return sorted(steps.values(), key=_place_of_step)


def _step(step: Reader, subject: str, over: int, groups: Collection[str]) -> dict[str, Any]:
    """Return a step's entry."""
    approvals, group = step.whole("approvals", 1, 2, default=1), step.choice("group", sorted(groups))
    approver = step.choice("approver", StepApprover.values, default=StepApprover.GROUP.value)
    if approver == StepApprover.MANAGER and (subject != ApprovalSubject.REQUESTS or approvals != 1):
        raise step.error("approver", detail="A manager decides points requests alone: one approval, for: requests.")
    entry = {
        "over": over,
        "approvals": approvals,
        "group": group,
        "for": subject,
        "approver": approver,
        "remind_after_days": step.whole("remind_after_days", 1, WAITING_DAYS_MAX, default=None),
        "escalate_after_days": step.whole("escalate_after_days", 1, WAITING_DAYS_MAX, default=None),
        "escalate_to": step.choice("escalate_to", sorted(groups)) if step.given("escalate_to") else None,
    }
    return _without_defaults(entry)


def _without_defaults(entry: dict[str, Any]) -> dict[str, Any]:
    """Return a step's entry without what every step has that says nothing of it."""
    return {name: value for name, value in entry.items() if name not in STEP_DEFAULTS or value != STEP_DEFAULTS[name]}


def _exported_step(step: ApprovalStep) -> dict[str, Any]:
    """Return an approval step as `_step` would have read it."""
    entry = {
        "over": step.over,
        "approvals": step.approvals,
        "group": step.group.name,
        "for": step.applies_to,
        **{name: getattr(step, name) for name in ("approver", "remind_after_days", "escalate_after_days")},
        "escalate_to": step.escalate_to.name if step.escalate_to else None,
    }
    return _without_defaults(entry)


def _place_of_step(entry: dict[str, Any]) -> tuple[int, int]:
    """Return where a step stands among the steps of its programme."""
    return ApprovalSubject.values.index(entry.get("for", ApprovalSubject.REQUESTS)), entry["over"]


def _limits(reader: Reader) -> dict[str, Any]:
    """Return what a programme gives at most; null is no limit."""
    if not reader.given("limits"):
        return {"per_request": None, "per_person": None, "per_programme": None}
    limits = reader.inside("limits")
    found = {
        "per_request": limits.whole("per_request", 1, POINTS_MAX, default=None),
        "per_person": _window(limits, "per_person", PERSON_POINTS_MAX),
        "per_programme": _window(limits, "per_programme", TRANSFER_POINTS_MAX),
        **recognition_config.read_allowance(limits),
    }
    limits.finish()
    return found


def _window(limits: Reader, name: str, points_max: int) -> dict[str, Any] | None:
    """Return how many points within how many days; None is no limit."""
    if not limits.given(name):
        return None
    window = limits.inside(name)
    found = {"points": window.whole("points", 1, points_max), "days": window.whole("days", 1, DAYS_MAX)}
    window.finish()
    return found


def _budget(reader: Reader) -> dict[str, Any]:
    """Return at how many points left somebody is told, and which departments have budgets of their own; the points
    themselves are funded and moved, not configured.
    """
    if not reader.given("budget"):
        return {"low_at": None, "departments": []}
    budget = reader.inside("budget")
    found = {"low_at": budget.whole("low_at", 0, LOW_AT_MAX, default=None), "departments": _departments(budget)}
    budget.finish()
    return found


def _departments(budget: Reader) -> list[dict[str, Any]]:
    """Return the departments that have a budget of their own, by name."""
    known = sorted(Department.objects.values_list("name", flat=True)) if budget.given("departments") else []
    found: dict[str, dict[str, Any]] = {}
    for each in budget.each("departments"):
        name = each.choice("department", known)
        if name in found:
            raise each.error("department", detail=f"{name} is named twice. Keep one.")
        found[name] = {"department": name, "low_at": each.whole("low_at", 0, LOW_AT_MAX, default=None)}
        each.finish()
    return [found[name] for name in sorted(found)]


def _notify(reader: Reader) -> list[str]:
    """Return the channels; the inbox is always one."""
    channels = reader.texts("notify")
    for place, channel in enumerate(channels):
        if channel not in NOTIFY:
            raise reader.error("notify", place, detail=f"{channel} is no channel. Channels are {', '.join(NOTIFY)}.")
    return _channels(channels)


def _channels(channels: Collection[str]) -> list[str]:
    """Return channels in one order, each once, the inbox among them."""
    return [channel for channel in NOTIFY if channel == "inbox" or channel in channels]


def _rules(reader: Reader) -> list[dict[str, Any]]:
    """Return the rules by slug."""
    found: dict[str, dict[str, Any]] = {}
    for rule in reader.each("rules"):
        slug = rule.slug("slug")
        if slug in found:
            raise rule.error("slug", detail=f"There are two rules called {slug}. Rename one.")
        found[slug] = _rule(rule, slug)
    return [found[slug] for slug in sorted(found)]


def _rule(reader: Reader, slug: str) -> dict[str, Any]:
    """Return a rule's entry, its expressions checked."""
    entry = {
        "slug": slug,
        "event": reader.text("event", length_max=EVENT_TYPE_CHARACTERS_MAX),
        "when": reader.text("when", length_max=EXPRESSION_CHARACTERS_MAX),
        "points": _points(reader),
        "reason": reader.text("reason", length_max=REASON_CHARACTERS_MAX),
        "once_per": [source.strip() for source in reader.texts("once_per")],
    }
    reader.finish()
    try:
        rules.check(**_wording(entry))
    except ExpressionError as error:
        raise reader.error(*_steps_of(error), detail=error.detail) from None
    return entry


def _points(reader: Reader) -> str:
    """Return the expression of the points; a plain number may stand without quotes."""
    number = reader.number("points")
    return str(number) if number is not None else reader.text("points", length_max=EXPRESSION_CHARACTERS_MAX)


def _steps_of(error: ExpressionError) -> list[str | int]:
    """Return where in a rule's entry an error of its wording stands: `/once_per/0` is ("once_per", 0)."""
    names = (error.pointer or "").strip("/").split("/")
    return [{"event_type": "event"}.get(name, int(name) if name.isdigit() else name) for name in names if name]


def _wording(entry: dict[str, Any]) -> rules.Wording:
    """Return what a rule's entry says, as `rules.write` takes it."""
    return {
        "event_type": entry["event"],
        "when": entry["when"],
        "points": entry["points"],
        "reason": entry["reason"],
        "once_per": entry["once_per"],
    }


def _exported(programme: Programme) -> dict[str, Any]:
    """Return a programme as `_programme` would have read it."""
    live = [rule for rule in programme.rules.all() if rule.live_version]
    shown = representations.programme(programme)
    return {
        **{name: shown[name] for name in ("slug", "name", "status")},
        "starts_on": programme.starts_on,
        "ends_on": programme.ends_on,
        "points_expire_after_days": programme.points_expire_after_days,
        "unknown_recipients": shown["unknown_recipients"],
        **({"park_for_days": programme.park_for_days} if programme.park_for_days is not None else {}),
        "eligible": programme.eligible.strip(),
        "approval": sorted(map(_exported_step, programme.approval_steps.all()), key=_place_of_step),
        "limits": {**shown["limits"], **recognition_config.exported_allowance(programme)},
        "budget": {"low_at": programme.budget_low_at, "departments": _exported_departments(programme)},
        "notify": _channels(programme.notify),
        **recognition_config.exported_values(programme),
        "rules": [_exported_rule(rule) for rule in sorted(live, key=lambda rule: rule.slug)],
    }


def _exported_departments(programme: Programme) -> list[dict[str, Any]]:
    """Return the open budgets of departments as `_departments` would have read them."""
    rows = programme.department_budgets.all()
    found = [{"department": row.department.name, "low_at": row.low_at} for row in rows if row.closed_at is None]
    return sorted(found, key=lambda each: str(each["department"]))


def _exported_rule(rule: Rule) -> dict[str, Any]:
    """Return a rule's live version as `_rule` would have read it."""
    version = cast("RuleVersion", rule.live_version)
    return {
        "slug": rule.slug,
        "event": version.event_type.strip(),
        "when": version.when.strip(),
        "points": version.points.strip(),
        "reason": version.reason.strip(),
        "once_per": [source.strip() for source in version.once_per],
    }


def _save(entry: dict[str, Any], programme: Programme | None, by: Person | None, at: datetime) -> Programme:
    """Create a programme or change it."""
    limits = entry["limits"]
    per_person, per_programme = (limits[name] or NO_LIMIT for name in ("per_person", "per_programme"))
    columns = {
        **{name: entry[name] for name in ("name", "status", "starts_on", "ends_on", "points_expire_after_days")},
        **{name: entry[name] for name in ("unknown_recipients", "eligible", "notify")},
        "park_for_days": entry.get("park_for_days"),
        "per_request_limit": limits["per_request"],
        "per_person_limit": per_person["points"],
        "per_person_limit_days": per_person["days"],
        "per_programme_limit": per_programme["points"],
        "per_programme_limit_days": per_programme["days"],
        "budget_low_at": entry["budget"]["low_at"],
    }
    if programme is None:
        return programmes.create(slug=entry["slug"], by=by, at=at, **columns)
    for name, value in columns.items():
        setattr(programme, name, value)
    programme.save(update_fields=list(columns))
    return programme


def _save_departments(programme: Programme, entries: list[dict[str, Any]], by: Person | None, at: datetime) -> None:
    """Give exactly these departments a budget; one that is left out is closed, and its points go to the programme's."""
    wanted = {entry["department"]: entry["low_at"] for entry in entries}
    rows = programme.department_budgets.filter(closed_at=None).select_related("department")
    for name, row in {row.department.name: row for row in rows}.items():
        if name not in wanted:
            department_budgets.close(row.pk, by=by, at=at)
        elif row.low_at != (low_at := wanted.pop(name)):
            row.low_at = low_at
            row.save(update_fields=["low_at"])
    for department in Department.objects.filter(name__in=wanted).order_by("name"):
        low_at = wanted[department.name]
        department_budgets.give(programme=programme, department=department, low_at=low_at, by=by, at=at)


def _save_steps(programme: Programme, steps: list[dict[str, Any]], groups: dict[str, Group]) -> None:
    """Give a programme exactly these approval steps; what is the same already is left as it is."""
    related = ("group", "escalate_to")
    saved = {(step.applies_to, step.over): step for step in programme.approval_steps.select_related(*related)}
    for step in steps:
        said = STEP_DEFAULTS | step
        key = (said["for"], said["over"])
        columns = {
            **{name: said[name] for name in ("approvals", "approver", "remind_after_days", "escalate_after_days")},
            "group": groups[said["group"]],
            "escalate_to": groups[said["escalate_to"]] if said["escalate_to"] else None,
        }
        live = saved.pop(key, None)
        if live is None:
            ApprovalStep.objects.create(programme=programme, applies_to=key[0], over=key[1], **columns)
        elif any(getattr(live, name) != value for name, value in columns.items()):
            ApprovalStep.objects.filter(pk=live.pk).update(**columns)
    programme.approval_steps.filter(pk__in=[step.pk for step in saved.values()]).delete()


def _save_rules(programme: Programme, entries: list[dict[str, Any]], by: Person | None) -> None:
    """Write a version of each rule that differs, and turn off the live ones that the entry leaves out."""
    for entry in entries:
        rules.write(programme=programme, slug=entry["slug"], by=by, **_wording(entry))
    named = [entry["slug"] for entry in entries]
    for rule in programme.rules.filter(live_version__isnull=False).exclude(slug__in=named):
        rules.turn_off(programme=programme, slug=rule.slug, by=by)


def _remove(programme: Programme) -> None:
    """Delete a programme that was never used; its empty budget account stays, as all accounts do."""
    if uses := programme_uses.of(programme):
        detail = (
            f"{programme.slug} has {uses}, so it stays: keep its entry and write `status: ended` in it, and nothing "
            "more is given. `config export` prints the entry as it is live."
        )
        raise ConfigurationError((), detail)
    programme.simulations.all().delete()
    programme.rules.update(live_version=None)
    RuleVersion.objects.filter(rule__programme=programme).delete()
    programme.rules.all().delete()
    programme.delete()
