"""What of earning waits for approvals: what each would do, in words, and with which operations it is decided."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from approvals.matters import Facts, Matter
from programs import budget_queries, fingerprints, queries
from programs.enums import ApprovalKind, RuleSimulationStatus
from programs.judgement import expires_at
from programs.models import Adjustment, PointsRequest, Programme, RuleChange, RuleSimulation, RuleVersion, Upload
from programs.operations import adjustments, points_requests, rule_changes, upload_approving, uploads
from programs.operations.crediting import in_words
from wallets.models import Account


def points_request_facts(request: PointsRequest) -> Facts:
    """Return, in words, what approving a points request does: whose points, why, and what the budget holds after."""
    facts = [
        ("What", f"{in_words(request.points)} for {request.person}"),
        ("Programme", str(request.programme)),
        ("Reason", request.reason),
        ("Budget", budget_after(request)),
    ]
    limit = limit_of(request)
    return [*facts, ("This person", limit)] if limit else facts


def budget_after(request: PointsRequest) -> str:
    """Return what the budget of a request holds now, and would hold after it."""
    return _after(*budget_queries.paying(request.programme, request.person), request.points)


def _after(budget: str, left: int, points: int) -> str:
    """Return what a budget holds, and would hold without these points."""
    after = left - points
    short = f"{-after:,} too few: fund it before you approve" if after < 0 else f"{after:,} after"
    return f"{budget}: {left:,} left, {short}"


def limit_of(request: PointsRequest) -> str:
    """Return what counts against the person's limit; empty where there is none."""
    programme = request.programme
    if programme.per_person_limit_days is None or request.person_id is None:
        return ""
    since = timezone.now() - timedelta(days=programme.per_person_limit_days)
    had = queries.earned([(request.person_id, programme.pk, since)]).get((request.person_id, programme.pk), 0)
    days, limit = programme.per_person_limit_days, programme.per_person_limit
    return f"{in_words(had)} in {days} days with this request, limit {limit:,}"


def adjustment_facts(row: Adjustment) -> Facts:
    """Return, in words, what an adjustment would leave in the wallet and in the budget."""
    account = Account.objects.filter(person=row.person).first()
    available = account.available if account else 0
    after = available + row.points
    wallet = f"{in_words(after)} available after, {available:,} now"
    if after < 0:
        wallet = f"only {in_words(available)} available: it would be refused"
    budget = _after(*budget_queries.paying(row.programme, row.person), row.points)
    facts = [("What", adjustments.in_a_sentence(row)), ("Wallet", wallet), ("Budget", budget), ("Reason", row.reason)]
    if row.points > 0:
        expiry = expires_at(row.programme, row.person, timezone.now())
        facts.append(("Expires", f"{timezone.localtime(expiry):%d %b %Y}" if expiry else "Never"))
    return [*facts, ("Told", f"{row.person} is told, with the reason, once it is approved")]


def upload_facts(upload: Upload) -> Facts:
    """Return, in words, what approving an upload does: how much for whom, when, and what the budget holds after."""
    people = f"{upload.people:,} {'person' if upload.people == 1 else 'people'}"
    facts = [
        ("What", f"{upload_approving.in_a_sentence(upload)} to {people}"),
        ("File", upload.file_name),
        ("Budget", _after(str(upload.programme), queries.budget(upload.programme).left, upload.points)),
        ("When", f"From {upload.credit_at:%d %b %Y, %H:%M} UTC" if upload.credit_at else "As soon as it is approved"),
    ]
    if upload.later_rows and not upload.credit_at:
        facts.append(("Later", f"{upload.later_rows:,} of its rows on the day that they name"))
    if upload.approval_rows:
        facts.append(("Then", f"{upload.approval_rows:,} of its rows wait for an approval of their own"))
    if upload.bad_rows:
        facts.append(("Left out", f"{upload.bad_rows:,} rows cannot be credited"))
    if upload.alike_rows:
        facts.append(("Look again", f"{upload.alike_rows:,} rows look like points that their people got lately"))
    return facts


