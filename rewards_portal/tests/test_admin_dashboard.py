"""The dashboard's numbers follow from the rows; each person sees what they may; more rows cost no more queries."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.models import Group
from django.test import Client

from people.models import Person
from people.tests.factories import make_person
from programs.models import Programme
from programs.operations.points_requests import submit
from programs.tests.factories import make_programme, new
from rewards_portal import admin_dashboard, roles
from rewards_portal.admin_chart import Month, draw
from wallets.enums import AccountKind, TransferKind
from wallets.operations import accounts, transfers
from wallets.operations.transfers import NewTransfer

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def member(*role_names: str) -> Person:
    """Return somebody on the staff with these roles."""
    person = make_person(is_staff=True, name="Marta Silva")
    person.groups.set(Group.objects.filter(name__in=role_names))
    return person


def move(programme: Programme, person: Person, moves: list[tuple[TransferKind, int, datetime]]) -> None:
    """Move points of a programme to and from somebody's wallet at given times."""
    wallet = accounts.open_wallets([person.pk])[person.pk]
    ends = {
        TransferKind.CREDIT: (programme.budget_id, wallet),
        TransferKind.REDEMPTION: (wallet, accounts.system(AccountKind.REDEEMED).pk),
        TransferKind.EXPIRY: (wallet, accounts.system(AccountKind.EXPIRED).pk),
    }
    for number, (kind, points, at) in enumerate(moves):
        debit, credit = ends[kind]
        reference = f"test:{person.pk}:{number}"
        new_transfer = NewTransfer(
            debit_id=debit, credit_id=credit, points=points, kind=kind, reference=reference, effective_at=at
        )
        (posting,) = transfers.post([new_transfer], at=at)
        assert posting.error is None


def test_movement_by_month() -> None:
    person, programme = make_person(), make_programme()
    credit, redemption, expiry = TransferKind.CREDIT, TransferKind.REDEMPTION, TransferKind.EXPIRY
    move(
        programme,
        person,
        [
            (credit, 700, datetime(2025, 11, 30, 23, 0, tzinfo=UTC)),  # before the twelve months
            (credit, 1000, datetime(2025, 12, 1, 0, 0, tzinfo=UTC)),
            (credit, 2000, datetime(2026, 10, 23, 9, 0, tzinfo=UTC)),  # by this day last month
            (credit, 3000, datetime(2026, 10, 23, 11, 0, tzinfo=UTC)),  # later last month
            (credit, 2420, NOW),
            (redemption, 605, NOW),
            (expiry, 10, NOW - timedelta(days=1)),
        ],
    )
    movement = admin_dashboard.movement(NOW)
    months = {each.first_day: (each.issued, each.redeemed, each.expired) for each in movement.chart.months}
    assert (len(months), months[date(2025, 12, 1)], months[date(2026, 10, 1)]) == (12, (1000, 0, 0), (5000, 0, 0))
    assert months[date(2026, 11, 1)] == (2420, 605, 10)
    assert (movement.change, movement.redeemed_share) == ("21% more than by 23 Oct", "25% of what was issued")


def test_month_begins_by_the_readers_clock() -> None:
    move(make_programme(), make_person(), [(TransferKind.CREDIT, 100, datetime(2026, 10, 31, 23, 30, tzinfo=UTC))])
    from zoneinfo import ZoneInfo

    from django.utils import timezone

    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert admin_dashboard.movement(NOW).now.issued == 100
    assert admin_dashboard.movement(NOW).last.issued == 100


def test_accounts_of_a_whole_ledger_add_up_to_zero() -> None:
    person, programme = make_person(), make_programme(budget=10_000)
    move(programme, person, [(TransferKind.CREDIT, 4000, NOW), (TransferKind.REDEMPTION, 1500, NOW)])
    assert admin_dashboard.accounts() == (2500, 0)


@pytest.mark.parametrize(
    ("low_at", "left", "used", "state", "sentence"),
    [
        (50, 600, 0, "ok", "Nothing credited this year, 600 left"),
        (None, 69_000, 600, "ok", "On pace, 69,000 left"),
        (None, 18_000, 28_200, "warn", "At the rate of 30 days it lasts until 12 Dec"),
        (25_000, 11_800, 488_200, "danger", "11,800 left: new requests will be refused soon"),
        (None, 0, 100, "danger", "Empty: new requests are refused"),
        (None, 0, 0, "danger", "Not funded yet"),
    ],
)
def test_budget_sentence(low_at: int | None, left: int, used: int, state: str, sentence: str) -> None:
    budget = admin_dashboard.judge(1, "Referrals", low_at, left, used, used, today=NOW.date())
    assert (budget.state, budget.sentence) == (state, sentence)


