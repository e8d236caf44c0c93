"""The people of the demo company: the same two hundred on every machine."""

import random
from dataclasses import dataclass
from datetime import date, timedelta

DEPARTMENTS = ["Customer care", "Engineering", "Finance", "Operations", "People", "Sales"]
TIME_ZONES = {"DE": "Europe/Berlin", "IN": "Asia/Kolkata", "PT": "Europe/Lisbon", "US": "America/New_York"}
GIVEN_NAMES = {
    "DE": "Lena Jonas Mira Paul Frieda Emil Greta Anton Ida Moritz Klara Theo Hanna Oskar Johanna Felix".split(),
    "IN": "Aditi Rohan Priya Arjun Kavya Vivaan Meera Ishaan Neha Karthik Ananya Divya Siddharth Pooja Nikhil".split(),
    "PT": "Inês Tiago Beatriz Rui Leonor Duarte Sofia Miguel Joana Nuno Carolina Hugo Teresa Pedro Rita Filipe".split(),
    "US": "Maya Owen Harper Caleb Naomi Ethan Ruby Marcus Hazel Julian Nora Andre Stella Wyatt Camila Leo".split(),
}
FAMILY_NAMES = {
    "DE": "Brandt Keller Vogel Lorenz Seidel Hartmann Kuhn Ziegler Albrecht Neumann Pohl Engel Dietrich".split(),
    "IN": "Kulkarni Menon Bhatt Chandra Desai Nair Sethi Joshi Pillai Varma Kapoor Sinha Reddy".split(),
    "PT": "Almeida Carvalho Tavares Moreira Pinto Azevedo Barros Nogueira Fonseca Matos Lopes Teixeira Vieira".split(),
    "US": "Carter Brooks Hayes Foster Ramsey Whitfield Greer Maddox Ellison Pruitt Langley Sawyer Holloway".split(),
}


@dataclass(frozen=True, kw_only=True)
class DemoPerson:
    """One row of the demo company's staff list."""

    employee_number: str
    name: str
    email: str
    department: str
    country: str
    joined_on: date
    grade: str
    manager_number: str | None
    left: bool = False

    @property
    def birthday(self) -> str:
        """Return month and day; empty for one in five, who did not say."""
        choose = random.Random(f"Acme {self.employee_number}")  # noqa: S311 - made up, the same everywhere
        day = date(2023, 1, 1) + timedelta(days=choose.randrange(365))
        return "" if choose.random() < UNKNOWN_BIRTHDAYS else f"{day:%m-%d}"


# Department, number, name, e-mail where it is not first.last, country, joined, grade, manager's number.
_NAMED = [
    ("People", "E10001", "Marta Silva", "", "PT", date(2018, 3, 1), "M4", None),
    ("People", "E10002", "Vikram Iyer", "", "IN", date(2019, 6, 17), "M3", "E10001"),
    ("Finance", "E10003", "Clara Hoffmann", "", "DE", date(2017, 9, 4), "M4", "E10001"),
    ("Finance", "E10004", "Grace Bennett", "", "US", date(2020, 1, 13), "M2", "E10003"),
    ("Engineering", "E10005", "Jonas Weber", "", "DE", date(2016, 11, 14), "M4", "E10001"),
    ("Engineering", "E10482", "Ana Ribeiro", "", "DE", date(2021, 10, 14), "P4", "E10005"),
    ("Engineering", "104512", "Asha Rao", "asha.rao@example.com", "IN", date(2020, 9, 21), "P3", "E10005"),
    ("Sales", "104513", "Ben Okafor", "ben.okafor@example.com", "US", date(2022, 4, 4), "P2", "E10006"),
    ("Sales", "E10006", "Priyadarshini Raghunathan-Venkataraman", "", "IN", date(2015, 2, 2), "M4", "E10001"),
    ("Operations", "E10007", "Maximilian von Hohenstein-Schwarzburg", "", "DE", date(2014, 5, 19), "M4", "E10001"),
    ("Customer care", "E10008", "Inês Figueiredo", "", "PT", date(2019, 8, 26), "M3", "E10001"),
    ("Customer care", "00217", "Tomás Queirós", "", "PT", date(2023, 1, 9), "P1", "E10008"),
]
HEADS = {
    "People": "E10001",
    "Finance": "E10003",
    "Engineering": "E10005",
    "Sales": "E10006",
    "Operations": "E10007",
    "Customer care": "E10008",
}
HEAD_COUNT = 200
TEAM_LEADS_PER_DEPARTMENT = 3
LEAVER_EVERY = 37
UNKNOWN_BIRTHDAYS = 0.2


def staff() -> list[DemoPerson]:
    """Return everybody, managers before those they manage."""
    people = [_named(*row) for row in _NAMED]
    people.sort(key=lambda person: person.employee_number not in HEADS.values())
    people.sort(key=lambda person: person.manager_number is not None)
    choose = random.Random("Acme")  # noqa: S311 - the same company everywhere, nothing secret
    taken = {person.name for person in people}
    for index in range(HEAD_COUNT - len(people)):
        people.append(_drawn(choose, index, taken))
    return people


def _named(
    department: str, number: str, name: str, email: str, country: str, joined_on: date, grade: str, manager: str | None
) -> DemoPerson:
    return DemoPerson(
        employee_number=number,
        name=name,
        email=email or _email(name),
        department=department,
        country=country,
        joined_on=joined_on,
        grade=grade,
        manager_number=manager,
    )


def _drawn(choose: random.Random, index: int, taken: set[str]) -> DemoPerson:
    department = DEPARTMENTS[index % len(DEPARTMENTS)]
    nth_of_department = index // len(DEPARTMENTS)
    is_lead = nth_of_department < TEAM_LEADS_PER_DEPARTMENT
    lead_index = (nth_of_department % TEAM_LEADS_PER_DEPARTMENT) * len(DEPARTMENTS) + index % len(DEPARTMENTS)
    country = choose.choices(sorted(TIME_ZONES), weights=[30, 40, 20, 10])[0]
    return DemoPerson(
        employee_number=f"E{11000 + index}",
        name=(name := _new_name(choose, country, taken)),
        email=_email(name),
        department=department,
        country=country,
        joined_on=date(choose.randint(2012, 2025), choose.randint(1, 12), choose.randint(1, 28)),
        grade="M2" if is_lead else choose.choice(["P1", "P2", "P3", "P4"]),
        manager_number=HEADS[department] if is_lead else f"E{11000 + lead_index}",
        left=not is_lead and index % LEAVER_EVERY == LEAVER_EVERY - 1,
    )


def _new_name(choose: random.Random, country: str, taken: set[str]) -> str:
    while True:
        name = f"{choose.choice(GIVEN_NAMES[country])} {choose.choice(FAMILY_NAMES[country])}"
        if name not in taken:
            taken.add(name)
            return name


def _email(name: str) -> str:
    plain = name.lower().translate(str.maketrans("áâãéêíóôõúüöäçñ", "aaaeeiooouuoacn")).replace(" ", ".")
    return f"{plain}@acme.example"
