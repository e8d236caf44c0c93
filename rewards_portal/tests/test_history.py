"""Who and why reach the database beside each change, without a cost to what is not tracked."""

from typing import Any

import pghistory
import pytest
from django.db import connection

from people.models import Department
from wallets.enums import AccountKind
from wallets.models import Account

pytestmark = pytest.mark.django_db


def kept() -> list[tuple[str, str, Any]]:
    """Return what pghistory kept of departments: label, name, context."""
    events = Department.pgh_event_model.objects.order_by("pgh_id").select_related("pgh_context")
    return [(event.pgh_label, event.name, event.pgh_context and event.pgh_context.metadata) for event in events]


def test_context_insert_update_and_bulk() -> None:
    with pghistory.context(command="a test"):
        department = Department.objects.create(name="Sales")
        department.name = "Selling"
        department.save()
        Department.objects.filter(pk=department.pk).update(name="Shop's %s")
    context = {"command": "a test"}
    assert kept() == [("insert", "Sales", context), ("update", "Selling", context), ("update", "Shop's %s", context)]


@pytest.mark.django_db(transaction=True)
def test_context_outside_a_transaction() -> None:
    with pghistory.context(command="alone"):
        Department.objects.create(name="Sales")
    Department.objects.create(name="Later")
    assert kept() == [("insert", "Sales", {"command": "alone"}), ("insert", "Later", None)]


def test_context_raw_sql_on_a_tracked_table() -> None:
    with pghistory.context(command="raw"), connection.cursor() as cursor:
        cursor.execute("WITH made AS (INSERT INTO people_department (name) VALUES (%s) RETURNING id) SELECT 1", ["Raw"])
    assert kept() == [("insert", "Raw", {"command": "raw"})]


def test_context_is_not_sent_where_nothing_is_tracked() -> None:
    with pghistory.context(command="a credit"):
        Account.objects.create(kind=AccountKind.FUNDING)
        assert setting() == ""
        Department.objects.create(name="Sales")
        assert setting() != ""


def setting() -> str:
    """Return the id of the context that the database would attach."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('pghistory.context_id', true), '')")
        return str(cursor.fetchone()[0])
