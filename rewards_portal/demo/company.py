"""Loads the demo company through the operations that a user's clicks and a system's calls go through."""

import uuid
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from django.contrib.auth.models import Group
from django.db import transaction

from people.enums import PersonStatus
from people.models import Person
from people.operations import people
from people.operations.people import NewPerson
from programs.enums import Source
from programs.errors import OverAllowance
from programs.models import Event, Programme
from programs.operations import events, fundings, points_requests, recognitions
from programs.operations.events import NewEvent
from programs.operations.points_requests import NewPointsRequest
from redemptions.models import Product, TravelCredit
from redemptions.operations import codes, orders, travel_credits
from redemptions.operations.codes import NewCode
from rewards_portal import configuration
from rewards_portal.demo import calendar
from rewards_portal.demo.logins import GROUPS, LOGINS
from rewards_portal.demo.people import TIME_ZONES, DemoPerson, staff
from wallets.errors import InsufficientPoints
from wallets.operations import lots

CONFIGURATION = Path(__file__).with_name("company.yaml")
BUDGETS = {
    "quarterly-performance": 600_000,
    "service-anniversaries": 400_000,
    "spotlight-awards": 90_000,
    "thank-you": 40_000,
    "birthdays": 20_000,
}
CODES_PER_DENOMINATION = 40
EXPIRY_BATCH = 1000
DOORS_OPEN = time(9, tzinfo=UTC)
NAMESPACE = uuid.UUID("5c3f2a0e-52a5-4f6f-9d26-6f9d3a7d4d10")


def is_loaded() -> bool:
    """Return whether the demo company is there already, with its history to the last day."""
    return Event.objects.filter(source=calendar.SOURCE, source_id=calendar.LAST_HAPPENING).exists()


def load(*, at: datetime) -> None:
    """Load the demo company: people, configuration, budgets, codes, and half a year of what happened.

    Safe to run again, also after it was cut off: each step carries its own reference and takes effect once.

    Args:
        at: the last moment of its history; its first day is six months before.
    """
    employees = staff()
    first_day = at - timedelta(days=calendar.DAYS + 1)
    with transaction.atomic():
        _enrol(employees, at=first_day)
        configuration.apply_file(CONFIGURATION, by=None, at=first_day)
    _fund(at=first_day)
    _fill_code_pool(at=at)
    known = {person.employee_number: person for person in Person.objects.all()}
    for day, agenda in calendar.days(employees, at.date()):
        _live(agenda, known, at=min(datetime.combine(day, DOORS_OPEN), at))
    _say_goodbye(employees, at=at)


def _enrol(employees: list[DemoPerson], *, at: datetime) -> None:
    people.enrol([_new_person(employee, PersonStatus.ACTIVE) for employee in employees], by=None, at=at)
    for _, email, password in LOGINS:
        person = Person.objects.get(email=email)
        if not person.has_usable_password():
            person.set_password(password)
        person.is_staff = email in GROUPS
        person.save(update_fields=["password", "is_staff"])
        person.groups.set(Group.objects.filter(name__in=GROUPS.get(email, [])))


def _new_person(employee: DemoPerson, status: PersonStatus) -> NewPerson:
    return NewPerson(
        employee_number=employee.employee_number,
        name=employee.name,
        email=employee.email,
        country=employee.country,
        department=employee.department,
        manager_number=employee.manager_number,
        time_zone=TIME_ZONES[employee.country],
        grade=employee.grade,
        joined_on=employee.joined_on,
        birthday=employee.birthday,
        status=status,
    )


def _say_goodbye(employees: list[DemoPerson], *, at: datetime) -> None:
    """Let those leave who left: last, so that their history is a colleague's."""
    leavers = [_new_person(employee, PersonStatus.LEFT) for employee in employees if employee.left]
    people.enrol(leavers, by=None, at=at)


def _fund(*, at: datetime) -> None:
    finance = Person.objects.get(email="clara.hoffmann@acme.example")
    for slug, points in BUDGETS.items():
        programme = Programme.objects.get(slug=slug)
        fundings.fund(
            programme=programme, points=points, reference="Budget 2026", at=at, by=finance, external_id=f"demo-{slug}"
        )


