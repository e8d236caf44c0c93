"""What happens in the demo company on each day of its last six months. Pure data: operations make it so."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from rewards_portal.demo.people import DemoPerson

DAYS = 183
RATED_SHARE, REDEEMING_SHARE = 0.9, 0.35
RATINGS, RATING_WEIGHTS = (2.0, 3.0, 4.0, 5.0), (1, 5, 6, 3)
PROJECTS = ("Atlas", "Beacon", "Cobalt", "Delta", "Ember", "Fjord")
MILESTONES_A_MONTH = 12
SOURCE = "urn:acme:demo"
LAST_HAPPENING = "last-day"


@dataclass(frozen=True, kw_only=True)
class Happening:
    """An event as an HR system would tell it."""

    id: str
    type: str
    recipient: str
    data: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Award:
    """Points that somebody asks for directly; `approvers` decide at once, an empty tuple leaves it waiting."""

    id: str
    programme: str
    recipient: str
    points: int
    reason: str
    asked_by: str
    approvers: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Redemption:
    """Something somebody redeems; `major` is the face value in whole units of its currency."""

    id: str
    recipient: str
    sku: str
    major: int


@dataclass(frozen=True, kw_only=True)
class Booking:
    """What a booking system draws from the travel credit of a redemption: paid at once, or held for `held_days`.

    `minor` is in minor units; `held_days` count from the day on which the credit was opened.
    """

    reference: str
    redemption: str
    description: str
    minor: int
    held_days: int | None = None


@dataclass(frozen=True, kw_only=True)
class Thanks:
    """Points that a colleague gives another out of an allowance, with their words and one of Acme's values."""

    id: str
    giver: str
    receiver: str
    points: int
    reason: str
    value: str


@dataclass
class Day:
    """One day, in the order in which its things happen."""

    happenings: list[Happening] = field(default_factory=list)
    awards: list[Award] = field(default_factory=list)
    redemptions: list[Redemption] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    thanks: list[Thanks] = field(default_factory=list)