def rule_facts(change: RuleChange) -> Facts:
    """Return, in words, what turning a version of a rule on changes, and what it would have cost."""
    rule = change.rule
    live = rule.live_version
    facts = [
        ("What", f"{rule_changes.in_a_sentence(change)} decides from now on"),
        ("In place of", f"version {live.number}" if live else "nothing: the rule is off"),
    ]
    facts += [(label, _from_to(label, change.version, live)) for label in WORDING_LABELS]
    facts.append(("Programme", f"{rule.programme}, {rule.programme.get_status_display().lower()}"))
    return [*facts, ("Over past events", simulated(change.version, rule.programme))]


WORDING_LABELS = {
    "Event": "event_type",
    "When": "when",
    "Points": "points",
    "Reason": "reason",
    "Once per": "once_per",
}


def _from_to(label: str, version: RuleVersion, live: RuleVersion | None) -> str:
    new, old = (_written(each, WORDING_LABELS[label]) for each in (version, live))
    return new if live is None or new == old else f"{new} (until now: {old})"


def _written(version: RuleVersion | None, name: str) -> str:
    value = getattr(version, name) if version else ""
    return ", ".join(value) or "–" if isinstance(value, list) else value


def simulated(version: RuleVersion, programme: Programme) -> str:
    """Return what the newest simulation of this wording found, in a sentence."""
    wording = {name: getattr(version, name) for name in WORDING_LABELS.values()}
    found = RuleSimulation.objects.filter(
        programme=programme, wording_hash=fingerprints.of_wording(wording), status=RuleSimulationStatus.DONE
    ).first()
    if found is None:
        return "Nobody simulated this wording"
    people = f"{found.people:,} {'person' if found.people == 1 else 'people'}"
    period = f"{found.from_at:%d %b %Y} to {found.until_at:%d %b %Y}"
    return f"{in_words(found.points)} to {people} for the events of {period}; really given: {found.given_points:,}"


def _rule_changes() -> QuerySet[RuleChange]:
    return RuleChange.objects.select_related(
        "rule__programme", "rule__live_version", "version__rule", "replaces", "requested_by", "approval__group"
    )


def _uploads() -> QuerySet[Upload]:
    return Upload.objects.select_related("programme", "confirmed_by", "approval__group")


def _points_requests() -> QuerySet[PointsRequest]:
    return PointsRequest.objects.select_related("programme", "person", "requested_by", "approval__group")


def _adjustments() -> QuerySet[Adjustment]:
    return Adjustment.objects.select_related("programme", "person", "requested_by", "approval__group")


POINTS_REQUEST = Matter(
    kind=ApprovalKind.POINTS_REQUEST,
    label=ApprovalKind.POINTS_REQUEST.label,
    rows=_points_requests,
    seen=fingerprints.of_points_request,
    facts=points_request_facts,
    button=lambda row: f"Approve {in_words(row.points)}",
    approve=points_requests.approve,
    reject=points_requests.reject,
)
ADJUSTMENT = Matter(
    kind=ApprovalKind.ADJUSTMENT,
    label=ApprovalKind.ADJUSTMENT.label,
    rows=_adjustments,
    seen=fingerprints.of_adjustment,
    facts=adjustment_facts,
    button=adjustments.in_a_sentence,
    approve=adjustments.approve,
    reject=adjustments.reject,
)
UPLOAD = Matter(
    kind=ApprovalKind.UPLOAD,
    label=ApprovalKind.UPLOAD.label,
    rows=_uploads,
    seen=fingerprints.of_upload,
    facts=upload_facts,
    button=upload_approving.in_a_sentence,
    approve=uploads.approve,
    reject=uploads.reject,
)
RULE = Matter(
    kind=ApprovalKind.RULE,
    label=ApprovalKind.RULE.label,
    rows=_rule_changes,
    seen=fingerprints.of_rule_change,
    facts=rule_facts,
    button=lambda row: f"Turn on version {row.version.number} of {row.rule}",
    approve=rule_changes.approve,
    reject=rule_changes.reject,
)
MATTERS = (UPLOAD, POINTS_REQUEST, ADJUSTMENT, RULE)
