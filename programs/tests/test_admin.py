"""Earning in the HR admin, as an approver, a requester, an auditor, finance and HR see it."""

from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse

from people.models import Person
from people.tests.factories import make_person
from programs.enums import PointsRequestStatus, ProgrammeStatus, Source
from programs.models import Funding, PointsRequest, Programme, Rule, RuleVersion
from programs.operations import events, rules
from programs.operations.events import NewEvent
from programs.tests.factories import AT, credited, make_programme
from wallets.ledger_rules import findings
from wallets.models import Account

pytestmark = pytest.mark.django_db
LIST = reverse("admin:programs_pointsrequest_changelist")
ROLES = {
    "HR approvers": ["programs.view_pointsrequest", "approvals.add_decision"],
    "HR administrators": [
        *("programs.view_pointsrequest", "programs.add_pointsrequest", "programs.view_event", "programs.view_funding"),
        *("programs.view_programme", "programs.add_programme", "programs.change_programme"),
        *("programs.view_approvalstep", "programs.add_approvalstep", "programs.change_approvalstep"),
        *("programs.view_rule", "programs.add_rule", "programs.change_rule"),
        *("programs.view_ruleversion", "programs.add_ruleversion"),
    ],
    "Finance": ["programs.view_programme", "programs.view_funding", "programs.add_funding"],
    "Auditors": [
        f"programs.view_{model}" for model in ("pointsrequest", "programme", "rule", "ruleversion", "event", "funding")
    ],
}