HR = ("E10001", "E10002")
# Days ago, award. Ana's add up to what look.md shows: 18,450, of which 650 expire in a week.
AWARDS = [
    (
        178,
        Award(
            id="ana-1",
            programme="quarterly-performance",
            recipient="E10482",
            points=10_000,
            reason="Annual bonus 2025, taken as points",
            asked_by="E10005",
            approvers=HR,
        ),
    ),
    (
        170,
        Award(
            id="ana-2",
            programme="quarterly-performance",
            recipient="E10482",
            points=5_500,
            reason="Patent granted: layered storage",
            asked_by="E10005",
            approvers=HR,
        ),
    ),
    (
        115,
        Award(
            id="ana-3",
            programme="spotlight-awards",
            recipient="E10482",
            points=400,
            reason="Ran the summer school",
            asked_by="E10005",
        ),
    ),
    (
        83,
        Award(
            id="ana-4",
            programme="spotlight-awards",
            recipient="E10482",
            points=3_150,
            reason="Moved payroll without an hour of downtime",
            asked_by="E10005",
            approvers=HR[:1],
        ),
    ),
    (
        60,
        Award(
            id="ana-5",
            programme="quarterly-performance",
            recipient="E10482",
            points=3_200,
            reason="Mentored four new colleagues",
            asked_by="E10005",
            approvers=HR[1:],
        ),
    ),
    (
        20,
        Award(
            id="ana-6",
            programme="spotlight-awards",
            recipient="E10482",
            points=1_800,
            reason="Wrote the recovery plan",
            asked_by="E10005",
            approvers=HR[:1],
        ),
    ),
    (
        2,
        Award(
            id="waits-1",
            programme="spotlight-awards",
            recipient="E10007",
            points=7_500,
            reason="Brought the Leipzig warehouse through the flood week",
            asked_by="E10001",
        ),
    ),
    (
        1,
        Award(
            id="waits-2",
            programme="spotlight-awards",
            recipient="E10006",
            points=5_000,
            reason="Patent granted: route planning for cold chains",
            asked_by="E10005",
        ),
    ),
    (
        0,
        Award(
            id="waits-3",
            programme="quarterly-performance",
            recipient="E10005",
            points=2_500,
            reason="Three referrals hired",
            asked_by="E10002",
        ),
    ),
    (
        0,
        Award(
            id="waits-4",
            programme="spotlight-awards",
            recipient="00217",
            points=1_200,
            reason="Answered 400 customers on the day of the outage",
            asked_by="E10008",
        ),
    ),
]
HAPPENINGS = [
    (
        130,
        Happening(
            id="ana-q2",
            type="performance.rating_submitted",
            recipient="E10482",
            data={"rating": 5, "period": "Q2 2026"},
        ),
    ),
    (41, Happening(id="ana-5-years", type="occasion.work_anniversary", recipient="E10482", data={"years": 5})),
    (
        4,
        Happening(
            id="ana-q3",
            type="performance.rating_submitted",
            recipient="E10482",
            data={"rating": 5, "period": "Q3 2026"},
        ),
    ),
    (
        3,
        Happening(
            id="starter-q3",
            type="performance.rating_submitted",
            recipient="E99001",
            data={"rating": 4, "period": "Q3 2026"},
        ),
    ),
    (
        3,
        Happening(
            id="left-q3",
            type="performance.rating_submitted",
            recipient="E11036",
            data={"rating": 4, "period": "Q3 2026"},
        ),
    ),
    (
        0,
        Happening(
            id=LAST_HAPPENING,
            type="project.milestone_reached",
            recipient="E10482",
            data={"project": "Atlas", "milestone": "7.1", "size": "small"},
        ),
    ),
]
REDEMPTIONS = [
    (120, Redemption(id="ana-solvane", recipient="E10482", sku="solvane-air", major=100)),
    (8, Redemption(id="ana-kettle", recipient="E10482", sku="kettle-lane", major=25)),
]
# Leaves €37.30 of €100 free, as look.md shows it; the held one stays held for a month after the demo's last day.
BOOKINGS = [
    (12, Booking(reference="7K2QPL", redemption="ana-solvane", description="Berlin to Lisbon", minor=4420)),
    (
        2,
        Booking(reference="9MX4TD", redemption="ana-solvane", description="Lisbon to Porto", minor=1850, held_days=150),
    ),
]
THANKS = [
    (15, ("E10005", "E10482", 300, "Stayed late to fix the payroll import", "Own it")),
    (9, ("E10482", "104512", 50, "You explained the new queue twice, and patiently", "Learn and share")),
    (4, ("E10482", "E10006", 25, "Thank you for bringing the customer's words to our planning", "Customer first")),
]
WORDS = [
    ("Customer first", "You stayed on the line until the customer could ship"),
    ("Customer first", "You wrote back to all forty of them, by name"),
    ("Own it", "You found the fault that was not yours, and mended it"),
    ("Own it", "The night shift ran because you did not let go"),
    ("Learn and share", "Your notes saved my team a week"),
    ("Learn and share", "You taught three of us to read the ledger"),
    ("Be kind", "You took my shift when my daughter was ill"),
    ("Be kind", "You made the new ones feel at home on their first day"),
]
THANKS_A_MONTH, THANKS_DAYS = 24, 150
WISHES = [
    ("kettle-lane", 5),
    ("kettle-lane", 10),
    ("pagefold-books", 10),
    ("hollin-and-bay", 10),
    ("clean-rivers", 5),
    ("cinemira", 8),
    ("tessera-rail", 20),
    ("tallow-and-wick", 10),
    ("school-lunch", 2),
]


