"""Rules in the admin: checked while they are written, tried, simulated, and turned on by a second person."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from people.models import Person
from people.tests.factories import make_person
from programs.models import Event, PointsRequest, Programme, Rule, RuleChange, RuleSimulation, RuleVersion
from programs.operations import rule_changes, rules, simulations
from programs.tests.factories import AT, make_programme
from programs.tests.test_admin import page, said, signed_in
from programs.tests.test_events import TYPE, WORDING
from programs.tests.test_simulations import receive
from wallets.ledger_rules import findings

pytestmark = pytest.mark.django_db
ADD = reverse("admin:programs_rule_add")
CHECK = reverse("admin:programs_rule_check")
HR_ADMINISTRATORS, HR_APPROVERS = "HR administrators", "HR approvers"


def somebody(*names: str) -> Person:
    """Somebody in the admin with these roles."""
    person = make_person(is_staff=True)
    person.groups.set(Group.objects.filter(name__in=names))
    return person


@pytest.fixture
def hr() -> Client:
    return signed_in(somebody(HR_ADMINISTRATORS, HR_APPROVERS))


@pytest.fixture
def approver() -> Client:
    return signed_in(somebody(HR_APPROVERS))


def form(programme: Programme | None = None, **change: Any) -> dict[str, Any]:
    inlines = {
        f"{prefix}-{name}": "0" for prefix in ("changes", "versions") for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    names = {"programme": programme.pk, "slug": "top"} if programme else {}
    return {**inlines, **names, **WORDING, "once_per": "event.period", **change}


def test_saving_asks_and_a_second_person_turns_it_on(hr: Client, approver: Client) -> None:
    programme = make_programme()
    answer = hr.post(ADD, form(programme), follow=True)
    change = RuleChange.objects.get()
    assert answer.redirect_chain == [(page(change), 302)]
    assert "Version 1 of top waits: HR approvers turn it on." in answer.content.decode()
    assert "You asked for this, so somebody else decides." in answer.content.decode()
    decide = reverse("admin:programs_rulechange_decide", args=[change.pk])
    hr.post(decide, {"verdict": "approve"})
    assert Rule.objects.get().live_version is None
    shown = said(approver, page(change))
    assert "Turn on version 1 of top" in shown
    assert "event.rating &gt;= 4.0" in shown
    approver.post(decide, {"verdict": "approve"})
    assert Rule.objects.get().live_version == change.version


def test_taken_back_by_somebody_who_writes_rules(hr: Client, approver: Client) -> None:
    hr.post(ADD, form(make_programme()))
    change = RuleChange.objects.get()
    address = reverse("admin:programs_rulechange_withdraw", args=[change.pk])
    assert ("Take it back" in said(hr, page(change)), "Take it back" in said(approver, page(change))) == (True, False)
    assert approver.post(address).status_code == 403
    hr.post(address)
    change.refresh_from_db()
    assert (change.status, change.approval.status) == ("withdrawn", "withdrawn")
    assert "This change is decided: withdrawn." in hr.post(address, follow=True).content.decode()
    assert (
        hr.post(reverse("admin:programs_rulechange_withdraw", args=[change.rule.changes.model().pk])).status_code == 404
    )


def test_decide_page_shows_old_and_new_side_by_side(hr: Client, approver: Client) -> None:
    programme = make_programme()
    rules.write(programme=programme, slug="top", by=None, **WORDING)
    hr.post(page(Rule.objects.get()), form(points="700"))
    change = RuleChange.objects.get()
    shown = said(approver, page(change))
    for text in ("Until now, version 1", "Then, version 2", "<code>700</code>", "changed"):
        assert text in shown
    assert shown.count("badge warn") == 1
    assert "Nobody simulated this wording" in shown


def test_saving_what_is_live_and_a_slug_twice_are_refused_in_a_sentence(hr: Client) -> None:
    programme = make_programme()
    rules.write(programme=programme, slug="top", by=None, **WORDING)
    assert "Version 1 is live and says exactly this" in hr.post(page(Rule.objects.get()), form()).content.decode()
    answer = hr.post(ADD, form(programme, points="9")).content.decode()
    assert "This programme has a rule with this slug. Open that one, or choose another slug." in answer
    assert (RuleChange.objects.count(), Rule.objects.count()) == (0, 1)


def test_turned_off_at_once_and_on_again_by_two(hr: Client) -> None:
    rules.write(programme=make_programme(), slug="top", by=None, **WORDING)
    rule = Rule.objects.get()
    hr.post(reverse("admin:programs_rule_turn_off", args=[rule.pk]))
    rule.refresh_from_db()
    assert rule.live_version is None
    hr.post(reverse("admin:programs_rule_turn_on", args=[rule.pk]))
    rule.refresh_from_db()
    assert (rule.live_version, RuleChange.objects.get().status, RuleVersion.objects.count()) == (None, "waiting", 1)


def checked(client: Client, **change: Any) -> str:
    answer = client.post(CHECK, form(**change))
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"when": "event.rating >="}, "line 1, column 16"),
        ({"when": "event.ratng >= 4"}, "of this type has event.ratng (column 1). Did you mean event.rating?"),
        ({"when": 'person.contry == "DE"'}, "There is no person.contry (column 1). Did you mean person.country?"),
        ({"points": "event.period"}, "must be a whole number; it is text"),
        ({"points": '"500"'}, "must be a whole number; it is text"),
        ({"points": "-5"}, "-5 is no number of points: write 1 to 10,000,000."),
        ({"points": "1000000000000"}, "1,000,000,000,000 is no number of points"),
        ({"points": "event.rating * -100"}, "gives -500; a credit is a whole number from 1 to 10,000,000."),
        ({"points": "100 / 0"}, "`100 / 0` divides by zero."),
        ({"points": "100 / (event.rating - 5)"}, "divides by zero"),
        ({"reason": "Rated {event.rating"}, "The brace in column 7 is never closed"),
        ({"reason": "Rated {event.goals}"}, "None of the last events of this type has event.goals"),
        ({"once_per": "event.period\nnow +"}, "line 1, column 6"),
        ({"event_type": "performance.rating_submited"}, f"Did you mean {TYPE}?"),
    ],
)  # fmt: skip
def test_check_says_where_and_what_to_do(hr: Client, change: dict[str, Any], text: str) -> None:
    receive(make_person(), "1")
    shown = checked(hr, **change)
    assert text in shown.replace("&gt;", ">").replace("&quot;", '"').replace("&#x27;", "'")
    assert RuleVersion.objects.count() == 0


def test_check_lists_known_fields_and_what_somebody_would_read(hr: Client) -> None:
    receive(make_person(name="Ana Ribeiro"), "1")
    shown = checked(hr)
    for text in ("<code>event.rating</code>", "<td>number</td><td>5</td>", "Rated 5 for 2026-Q3", "Ana Ribeiro"):
        assert text in shown


def test_check_shows_no_values_to_somebody_who_may_not_see_events() -> None:
    receive(make_person(name="Ana Ribeiro"), "1")
    person = somebody(HR_ADMINISTRATORS)
    Group.objects.get(name=HR_ADMINISTRATORS).permissions.filter(codename="view_event").delete()
    shown = checked(signed_in(person))
    assert "<code>event.rating</code>" in shown
    assert ("2026-Q3" in shown, "Ana Ribeiro" in shown, "<td>number</td><td></td>" in shown) == (False, False, True)


def test_check_button_works_without_a_script_and_saves_nothing(hr: Client) -> None:
    answer = hr.post(ADD, form(make_programme(), when="event.rating >=", _check="1")).content.decode()
    assert "line 1, column 16" in answer
    assert Rule.objects.count() == 0


def test_others_may_not_check_write_turn_off_or_simulate(approver: Client) -> None:
    rules.write(programme=make_programme(), slug="top", by=None, **WORDING)
    rule = Rule.objects.get()
    for address, data in (
        (CHECK, form()),
        (ADD, form(_simulate="1")),
        (page(rule), form(points="9")),
        (reverse("admin:programs_rule_turn_off", args=[rule.pk]), {}),
        (reverse("admin:programs_rule_turn_on", args=[rule.pk]), {}),
    ):
        assert approver.post(address, data).status_code == 403
    assert "Simulate" not in said(approver, page(rule))


def tried(client: Client, programme: Programme, **change: Any) -> str:
    answer = client.post(ADD, form(programme, _try="1", **change))
    assert answer.status_code == 200
    return answer.content.decode()


def test_tried_on_a_past_event(hr: Client) -> None:
    person = make_person(employee_number="E1", name="Ana Ribeiro")
    event = receive(person, "1")
    shown = tried(hr, make_programme(slug="p"), **{"try-event": str(event.pk)})
    for text in (
        "Ana Ribeiro (E1)",
        "<dd>true</dd>",
        "Rated 5 for 2026-Q3",
        "[&quot;p&quot;,&quot;top&quot;,&quot;2026-Q3&quot;]",
        "1,000 points would be credited to Ana Ribeiro, who would then have 1,000 available.",
    ):
        assert text in shown
    assert (PointsRequest.objects.count(), Rule.objects.count(), Event.objects.count(), list(findings())) == (
        0,
        0,
        1,
        [],
    )


@pytest.mark.parametrize(
    ("programme", "change", "text"),
    [
        ({"budget": 10}, {}, "Refused: "),
        ({"steps": [(100, 1)]}, {}, "1,000 points would wait for approval."),
        ({"eligible": 'person.country == "XX"'}, {}, "is only for person.country"),
        ({"status": "draft"}, {}, "is draft"),
        ({}, {"try-pasted": '{"rating": 3, "period": "x"}'}, "No points: when is false"),
        ({}, {"try-pasted": '{"rating": 5}'}, "event.period is missing."),
        ({}, {"try-pasted": '{"rating": 5'}, "This is not JSON (line 1, column 13)"),
        ({}, {"try-pasted": '{"rating": 5, "period": "a\\u0000b"}'}, "holds \\u0000"),
        ({}, {"try-pasted": '{"rating": 5, "period": "\\ud800"}'}, "half of a surrogate pair"),
        ({}, {"try-pasted": "[" * 90_000}, "This cannot come so."),
        ({}, {"try-pasted": '{"a": ' * 40 + "1" + "}" * 40}, "This cannot come so."),
        ({"unknown_recipients": "park"}, {"try-recipient": "x" * 301}, "at most 300 characters"),
        ({}, {"try-pasted": "[1]"}, "Paste one JSON object, in braces."),
        ({}, {"try-pasted": '{"specversion": "1.0", "subject": "E9", "data": {"rating": 5, "period": "x"}}',
              "try-recipient": ""}, "nobody has this employee number"),
        ({}, {"try-pasted": ""}, "Choose an event, or paste one."),
        ({}, {"try-event": "no such"}, "Select a valid choice"),
    ],
)  # fmt: skip
def test_tried_on_a_pasted_event(hr: Client, programme: dict[str, Any], change: dict[str, Any], text: str) -> None:
    make_person(employee_number="E1", name="Ana Ribeiro")
    pasted = {"try-pasted": '{"rating": 5, "period": "2026-Q3"}', "try-recipient": "E1", **change}
    shown = tried(hr, make_programme(**programme), **pasted)
    assert text in shown.replace("&quot;", '"')
    assert (PointsRequest.objects.count(), Event.objects.count()) == (0, 0)


def simulated(hr: Client, people: int) -> RuleSimulation:
    for number in range(people):
        receive(make_person(name=f"=cmd{number}"), f"{people}-{number}", timezone.now() - timedelta(days=1))
    today = timezone.now().date()
    period = {"sim-from_on": today - timedelta(days=30), "sim-until_on": today}
    programme = make_programme(budget=1_000_000)
    answer = hr.post(ADD, form(programme, _simulate="1", **period))
    simulation = RuleSimulation.objects.first()
    assert simulation is not None
    assert (answer.status_code, answer["Location"]) == (302, page(simulation))
    assert "0%" in said(hr, page(simulation))
    while simulations.work(at=timezone.now()):
        pass
    return simulation


def test_simulated_shown_exported_and_told_to_who_decides(hr: Client, approver: Client) -> None:
    simulation = simulated(hr, 3)
    shown = said(hr, page(simulation))
    for text in (
        "3,000</span> points to 3 people",
        "It would take less than 1 %",
        "No department",
        "Rated 5 for 2026-Q3",
    ):
        assert text in shown
    answer = hr.get(reverse("admin:programs_rulesimulation_export", args=[simulation.pk]))
    lines = list(csv.reader(io.StringIO(b"".join(answer).decode())))  # type: ignore[arg-type]
    assert (len(lines), lines[1][2], lines[1][5:8]) == (4, "'=cmd0", ["Would be credited", "1000", "0"])
    by = Person.objects.get(pk=simulation.requested_by_id)
    change = rule_changes.propose(programme=simulation.programme, slug="top", by=by, at=AT, **WORDING)
    assert "3,000 points to 3 people for the events of" in said(approver, page(change))


def test_simulation_over_a_wrong_period_says_so(hr: Client) -> None:
    period = {"sim-from_on": "2026-02-01", "sim-until_on": "2026-01-01"}
    answer = hr.post(ADD, form(make_programme(), _simulate="1", **period)).content.decode()
    assert "The last day comes before the first." in answer
    period = {"sim-from_on": "2016-02-01", "sim-until_on": "2026-01-01"}
    answer = hr.post(ADD, form(make_programme(), _simulate="1", **period)).content.decode()
    assert "Choose 1 to 731 days" in answer
    assert RuleSimulation.objects.count() == 0


def queries(client: Client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_pages_cost_the_same_whatever_they_hold(hr: Client) -> None:
    counts = []
    for number in (1, 3):
        simulation = simulated(hr, number)
        rule_page = ""
        programme = make_programme()
        for slug in range(number):
            by = Person.objects.get(pk=simulation.requested_by_id)
            change = rule_changes.propose(programme=programme, slug=f"r{slug}", by=by, at=AT, **WORDING)
            for points in range(number):
                rule_changes.propose(
                    programme=programme, slug=f"r{slug}", by=by, at=AT, **{**WORDING, "points": f"{points + 1}"}
                )
            rule_page = page(change.rule)
        lists = [reverse(f"admin:programs_{name}_changelist") for name in ("rule", "rulechange", "rulesimulation")]
        counts.append([queries(hr, address) for address in (page(simulation), rule_page, page(change), *lists)])
    assert counts[0] == counts[1]