def make_role(role: str) -> Person:
    """Somebody in the admin with one role's permissions."""
    group, _ = Group.objects.get_or_create(name=role)
    for name in ROLES[role]:
        app_label, _, codename = name.partition(".")
        group.permissions.add(Permission.objects.get(content_type__app_label=app_label, codename=codename))
    person = make_person(is_staff=True)
    person.groups.add(group)
    return person


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def page(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def said(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def waiting(**fields: Any) -> PointsRequest:
    programme = make_programme(name="Spotlight", budget=10_000, steps=[(1000, 1), (5000, 2)])
    return credited(programme, make_person(name="Ana Ribeiro"), **({"points": 2000} | fields))


def decide(client: Client, row: PointsRequest, verdict: str = "approve", note: str = "") -> Any:
    path = reverse("admin:programs_pointsrequest_decide", args=[row.pk])
    return client.post(path, {"verdict": verdict, "note": note}, follow=True)


def status() -> str:
    return PointsRequest.objects.get().status


# deciding


def test_approver_sees_why_it_waits_and_approves() -> None:
    row, approver = waiting(), make_role("HR approvers")
    shown = said(signed_in(approver), page(row))
    assert "Requests over 1,000 points in Spotlight need one approval from HR approvers." in shown
    assert "Spotlight: 10,000 left, 8,000 after" in shown
    assert "Approve 2,000 points" in shown
    answer = decide(signed_in(approver), row)
    assert answer.redirect_chain[-1][0] == f"{LIST}?status__exact=pending_approval"
    assert "Credited: 2,000 points for Ana Ribeiro." in answer.content.decode()
    assert status() == PointsRequestStatus.CREDITED
    assert list(findings()) == []


def test_approver_rejects_with_a_note() -> None:
    row, client = waiting(), signed_in(make_role("HR approvers"))
    assert "write a note" in decide(client, row, "reject").content.decode()
    assert status() == PointsRequestStatus.PENDING_APPROVAL
    decide(client, row, "reject", "twice")
    assert status() == PointsRequestStatus.REJECTED


def test_second_approver_sees_who_approved_first() -> None:
    row, first = waiting(points=6000), make_role("HR approvers")
    assert "waits for another approver" in decide(signed_in(first), row).content.decode()
    assert "You decided this already" in said(signed_in(first), page(row))
    second = make_role("HR approvers")
    assert f"{first.name} approved. One more approval and the points arrive at once." in said(
        signed_in(second), page(row)
    )
    decide(signed_in(second), row)
    assert status() == PointsRequestStatus.CREDITED


def test_requester_sees_why_not_and_is_refused() -> None:
    approver = make_role("HR approvers")
    row = waiting(requested_by=approver)
    shown = said(signed_in(approver), page(row))
    assert "You asked for this, so somebody else decides." in shown
    assert "Approve 2,000 points" not in shown
    assert "You asked for this" in decide(signed_in(approver), row).content.decode()
    assert status() == PointsRequestStatus.PENDING_APPROVAL


def test_approval_without_budget_says_so_and_leaves_it_waiting() -> None:
    row, client = waiting(points=4000), signed_in(make_role("HR approvers"))
    credited(row.programme, make_person(), points=1000)
    for _ in range(6):
        credited(row.programme, make_person(), points=1000)
    assert "1,000 too few" in said(client, page(row))
    assert "holds fewer than 4,000 points" in decide(client, row).content.decode()
    row.refresh_from_db()
    assert row.status == PointsRequestStatus.PENDING_APPROVAL


@pytest.mark.parametrize("role", ["Auditors", "HR administrators"])
def test_who_may_only_look_has_no_buttons_and_no_way_around_them(role: str) -> None:
    row, client = waiting(), signed_in(make_role(role))
    assert "Approve 2,000 points" not in said(client, page(row))
    assert 'value="approve_selected"' not in said(client, LIST)
    assert decide(client, row).status_code == 403
    client.post(LIST, {"action": "approve_selected", "_selected_action": [str(row.pk)]})
    assert client.post(page(row), {"points": 1}).status_code == 403
    assert status() == PointsRequestStatus.PENDING_APPROVAL


def test_a_decision_needs_a_post() -> None:
    row = waiting()
    path = reverse("admin:programs_pointsrequest_decide", args=[row.pk])
    assert signed_in(make_role("HR approvers")).get(path).status_code == 405


def test_actions_decide_about_each_and_say_why_not() -> None:
    approver = make_role("HR approvers")
    rows = [waiting(), waiting(points=3000), waiting(requested_by=approver)]
    chosen = {"action": "approve_selected", "_selected_action": [str(row.pk) for row in rows], "note": "checked"}
    answer = signed_in(approver).post(LIST, chosen, follow=True).content.decode()
    assert "Credited: 2 requests, 5,000 points." in answer
    assert "You asked for this, so somebody else decides." in answer
    assert [PointsRequest.objects.get(pk=row.pk).status for row in rows] == ["credited", "credited", "pending_approval"]


# explaining


def test_credit_is_explained_by_its_event_rule_and_values() -> None:
    programme, person = make_programme(name="Quarterly"), make_person(name="Ana Ribeiro")
    wording = {"event_type": "performance.rated", "when": "event.rating >= 4", "points": "event.rating * 100"}
    rules.write(
        programme=programme, slug="top", by=None, **wording, reason="Rated {event.rating}", once_per=["event.period"]
    )
    told = {"rating": 5, "period": "2026-Q3", "comment": "<b>bold</b>"}
    event = NewEvent(
        source="sf", source_id="77", type="performance.rated", subject=person.employee_number, time=AT, data=told
    )
    events.receive([event], at=AT)
    row = PointsRequest.objects.get()
    shown = said(signed_in(make_role("Auditors")), page(row))
    for text in [
        "Ana Ribeiro got 500 points in Quarterly: rule top, version 1, gives it for the event performance.rated.",
        "event.rating &gt;= 4",
        "event.rating * 100",
        "<code>event.rating</code></dt><dd>5</dd>",
        "once per event.period",
        "2026-Q3",
        "&lt;b&gt;bold&lt;/b&gt;",
        f"tr_{row.transfer_id.hex}" if row.transfer_id else "",
        "500 points after this",
    ]:
        assert text in shown
    assert "style=" not in shown
    assert "Rated 5" in said(signed_in(make_role("Auditors")), page(row.event))


def test_page_costs_the_same_however_much_was_decided(django_assert_max_num_queries: Any) -> None:
    client = signed_in(make_role("HR approvers"))
    row = waiting(points=6000)
    with django_assert_max_num_queries(20):
        said(client, page(row))


def test_list_costs_the_same_for_one_row_and_for_three(django_assert_num_queries: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client, counts = signed_in(make_role("Auditors")), []
    waiting()
    for _ in range(2):
        said(client, LIST)
        with CaptureQueriesContext(connection) as captured:
            said(client, LIST)
        counts.append(len(captured))
        waiting()
        waiting()
    assert counts[0] == counts[1]


def test_list_narrows_and_searches() -> None:
    row = waiting()
    other = credited(make_programme(), make_person(name="Ben Okafor"))
    client = signed_in(make_role("Auditors"))
    assert page(other) not in said(client, f"{LIST}?status__exact=pending_approval")
    assert page(row) not in said(client, f"{LIST}?q=Okafor")
    assert page(row) not in said(client, f"{LIST}?q=pr_{other.pk.hex}")
    assert page(other) not in said(client, f"{LIST}?programme__id__exact={row.programme_id}")


# giving


def test_hr_gives_points_and_a_second_press_gives_them_once() -> None:
    programme, person, hr = make_programme(), make_person(), make_role("HR administrators")
    client, path = signed_in(hr), reverse("admin:programs_pointsrequest_add")
    form_id = client.get(path).context["form"]["form_id"].value()
    filled = {
        "programme": programme.pk,
        "recipient": person.employee_number,
        "points": 250,
        "reason": "Thanks",
        "form_id": form_id,
    }
    for _ in range(2):
        assert client.post(path, filled).status_code == 302
    row = PointsRequest.objects.get()
    assert (row.points, row.person, row.source, row.requested_by, row.status) == (
        250,
        person,
        Source.ADMIN,
        hr,
        "credited",
    )


def test_giving_says_at_its_field_what_is_wrong() -> None:
    programme, client = make_programme(), signed_in(make_role("HR administrators"))
    path = reverse("admin:programs_pointsrequest_add")
    form_id = client.get(path).context["form"]["form_id"].value()
    filled = {"programme": programme.pk, "recipient": "E404", "points": 250, "reason": "Thanks", "form_id": form_id}
    assert "recipient" in client.post(path, filled).context["form"].errors
    assert PointsRequest.objects.count() == 0
    assert signed_in(make_role("Auditors")).get(path).status_code == 403


# programmes and budgets


def test_finance_funds_a_budget_and_a_second_press_funds_it_once() -> None:
    programme, finance = make_programme(budget=0), make_role("Finance")
    client, path = signed_in(finance), reverse("admin:programs_programme_fund", args=[programme.pk])
    form_id = client.get(path).context["form"]["form_id"].value()
    fields = {"points": 5000, "reference": "PO 7", "form_id": form_id}
    fields["shown"] = client.post(path, fields).context["form"]["shown"].value()
    for _ in range(2):
        assert client.post(path, fields).status_code == 302
    funding = Funding.objects.get()
    assert (funding.points, funding.reference, funding.funded_by) == (5000, "PO 7", finance)
    assert Account.objects.get(pk=programme.budget_id).points == 5000
    assert "<strong>5,000 left</strong>" in said(client, page(programme))


@pytest.mark.parametrize("role", ["Auditors", "HR administrators"])
def test_who_is_not_finance_funds_nothing(role: str) -> None:
    programme, client = make_programme(budget=0), signed_in(make_role(role))
    path = reverse("admin:programs_programme_fund", args=[programme.pk])
    assert client.post(path, {"points": 5000}).status_code == 403
    assert "Fund the budget" not in said(client, page(programme))


def programme_form(**fields: Any) -> dict[str, Any]:
    inlines = ("approval_steps", "allowance_policy", "company_values")
    steps = {f"{name}-{forms}_FORMS": 0 for name in inlines for forms in ("TOTAL", "INITIAL")}
    return (
        {"name": "Spot", "slug": "spot", "status": "draft", "unknown_recipients": "refuse", "notify": ["slack"]}
        | steps
        | fields
    )


def test_hr_creates_a_programme_with_its_budget_and_changes_it() -> None:
    hr = make_role("HR administrators")
    client = signed_in(hr)
    answer = client.post(reverse("admin:programs_programme_add"), programme_form())
    assert answer.status_code == 302
    programme = Programme.objects.get()
    assert (programme.slug, programme.notify, programme.budget.kind) == ("spot", ["inbox", "slack"], "budget")
    client.post(page(programme), programme_form(name="Spotlight", slug="other", status="active"))
    programme.refresh_from_db()
    assert (programme.name, programme.slug, programme.status) == ("Spotlight", "spot", ProgrammeStatus.ACTIVE)
    assert programme.events.count() == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"eligible": "person.country =="}, "eligible"),
        ({"eligible": "event.rating > 4"}, "eligible"),
        ({"starts_on": "2026-05-01", "ends_on": "2026-05-01"}, "ends_on"),
        ({"per_person_limit": 5}, "per_person_limit"),
        ({"points_expire_after_days": 0}, "points_expire_after_days"),
    ],
)
def test_programme_that_cannot_be_is_refused_at_its_field(change: dict[str, Any], field: str) -> None:
    client = signed_in(make_role("HR administrators"))
    answer = client.post(reverse("admin:programs_programme_add"), programme_form(**change))
    assert field in answer.context["adminform"].form.errors
    assert Programme.objects.count() == 0