def days(staff: list[DemoPerson], today: date) -> Iterator[tuple[date, Day]]:
    """Yield each day of the last six months with what happens on it, oldest first."""
    calendar: dict[int, Day] = defaultdict(Day)
    for ago, award in AWARDS:
        calendar[ago].awards.append(award)
    for ago, happening in HAPPENINGS:
        calendar[ago].happenings.append(happening)
    for ago, redemption in REDEMPTIONS:
        calendar[ago].redemptions.append(redemption)
    for ago, booking in BOOKINGS:
        calendar[ago].bookings.append(booking)
    for number, (ago, words) in enumerate(THANKS):
        calendar[ago].thanks.append(_thanked(f"ana-{number}", *words))
    choose = random.Random("Acme's half-year")  # noqa: S311 - the same half-year everywhere, nothing secret
    others = [person for person in staff if not person.left and person.employee_number != "E10482"]
    _ratings(calendar, others, choose)
    _anniversaries(calendar, others, today)
    _milestones(calendar, others, choose)
    _wishes(calendar, others, choose)
    _thanks(calendar, others)
    for ago in range(DAYS, -1, -1):
        yield today - timedelta(days=ago), calendar[ago]


def _ratings(calendar: dict[int, Day], staff: list[DemoPerson], choose: random.Random) -> None:
    for period, from_day, to_day in (("Q2 2026", 140, 125), ("Q3 2026", 50, 38)):
        for person in staff:
            if choose.random() < RATED_SHARE:
                rating = choose.choices(RATINGS, RATING_WEIGHTS)[0]
                calendar[choose.randint(to_day, from_day)].happenings.append(
                    Happening(
                        id=f"rating-{period}-{person.employee_number}",
                        type="performance.rating_submitted",
                        recipient=person.employee_number,
                        data={"rating": rating, "period": period},
                    )
                )


def _anniversaries(calendar: dict[int, Day], staff: list[DemoPerson], today: date) -> None:
    for ago in range(DAYS, 0, -1):
        day = today - timedelta(days=ago)
        for person in staff:
            years = day.year - person.joined_on.year
            if years and (day.month, day.day) == (person.joined_on.month, person.joined_on.day):
                calendar[ago].happenings.append(
                    Happening(
                        id=f"anniversary-{years}-{person.employee_number}",
                        type="occasion.work_anniversary",
                        recipient=person.employee_number,
                        data={"years": years},
                    )
                )


def _milestones(calendar: dict[int, Day], staff: list[DemoPerson], choose: random.Random) -> None:
    for month in range(DAYS // 30):
        for number in range(MILESTONES_A_MONTH):
            person = choose.choice(staff)
            data = {
                "project": choose.choice(PROJECTS),
                "milestone": f"{month + 1}.{number + 1}",
                "size": choose.choice(("large", "medium", "medium")),
            }
            calendar[DAYS - 30 * month - choose.randint(1, 29)].happenings.append(
                Happening(
                    id=f"milestone-{month}-{number}",
                    type="project.milestone_reached",
                    recipient=person.employee_number,
                    data=data,
                )
            )


def _wishes(calendar: dict[int, Day], staff: list[DemoPerson], choose: random.Random) -> None:
    for month in range(DAYS // 30):
        for person in staff:
            if choose.random() < REDEEMING_SHARE:
                sku, major = choose.choice(WISHES)
                ago = DAYS - 30 * month - choose.randint(1, 29)
                calendar[ago].redemptions.append(
                    Redemption(
                        id=f"{month}-{person.employee_number}", recipient=person.employee_number, sku=sku, major=major
                    )
                )


def _thanks(calendar: dict[int, Day], staff: list[DemoPerson]) -> None:
    """Have colleagues thank each other, and those who lead thank their own with more."""
    choose = random.Random("Acme's thanks")  # noqa: S311 - the same thanks everywhere, nothing secret
    leads = {person.manager_number for person in staff}
    for number in range(THANKS_A_MONTH * THANKS_DAYS // 30):
        giver, receiver = choose.sample(staff, 2)
        points = choose.choice((50, 100, 200) if giver.employee_number in leads else (10, 25, 50))
        value, reason = choose.choice(WORDS)
        given = _thanked(f"{number}", giver.employee_number, receiver.employee_number, points, reason, value)
        calendar[choose.randint(1, THANKS_DAYS)].thanks.append(given)


def _thanked(name: str, giver: str, receiver: str, points: int, reason: str, value: str) -> Thanks:
    return Thanks(id=f"thanks-{name}", giver=giver, receiver=receiver, points=points, reason=reason, value=value)
