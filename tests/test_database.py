"""What the database itself promises: to a role that may only add, and after dump and restore."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from people.models import Person
from people.tests.factories import make_person
from programs.tests.factories import make_programme, submit_one
from redemptions.operations import orders
from redemptions.tests.factories import add_codes, make_product
from tests.database import connected, execute, run_tool
from wallets.ledger_rules import findings
from wallets.models import Seal, Transfer
from wallets.operations import lots, seals

pytestmark = pytest.mark.django_db(transaction=True)
APPEND_ONLY = [
    "wallets_transfer",
    "wallets_lotdraw",
    "wallets_lotreturn",
    "wallets_seal",
    "approvals_decision",
    "programs_funding",
    "redemptions_travelcreditentry",
]
# By name: a restored condition is written with other casts. `t` for validated, `O` for a trigger that fires.
STRUCTURE = """
SELECT 'trigger', tgrelid::regclass::text, tgname || ' ' || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname || ' ' || convalidated FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace
UNION ALL SELECT 'function', proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace
ORDER BY 1, 2, 3
"""


@pytest.fixture
def person() -> Person:
    """Give somebody with points, and something to redeem them for."""
    person = make_person()
    submit_one(make_programme(), person, points=5000)
    return person


@pytest.fixture
def role() -> Iterator[dict[str, str]]:
    """Give a role that may run the portal, as settings of a connection."""
    name = f"app_{connection.settings_dict['NAME']}"
    execute(f"CREATE ROLE {name} LOGIN PASSWORD 'only-for-the-test'")
    call_command("grant_application_role", name, verbosity=0)
    yield {"USER": name, "PASSWORD": "only-for-the-test"}
    execute(f"DROP OWNED BY {name}")
    execute(f"DROP ROLE {name}")


def redeem(person: Person) -> None:
    at = timezone.now()
    product = make_product()
    add_codes(product, count=1)
    order = orders.place(person=person, product=product, face_value=1000, external_id=str(uuid4()), at=at)
    orders.fulfil(order.pk, at=at)


def structure() -> list[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(STRUCTURE)
        return list(cursor.fetchall())


def refused(statement: str, error: type[Exception]) -> None:
    with pytest.raises(Exception, match=r".") as caught, transaction.atomic():
        execute(statement)
    assert isinstance(caught.value.__cause__, error), caught.value


def test_a_role_that_may_only_add_runs_the_portal(person: Person, role: dict[str, str]) -> None:
    with connected(**role):
        redeem(person)
        submit_one(make_programme(slug="other"), person)
        lots.expire(at=timezone.now())
        assert seals.seal(at=timezone.now(), margin=timedelta(0)) == 1
        assert list(findings()) == []


def test_that_role_can_change_nothing_that_was_written_down(person: Person, role: dict[str, str]) -> None:
    with connected(**role):
        for table in APPEND_ONLY:
            for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
                refused(statement.replace("id = id", _column(table)), psycopg.errors.InsufficientPrivilege)
        for table in ("wallets_account", "wallets_hold", "wallets_lot", "programs_pointsrequest"):
            refused(f"DELETE FROM {table}", psycopg.errors.InsufficientPrivilege)
        refused("ALTER TABLE wallets_transfer DISABLE TRIGGER ALL", psycopg.errors.InsufficientPrivilege)
        refused("SET session_replication_role = replica", psycopg.errors.InsufficientPrivilege)
        refused("UPDATE django_migrations SET name = name", psycopg.errors.InsufficientPrivilege)


def _column(table: str) -> str:
    return (
        {"wallets_seal": "number = number"}.get(table, "points = points") if table.startswith("wallets") else "id = id"
    )


def test_a_role_that_no_grant_binds_is_refused() -> None:
    with pytest.raises(CommandError, match="no grant binds it"):
        call_command("grant_application_role", connection.settings_dict["USER"])
    with pytest.raises(CommandError, match="There is no role nobody-here"):
        call_command("grant_application_role", "nobody-here")


def test_a_restored_dump_keeps_what_the_database_held(person: Person, tmp_path: Path) -> None:
    redeem(person)
    seals.seal(at=timezone.now(), margin=timedelta(0))
    before, name = structure(), f"{connection.settings_dict['NAME']}_restored"
    run_tool("pg_dump", "--format=custom", f"--file={tmp_path / 'dump'}", connection.settings_dict["NAME"])
    execute(f"DROP DATABASE IF EXISTS {name}")
    execute(f"CREATE DATABASE {name}")
    try:
        run_tool("pg_restore", "--exit-on-error", f"--dbname={name}", str(tmp_path / "dump"))
        with connected(NAME=name):
            assert structure() == before
            assert (Transfer.objects.count(), Seal.objects.count()) == (3, 1)
            assert list(findings()) == []
            for table in APPEND_ONLY[:2]:
                refused(f"UPDATE {table} SET points = points + 1", psycopg.errors.RestrictViolation)
                refused(f"DELETE FROM {table}", psycopg.errors.RestrictViolation)
                refused(f"TRUNCATE {table} CASCADE", psycopg.errors.RestrictViolation)
            submit_one(make_programme(slug="after"), person)
            assert list(findings()) == []
    finally:
        execute(f"DROP DATABASE {name}")
