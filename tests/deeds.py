"""What a hand (tests/hand.py) does inside a portal's own process: each deed is an operation that no endpoint offers."""

import json
import sys
import tempfile
import traceback
from collections.abc import Sequence
from datetime import timedelta
from io import StringIO
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone

from api import ids
from approvals.queries import hr_approvers
from people.models import Person
from people.operations.people import NewPerson, enrol
from programs.enums import Source
from programs.models import Programme
from programs.operations import crediting, fundings, points_requests
from programs.operations.points_requests import NewPointsRequest
from redemptions.models import Product
from redemptions.operations import codes, orders, refunds
from redemptions.operations.codes import NewCode
from wallets import ledger_rules
from wallets.operations import lots


def serve() -> None:
    """Do what standard input asks for, a line each, until it ends; answer on standard output."""
    for line in sys.stdin:
        deed, arguments = json.loads(line)
        close_old_connections()  # the database may have been away since
        try:
            answer = {"done": globals()[deed](**arguments)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


def set_up(*, configuration: str, people: Sequence[str], budgets: dict[str, int]) -> None:
    """Apply a configuration, enrol people by employee number, and fund budgets by their programme's slug."""
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        file.write(configuration)
        file.flush()
        call_command("config", "apply", file.name, stdout=StringIO())
    join(people=people)
    for slug, points in budgets.items():
        programme = Programme.objects.get(slug=slug)
        fundings.fund(programme=programme, points=points, reference="set up", at=timezone.now())


def join(*, people: Sequence[str]) -> None:
    """Enrol people by employee number."""
    enrol(
        [
            NewPerson(
                employee_number=number, name=f"Person {number}", email=f"{number.lower()}@acme.example", country="DE"
            )
            for number in people
        ],
        by=None,
        at=timezone.now(),
    )


def make_client(*, scopes: str) -> dict[str, Any]:
    """Make an API client without a limit, as an operator does; return its id and secret."""
    printed = StringIO()
    call_command("create_api_client", "races", "--scopes", scopes, "--per-minute", "0", stdout=printed)
    made: dict[str, Any] = json.loads(printed.getvalue())
    return made


def credit(*, programme: str, recipients: Sequence[str], points: int) -> None:
    """Credit points to each."""
    asked = [
        NewPointsRequest(programme=programme, recipient=one, points=points, reason="For the race", source=Source.API)
        for one in recipients
    ]
    submitted = points_requests.submit(asked, at=timezone.now())
    assert not [one.error for one in submitted if one.error]


def credit_until(*, seconds: float, **arguments: Any) -> float:
    """Credit points that expire in so many seconds, where a programme counts in days; return when, in Unix time."""
    until = timezone.now() + timedelta(seconds=seconds)
    with patch.object(crediting, "expires_at", return_value=until):
        credit(**arguments)
    return until.timestamp()


def stock(*, product: str, count: int) -> None:
    """Add voucher codes to a product's pool, at its smallest denomination."""
    found = Product.objects.get(sku=product)
    rows = [NewCode(f"{product}-{number:06}", None, found.denominations[0], None) for number in range(count)]
    added = codes.add(product=found, rows=rows, by=None, at=timezone.now())
    assert (added.added, added.refused) == (count, [])


def sign_in_approvers(*, people: Sequence[str]) -> list[str]:
    """Make people HR approvers who may decide about refunds; return a session's cookie of each."""
    role = Group.objects.create(name=f"Approvers {people[0]}")
    role.permissions.set(Permission.objects.filter(codename__in=["view_orderrefund", "add_decision"]))
    cookies = []
    for person in Person.objects.filter(employee_number__in=people):
        person.is_staff = True
        person.save(update_fields=["is_staff"])
        person.groups.add(role, hr_approvers())
        client = Client()
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        cookies.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    return cookies


def ask_for_refund(*, redemption: str, by: str) -> str:
    """Deliver an order and ask for its refund; return the refund's key as the admin's addresses have it."""
    order = orders.fulfil(ids.key(ids.ORDER, redemption), at=timezone.now())
    person = Person.objects.get(employee_number=by)
    return str(refunds.ask(order.pk, reason="Wrong shop", by=person, at=timezone.now()).pk)


def expire(*, times: int) -> int:
    """Let lots run out that are past their date, one wallet's at a time; return how many did."""
    return sum(lots.expire(at=timezone.now(), limit=1) for _ in range(times))


def findings() -> list[str]:
    """Return what check_ledger finds, a line each."""
    return [f"{finding.rule} {finding.id}: {finding.detail}" for finding in ledger_rules.findings()]
