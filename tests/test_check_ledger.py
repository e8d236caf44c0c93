"""check_ledger over a company where everything happened: sound rows break no rule, each rule finds its planted fault.

A fault is planted past every trigger, as who owns the database could. Some cannot be planted without breaking a second
rule; those are named with it.
"""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from people.models import Person
from people.tests.factories import make_person
from programs.models import PointsRequest, Programme
from programs.operations import adjustments, points_requests, reversals
from programs.tests.factories import AT, approvers, credited, make_programme
from programs.tests.test_uploads import confirmed, credit
from programs.tests.upload_files import csv_file
from redemptions.operations import orders
from redemptions.tests.factories import add_codes, make_product
from redemptions.tests.test_ledger_rules import FAULTS as REDEMPTION_FAULTS
from wallets import ledger_rules
from wallets.enums import AccountKind, TransferKind
from wallets.models import Account, Hold
from wallets.operations import accounts, holds, lots, seals
from wallets.operations.reversals import reverse
from wallets.tests.factories import make_budget, make_wallet, move

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
Plant = str | Callable[[], object]


def leak() -> None:
    """Move a point out of a programme's budget, by the ledger's own operation, for nobody's request."""
    move(Account.objects.get(programme__slug="main"), Account.objects.get(person__employee_number="ANA"), 1)


def pay_out() -> None:
    """Pay points out, as the policy for leavers does, with no row that says so to finance."""
    wallet, redeemed = Account.objects.get(person__employee_number="ANA"), accounts.system(AccountKind.REDEEMED)
    move(wallet, redeemed, 1, kind=TransferKind.PAYOUT, reference="leaver:nobody")