def _fill_code_pool(*, at: datetime) -> None:
    hr = Person.objects.get(email="marta.silva@acme.example")
    until = date(at.year + 2, 6, 30)
    for product in Product.objects.filter(supplier__kind="code_pool", codes__isnull=True).select_related("supplier"):
        rows = [
            NewCode(code=_code(product.sku, face_value, number), pin=None, face_value=face_value, expires_on=until)
            for face_value in product.denominations
            for number in range(CODES_PER_DENOMINATION)
        ]
        codes.add(product=product, rows=rows, by=hr, at=at)


def _code(sku: str, face_value: int, number: int) -> str:
    """Return a code that looks like a brand's own; the same on every machine, so that a second run adds none."""
    letters = "".join(word[0] for word in sku.split("-"))[:2].ljust(2, "x")
    digits = uuid.uuid5(NAMESPACE, f"{sku}:{face_value}:{number}").hex.upper()
    return f"{letters.upper()}{digits[0]}-{digits[1:5]}-{digits[5:9]}"


def _live(agenda: calendar.Day, known: dict[str, Person], *, at: datetime) -> None:
    lots.expire(at=at, limit=EXPIRY_BATCH)
    if agenda.happenings:
        events.receive([_new_event(happening, at) for happening in agenda.happenings], at=at)
    for award in agenda.awards:
        _award(award, known, at=at)
    for thanks in agenda.thanks:
        _thank(thanks, known, at=at + timedelta(hours=2))
    for redemption in agenda.redemptions:
        _redeem(redemption, known, at=at + timedelta(hours=3))
    for booking in agenda.bookings:
        _book(booking, at=at + timedelta(hours=4))


def _new_event(happening: calendar.Happening, at: datetime) -> NewEvent:
    return NewEvent(
        source=calendar.SOURCE,
        source_id=happening.id,
        type=happening.type,
        subject=happening.recipient,
        time=at,
        data=happening.data,
    )


def _award(award: calendar.Award, known: dict[str, Person], *, at: datetime) -> None:
    request = NewPointsRequest(
        programme=award.programme,
        recipient=award.recipient,
        points=award.points,
        reason=award.reason,
        source=Source.ADMIN,
        external_id=f"demo-{award.id}",
        requested_by=known[award.asked_by],
    )
    [submitted] = points_requests.submit([request], at=at)
    if submitted.error:
        raise submitted.error
    if submitted.points_request and not submitted.replayed:
        for approver in award.approvers:
            points_requests.approve(submitted.points_request.id, by=known[approver], note="Well deserved.", at=at)


def _thank(thanks: calendar.Thanks, known: dict[str, Person], *, at: datetime) -> None:
    """Give what a colleague gives; who has no allowance left, or must ask a manager first, waits as anybody does."""
    with suppress(OverAllowance):
        recognitions.give(
            programme="thank-you",
            receiver=known[thanks.receiver],
            points=thanks.points,
            reason=thanks.reason,
            value=thanks.value,
            form_id=uuid.uuid5(NAMESPACE, thanks.id),
            by=known[thanks.giver],
            at=at,
        )


def _redeem(redemption: calendar.Redemption, known: dict[str, Person], *, at: datetime) -> None:
    product = Product.objects.select_related("supplier").get(sku=redemption.sku)
    try:
        order = orders.place(
            person=known[redemption.recipient],
            product=product,
            face_value=redemption.major * 100,
            external_id=_external_id(redemption.id),
            at=at,
        )
    except InsufficientPoints:
        return  # a wish that was larger than the wallet: the employee waits, and so does the demo
    orders.fulfil(order.id, at=at)


def _external_id(redemption: str) -> str:
    """Return the name of a redemption's order, the same on every run."""
    return str(uuid.uuid5(NAMESPACE, redemption))


def _book(booking: calendar.Booking, *, at: datetime) -> None:
    """Draw on a travel credit as its booking system would; what was not to be held for long is paid at once."""
    credit = TravelCredit.objects.get(order__external_id=_external_id(booking.redemption), order__client=None)
    held = travel_credits.authorise(
        travel_credit_id=credit.pk,
        amount=booking.minor,
        currency=credit.currency,
        reference=booking.reference,
        description=booking.description,
        expires_at=credit.opened_at + timedelta(days=booking.held_days) if booking.held_days else None,
        at=at,
    )
    if not booking.held_days:
        travel_credits.capture(held.pk, travel_credit_id=credit.pk, at=at)