def test_budgets_worst_first() -> None:
    person = make_person()
    easy, tight = make_programme(name="Easy", budget=1000), make_programme(name="Tight", budget=1000)
    make_programme(name="Draft", status="draft")
    move(easy, person, [(TransferKind.CREDIT, 900, datetime(2025, 12, 31, 12, 0, tzinfo=UTC))])  # last year's
    move(tight, make_person(), [(TransferKind.CREDIT, 980, NOW)])
    found = [(each.name, each.used, each.whole, each.share) for each in admin_dashboard.budgets(NOW.date())]
    assert found == [("Tight", 980, 1000, 98), ("Easy", 0, 100, 0)]


@pytest.mark.parametrize(
    ("role", "parts"),
    [
        ("", set()),
        (roles.HR_APPROVERS, {"waiting", "longest", "budgets"}),
        (roles.FINANCE, {"waiting", "longest", "budgets", "unspent", "movement"}),
        (roles.INTEGRATIONS, {"waiting", "longest", "budgets"}),
        (roles.AUDITORS, {"waiting", "longest", "budgets", "unspent", "movement"}),
    ],
)
def test_each_sees_what_they_may(role: str, parts: set[str]) -> None:
    shown = admin_dashboard.context(member(role))["dashboard"]
    assert set(shown) - {"today", "year_share", "health"} == parts


def test_health_lines_by_role() -> None:
    names = {
        role: [line.name for line in admin_dashboard.context(member(role))["dashboard"]["health"]]
        for role in roles.ROLES
    }
    everything = ["HR messages in", "Messages out", "Orders", "Ledger check"]
    assert names == {
        roles.HR_APPROVERS: [],
        roles.HR_ADMINISTRATORS: everything,
        roles.INTEGRATIONS: ["HR messages in", "Messages out"],
        roles.FINANCE: ["Orders", "Ledger check"],
        roles.AUDITORS: everything,
    }


def asked(programme: Programme, count: int) -> None:
    """Ask for points that wait for approval, one hour apart."""
    for number in range(count):
        person = make_person(name=f"Jonas Weber {number}")
        submit(
            [new(programme, person, points=1000 + number, external_id=f"w{number}")],
            at=NOW - timedelta(hours=count - number),
        )


def test_waiting_and_longest() -> None:
    with time_machine.travel(NOW, tick=False):
        asked(make_programme(steps=[(500, 1)], name="Spotlight"), 6)
        waiting, longest = admin_dashboard.waiting(), admin_dashboard.longest()
        page = Client()
        page.force_login(member(roles.HR_APPROVERS))
        text = page.get("/admin/").content.decode()
    assert waiting == (6, 6015, NOW - timedelta(hours=6))
    assert [each.points for each in longest] == [1000, 1001, 1002, 1003]
    assert "Monday, 23 November. 6 requests wait for approval." in text
    assert "Spotlight · waiting 6 h" in text


@pytest.mark.parametrize("count", [1, 3])
def test_dashboard_costs_the_same_however_much_waits(count: int, django_assert_num_queries) -> None:
    person = member(roles.HR_APPROVERS, roles.HR_ADMINISTRATORS)
    for number in range(count):
        asked_from = make_programme(steps=[(500, 1)])
        submit([new(asked_from, make_person(), points=900, external_id=f"q{number}")], at=NOW)
    page = Client()
    page.force_login(person)
    # session, person, permissions of the person and of their roles, the sidebar's counts, and eight of the dashboard
    with django_assert_num_queries(18):
        page.get("/admin/")


def test_chart_geometry() -> None:
    months = [Month(date(2026, month, 1), 0, 0, 0) for month in range(1, 12)] + [
        Month(date(2026, 12, 1), 600, 300, 100)
    ]
    chart = draw(months)
    assert [(bar.kind, bar.height) for bar in chart.bars] == [("in", 135.6), ("out", 67.8), ("gone", 22.6)]
    assert [line.label for line in chart.lines] == ["400", "200", "0", "200", "400", "600"]
    assert chart.finding == "Most points were issued in December: 600. Of all issued, 50% were redeemed."


def test_chart_without_points() -> None:
    chart = draw([Month(date(2026, month, 1), 0, 0, 0) for month in range(1, 13)])
    assert (chart.is_empty, chart.finding) == (True, "No points were issued in these months.")