# The rule; what breaks it; the rules that cannot but break with it.
FAULTS: list[tuple[str, Plant, set[str]]] = [
    ("account_exists", "DELETE FROM wallets_account WHERE name = 'Emptied'", set()),
    (
        "account_points",
        "UPDATE wallets_account SET points = points + CASE kind WHEN 'expired' THEN 1 ELSE -1 END"
        " WHERE kind IN ('expired', 'redeemed')",
        set(),
    ),
    (
        "account_above_floor",
        "ALTER TABLE wallets_account DROP CONSTRAINT account_above_floor;"
        " UPDATE wallets_account SET floor = points + 1 WHERE kind = 'redeemed'",
        set(),
    ),
    ("account_held", "DELETE FROM wallets_hold WHERE reference = 'test:open'", set()),
    (
        "account_lifetime_sums",
        "UPDATE wallets_account SET lifetime_earned = lifetime_earned + 1 WHERE kind = 'wallet'",
        set(),
    ),
    (
        "account_lifetime_sums",
        "UPDATE wallets_account SET lifetime_earned = lifetime_earned + 1, lifetime_redeemed = lifetime_redeemed + 1"
        " WHERE kind = 'wallet'",
        set(),
    ),
    ("account_lifetime_sums", "UPDATE wallets_account SET lifetime_expired = 7 WHERE kind = 'budget'", set()),
    (
        "balances_after",
        "UPDATE wallets_transfer SET credit_points_after = credit_points_after + 1 WHERE kind = 'expiry'",
        set(),
    ),
    (
        "wallet_lots",
        "DELETE FROM wallets_lot WHERE remaining = points AND expires_at IS NULL",
        {"wallet_lots_opened", "lots_of_transfer"},
    ),
    (
        "wallet_lots_opened",
        "UPDATE wallets_lot SET points = points + 1, remaining = remaining WHERE remaining = points",
        {"lot_remaining", "lots_of_transfer"},
    ),
    (
        "lots_of_transfer",
        "UPDATE wallets_lot SET points = wallets_lot.points + change, remaining = remaining + change FROM (VALUES"
        " ('test:second', 1), ('test:third', -1)) AS each (reference, change), wallets_transfer t"
        " WHERE t.reference = each.reference AND t.id = transfer_id",
        set(),
    ),
    (
        "lot_remaining",
        "UPDATE wallets_lot SET remaining = remaining + change FROM (VALUES"
        " ('test:second', 1), ('test:third', -1)) AS each (reference, change), wallets_transfer t"
        " WHERE t.reference = each.reference AND t.id = transfer_id",
        set(),
    ),
    (
        "draws_of_transfer",
        "UPDATE wallets_lotdraw SET points = wallets_lotdraw.points + change FROM (VALUES"
        " ('test:taken', 1), ('test:small', -1)) AS each (reference, change), wallets_transfer t"
        " WHERE t.reference = each.reference AND t.id = transfer_id"
        " AND lot_id = (SELECT id FROM wallets_transfer WHERE reference = 'test:first')",
        set(),
    ),
    ("hold_captured", "UPDATE wallets_hold SET reference = 'other' WHERE reference = 'test:taken'", set()),
    ("hold_captured", "UPDATE wallets_hold SET transfer_id = gen_random_uuid() WHERE reference = 'test:taken'", set()),
    ("points_conserved", "UPDATE wallets_account SET points = points + 5 WHERE kind = 'redeemed'", {"account_points"}),
    (
        "reference_once",
        "ALTER TABLE wallets_transfer DROP CONSTRAINT transfer_reference_once;"
        " UPDATE wallets_transfer SET reference = 'test:first' WHERE reference = 'test:second'",
        set(),
    ),
    ("seals_intact", "UPDATE wallets_seal SET sealed_at = sealed_at + interval '1 second'", set()),
    ("seals_intact", "UPDATE wallets_transfer SET effective_at = now() WHERE reference = 'test:sealed'", set()),
    (
        "reversal_within_credit",
        "UPDATE wallets_transfer SET reverses_id = other.id FROM wallets_transfer other"
        " WHERE wallets_transfer.reference = 'test:back' AND other.reference = 'test:sealed'",
        set(),
    ),
    (
        "refund_within_redemption",
        "UPDATE wallets_transfer SET reverses_id = other.id FROM wallets_transfer other"
        " WHERE wallets_transfer.reference = 'test:refund' AND other.reference = 'test:small'",
        {"returns_of_refund"},
    ),
    (
        "returns_of_refund",
        "UPDATE wallets_lotreturn SET points = 250",
        {"lot_remaining", "lots_of_transfer", "wallet_lots_opened"},
    ),
    (
        "credit_as_requested",
        "UPDATE programs_pointsrequest SET person_id = other.id FROM people_person other"
        " WHERE other.employee_number = 'BEN' AND external_id = 'plain'",
        set(),
    ),
    (
        "credit_as_requested",
        "UPDATE programs_pointsrequest SET transfer_id = id WHERE external_id = 'plain'",
        {"credit_was_requested"},
    ),
    (
        "request_names_what_exists",
        "UPDATE programs_pointsrequest SET client_id = 'nobody' WHERE external_id = 'plain'",
        set(),
    ),
    (
        "request_names_what_exists",
        "UPDATE programs_pointsrequest SET programme_id = 1000000000 WHERE external_id = 'plain'",
        {"budget_conserved", "credit_as_requested"},
    ),
    ("credit_was_requested", "DELETE FROM programs_pointsrequest WHERE external_id = 'plain'", {"budget_conserved"}),
    ("credit_was_approved", "DELETE FROM approvals_decision", set()),
    ("funding_as_written", "UPDATE programs_funding SET points = points + 1", {"budget_conserved"}),
    ("upload_as_counted", "DELETE FROM programs_uploadrow", set()),
    ("reversal_as_written", "UPDATE wallets_transfer SET reference = 'rev:other' WHERE reference LIKE 'rev:%'", set()),
    ("reversal_was_asked", "DELETE FROM programs_reversal", {"reversed_as_counted", "budget_conserved"}),
    ("reversed_as_counted", "UPDATE programs_pointsrequest SET reversed_points = 99 WHERE reversed_points > 0", set()),
    (
        "adjustment_as_written",
        "UPDATE programs_adjustment SET person_id = other.id FROM people_person other"
        " WHERE other.employee_number = 'BEN'",
        set(),
    ),
    ("adjustment_was_proposed", "DELETE FROM programs_adjustment", {"budget_conserved"}),
    ("budget_conserved", leak, set()),
    ("leaver_payout_as_written", pay_out, set()),
]


# Planted in programs/tests, where the rows are made that they are about: test_budgets.py, test_programme_limits.py.
IN_BUDGETS = {"budget_transfer_as_written", "budget_transfer_was_asked", "closing_as_written", "counted_days"}


@pytest.fixture(autouse=True)
def company() -> None:
    """Let everything happen: earned, approved, uploaded, adjusted, taken back, held, redeemed, refunded, expired."""
    ana, ben = make_person(employee_number="ANA"), make_person(employee_number="BEN")
    move(make_budget(100), make_wallet(person=ben), 10, reference="test:sealed")
    assert seals.seal(at=AT, margin=timedelta(0)) == 1  # and nothing later, or each fault would break a seal besides
    _earn(make_programme(slug="main"), ana)
    _spend(ana)
    _move(Account.objects.get(person=ana))