# rules


def rule_form(programme: Programme, **fields: Any) -> dict[str, Any]:
    wording = {
        "event_type": "rated",
        "when": "event.rating >= 4",
        "points": "500",
        "reason": "Rated",
        "once_per": "event.period",
    }
    inlines = {f"{each}-{name}_FORMS": 0 for each in ("changes", "versions") for name in ("TOTAL", "INITIAL")}
    return {"programme": programme.pk, "slug": "top"} | wording | inlines | fields


def test_editing_a_rule_writes_a_version_and_keeps_the_old_one() -> None:
    programme, hr = make_programme(), make_role("HR administrators")
    client = signed_in(hr)
    assert client.post(reverse("admin:programs_rule_add"), rule_form(programme)).status_code == 302
    rule = Rule.objects.get()
    assert client.post(page(rule), rule_form(programme, points="600")).status_code == 302
    assert client.post(page(rule), rule_form(programme, points="600")).status_code == 302
    versions = RuleVersion.objects.order_by("number").values_list("number", "points", "created_by")
    assert list(versions) == [(1, "500", hr.pk), (2, "600", hr.pk)]
    assert "600" in said(client, page(rule))


def test_rule_that_cannot_be_read_is_refused_at_its_field() -> None:
    client = signed_in(make_role("HR administrators"))
    for change, field in (({"when": "event.rating >"}, "when"), ({"once_per": "event."}, "once_per")):
        answer = client.post(reverse("admin:programs_rule_add"), rule_form(make_programme(), **change))
        assert field in answer.context["adminform"].form.errors
    assert Rule.objects.count() == 0


def test_auditor_reads_everything_and_changes_nothing() -> None:
    client, programme = signed_in(make_role("Auditors")), make_programme()
    rules.write(
        programme=programme, slug="top", event_type="x", when="true", points="5", reason="r", once_per=[], by=None
    )
    for row in (programme, Rule.objects.get(), Funding.objects.get()):
        assert 'name="_save"' not in said(client, page(row))
        assert client.post(page(row), {}).status_code == 403
