"""What was written down stays written down: past the ORM, past SQL, past TRUNCATE."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import Model

from wallets import ledger_rules
from wallets.enums import AccountKind, TransferKind
from wallets.models import Account, Hold, Lot, LotDraw, LotReturn, Seal, Transfer
from wallets.operations import accounts, holds, seals
from wallets.tests.factories import NOW, make_wallet, move

pytestmark = pytest.mark.django_db
# A column of each, and another value for it.
APPEND_ONLY = {Transfer: ("reference", "other"), LotDraw: ("points", 1), LotReturn: ("points", 1), Seal: ("count", 1)}
KEPT = [*APPEND_ONLY, Account, Hold, Lot]


@pytest.fixture(autouse=True)
def wallet() -> Account:
    """Give a wallet with two of each thing."""
    wallet = make_wallet((400, NOW + timedelta(days=1)), 300)
    for number in (1, 2):
        taken = holds.place(account_id=wallet.pk, points=100, reference=f"hold:{number}", at=NOW)
        capture = holds.capture(taken.pk, at=NOW).transfer_id
        move(accounts.system(AccountKind.REDEEMED), wallet, 50, kind=TransferKind.REFUND, reverses_id=capture)
        seals.seal(at=NOW, margin=timedelta(0))
    return wallet


def refused(model: type[Model], write: Callable[[], object]) -> None:
    """Assert that the trigger refuses a write, by its own words, and that everything is still there."""
    before = list(model.objects.order_by("pk").values())
    with pytest.raises(DatabaseError, match=f"{model._meta.db_table} refuses"), transaction.atomic():
        write()
    assert list(model.objects.order_by("pk").values()) == before
    assert len(before) >= 1


def sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # a TRUNCATE would wait for checks that are due
        cursor.execute(statement)


def changed(model: type[Model]) -> list[Model]:
    column, value = APPEND_ONLY[model]
    rows = list(model.objects.all())
    for number, row in enumerate(rows):
        setattr(row, column, f"{value}{number}" if isinstance(value, str) else value)
    return rows


@pytest.mark.parametrize("model", APPEND_ONLY)
def test_no_write_of_the_orm_changes_what_is_append_only(model: type[Model]) -> None:
    column, value = APPEND_ONLY[model]
    refused(model, changed(model)[0].save)
    refused(model, lambda: model.objects.update(**{column: value}))
    refused(model, lambda: model.objects.all()._raw_delete("default"))


@pytest.mark.parametrize("model", [Transfer, Seal])  # Django takes no composite key here
def test_bulk_update_changes_nothing(model: type[Model]) -> None:
    refused(model, lambda: model.objects.bulk_update(changed(model), [APPEND_ONLY[model][0]]))


@pytest.mark.parametrize("model", KEPT)
def test_no_sql_removes_what_is_kept(model: type[Model]) -> None:
    table = model._meta.db_table
    refused(model, lambda: sql(f"DELETE FROM {table}"))
    refused(model, lambda: sql(f"DELETE FROM {table} WHERE ctid IN (SELECT ctid FROM {table} LIMIT 1)"))
    with pytest.raises(DatabaseError, match="refuses TRUNCATE"), transaction.atomic():
        sql(f"TRUNCATE {table} CASCADE")
    assert model.objects.count() >= 1


@pytest.mark.parametrize("model", APPEND_ONLY)
def test_no_sql_changes_what_is_append_only(model: type[Model]) -> None:
    column, value = APPEND_ONLY[model]
    written = f"'{value}' || gen_random_uuid()" if isinstance(value, str) else value
    refused(model, lambda: sql(f"UPDATE {model._meta.db_table} SET {column} = {written}"))
    refused(model, lambda: sql(f"UPDATE {model._meta.db_table} SET {column} = {column}"))


def test_the_orm_deletes_none_of_them(wallet: Account) -> None:
    for row in (Transfer.objects.first(), Lot.objects.first(), Hold.objects.first(), wallet, Seal.objects.first()):
        assert row is not None
        with pytest.raises(DatabaseError), transaction.atomic():  # PROTECT where rows lean on it, else the trigger
            row.delete()
    assert list(ledger_rules.findings()) == []


def test_a_truncate_of_what_they_lean_on_is_refused_too() -> None:
    with pytest.raises(DatabaseError, match=r"refuses TRUNCATE|never removed"), transaction.atomic():
        sql("TRUNCATE people_person CASCADE")