def _earn(programme: Programme, ana: Person) -> None:
    approver = make_person()
    approver.groups.add(approvers())
    back = credited(programme, ana, external_id="back")
    reversals.reverse(back.pk, points=100, reason="Twice", by=make_person(), at=AT)
    credited(programme, ana, external_id="plain", points=20_000)
    credit(confirmed(programme, csv_file("ANA,30,Fair")))
    adjustment = adjustments.propose(
        programme=programme, person=ana, points=5, reason="By hand", by=make_person(), at=AT
    )
    adjustments.approve(adjustment.pk, by=approver, at=AT)
    approved = credited(make_programme(steps=[(100, 1)]), ana)
    points_requests.approve(approved.pk, by=approver, at=AT)
    assert PointsRequest.objects.filter(status="credited").count() == 4


def _spend(ana: Person) -> None:
    product = make_product()
    add_codes(product, count=2)
    placed, fulfilled = (
        orders.place(person=ana, product=product, face_value=1000, external_id=str(uuid4()), at=AT) for _ in range(2)
    )
    orders.fulfil(fulfilled.pk, at=AT)
    assert placed.status == "placed"


def _move(wallet: Account) -> None:
    """Do what only the ledger sees."""
    budget, emptied = make_budget(), accounts.open_budget("Emptied")
    move(budget, emptied, 10)
    move(emptied, budget, 10, kind=TransferKind.ADJUSTMENT)
    for name in ("first", "second", "third"):
        move(budget, wallet, 200, reference=f"test:{name}", expires_at=AT + DAY, at=AT)
    for name, points in (("small", 10), ("taken", 300)):
        hold = holds.place(account_id=wallet.pk, points=points, reference=f"test:{name}", at=AT)
        capture = holds.capture(hold.pk, at=AT).transfer_id
    redeemed = accounts.system(AccountKind.REDEEMED)
    move(redeemed, wallet, 50, kind=TransferKind.REFUND, reference="test:refund", reverses_id=capture, at=AT)
    gift = move(budget, wallet, 70, at=AT).transfer_id
    reverse(gift, points=20, reference="test:back", at=AT)
    move(budget, Account.objects.get(person__employee_number="BEN"), 40, expires_at=AT + DAY, at=AT)
    assert lots.expire(at=AT + DAY) == 1
    holds.place(account_id=wallet.pk, points=5, reference="test:open", at=AT)
    assert Hold.objects.filter(status="placed").count() == 2


def found() -> set[str]:
    return {finding.rule for finding in ledger_rules.findings()}


def every_rule() -> set[str]:
    """Return the name of each rule; one file proves several and names them in its text."""
    names = set()
    for rule in ledger_rules._rules.values():
        several = rule.name in ledger_rules._NAMES_ITSELF
        names |= set(re.findall(r"^    \('(\w+)', ", rule.sql, re.MULTILINE)) if several else {rule.name}
    return names


def test_sound_rows_break_no_rule() -> None:
    assert list(ledger_rules.findings()) == []
    assert ledger_rules.at_once() == []


def test_sound_rows_are_proved_without_asking_the_heavy_rules() -> None:
    probes = {rule.probe for rule in ledger_rules._rules.values() if rule.probe}
    assert [ledger_rules._holds(probe) for probe in probes] == [True, True]


def test_every_rule_has_a_planted_fault() -> None:
    assert {rule for rule, *_ in FAULTS} | {rule for rule, _ in REDEMPTION_FAULTS} | IN_BUDGETS == every_rule()


@pytest.mark.parametrize(("rule", "plant", "besides"), FAULTS)
def test_planted_fault_is_found_and_no_other(rule: str, plant: Plant, besides: set[str]) -> None:
    if callable(plant):
        plant()
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            for statement in plant.split(";"):
                cursor.execute(statement)
            assert cursor.rowcount > 0
            cursor.execute("SET LOCAL session_replication_role = origin")
    assert found() == {rule} | besides
    ledgers_own = {name for name in {rule} | besides if f"'{name}'" in ledger_rules._AT_ONCE}
    assert {finding.rule for finding in ledger_rules.at_once()} == ledgers_own
