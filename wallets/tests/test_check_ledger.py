from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from wallets import ledger_rules
from wallets.enums import AccountKind
from wallets.ledger_rules import Finding, Rule
from wallets.management.commands.check_ledger import Command
from wallets.models import Account, Hold, Lot, Transfer
from wallets.operations import accounts, holds, lots
from wallets.tests.factories import NOW, make_wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def wallet() -> Account:
    """Give a wallet with a bit of everything: lots, an expiry, a captured hold (100 points) and an open one (50)."""
    wallet = make_wallet((200, NOW), (300, NOW + timedelta(days=30)), 400)
    lots.expire(at=NOW)
    taken = holds.place(account_id=wallet.pk, points=100, reference="test:taken", at=NOW)
    holds.capture(taken.pk, at=NOW)
    holds.place(account_id=wallet.pk, points=50, reference="test:open", at=NOW)
    return wallet


def corrupt(sql: str, *params: object) -> None:
    """Change rows as somebody with the database's password could: past every trigger and foreign key."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(sql, params)
        cursor.execute("SET LOCAL session_replication_role = origin")


def drop(table: str, constraint: str) -> None:
    """Take a constraint away for the rest of the test, as a careless migration could."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")


def found() -> list[tuple[str, str]]:
    return sorted((finding.rule, finding.id) for finding in ledger_rules.findings())


def run(*options: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("check_ledger", *options, stdout=out)
    except SystemExit as stop:
        return int(stop.code), out.getvalue()
    return 0, out.getvalue()


def test_command_says_0_findings_of_a_sound_ledger(wallet):
    assert run() == (0, "0 findings\n")
    assert run("--json") == (0, '{"findings": []}\n')


def test_command_names_each_finding_and_exits_1(wallet):
    corrupt("UPDATE wallets_account SET held = 60 WHERE id = %s", wallet.pk)
    detail = "60 points are held; its open holds add up to 50."
    assert run() == (1, f"account_held {wallet.pk}: {detail}\n1 finding\n")
    finding = f'{{"rule": "account_held", "id": "{wallet.pk}", "detail": "{detail}"}}'
    assert run("--json") == (1, f'{{"findings": [{finding}]}}\n')


def test_command_writes_several_findings_one_by_one(monkeypatch):
    rules = {name: Rule(name, f"SELECT '{name}', 'broken'") for name in ("a", "b", "c")}
    monkeypatch.setattr(ledger_rules, "_rules", rules)
    assert run() == (1, "a a: broken\nb b: broken\nc c: broken\n3 findings\n")
    each = ", ".join(f'{{"rule": "{name}", "id": "{name}", "detail": "broken"}}' for name in rules)
    assert run("--json") == (1, f'{{"findings": [{each}]}}\n')


@pytest.mark.parametrize(("holds", "found"), [("true", 0), ("false", 1), ("NULL::boolean", 1)])
def test_rule_whose_probe_holds_is_not_asked(monkeypatch, holds, found):
    probed = Rule("probed", "SELECT 'a', 'broken'", probe=f"SELECT {holds}")
    monkeypatch.setattr(ledger_rules, "_rules", {"probed": probed})
    assert len(list(ledger_rules.findings())) == found


def test_command_whose_reader_is_gone_leaves_the_connection_free(wallet):
    class Gone(StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    corrupt("UPDATE wallets_account SET held = 60 WHERE id = %s", wallet.pk)
    with pytest.raises(BrokenPipeError) as stopped:
        call_command("check_ledger", stdout=Gone())
    assert (Account.objects.get(pk=wallet.pk).held, stopped.type) == (60, BrokenPipeError)


def test_command_explains_itself():
    text = " ".join(Command().create_parser("manage.py", "check_ledger").format_help().split())
    assert "usage: manage.py check_ledger [-h] [--json] [--seal FILE] [--version]" in text
    assert (
        'options: -h, --help show this help message and exit --json Prints {"findings": [{"rule", "id", "detail"}]}. '
        in text
    )
    assert "--seal FILE A seal that was kept outside, to compare with. --version" in text


def test_account_points_finds_a_balance_that_was_edited(wallet):
    corrupt("UPDATE wallets_account SET points = points + 1 WHERE id = %s", wallet.pk)
    key = str(wallet.pk)
    assert found() == [("account_points", key), ("points_conserved", "ledger"), ("wallet_lots", key)]


def test_account_exists_finds_transfers_of_a_missing_account(wallet):
    reversed_account = accounts.system(AccountKind.REVERSED)
    holds.release(Hold.objects.get(status="placed").pk, at=NOW)
    corrupt("DELETE FROM wallets_account WHERE id = %s", accounts.system(AccountKind.EXPIRED).pk)
    assert reversed_account.points == 0
    assert [rule for rule, _ in found()] == ["account_exists", "points_conserved"]


def test_account_above_floor_finds_an_overspent_account(wallet):
    drop("wallets_account", "account_above_floor")
    corrupt("UPDATE wallets_account SET held = 701 WHERE id = %s", wallet.pk)
    assert found() == [("account_above_floor", str(wallet.pk)), ("account_held", str(wallet.pk))]


def test_account_held_finds_a_hold_that_went_missing(wallet):
    corrupt("DELETE FROM wallets_hold WHERE status = 'placed'")
    assert found() == [("account_held", str(wallet.pk))]


@pytest.mark.parametrize("column", ["lifetime_earned", "lifetime_redeemed", "lifetime_expired"])
def test_account_lifetime_sums_finds_an_edited_sum(wallet, column):
    corrupt(f"UPDATE wallets_account SET {column} = {column} + 1 WHERE id = %s", wallet.pk)
    assert found() == [("account_lifetime_sums", str(wallet.pk))]


@pytest.mark.parametrize("side", ["debit", "credit"])
def test_balances_after_finds_an_edited_balance(wallet, side):
    transfer = Transfer.objects.earliest("id")
    corrupt(f"UPDATE wallets_transfer SET {side}_points_after = {side}_points_after + 1 WHERE id = %s", transfer.pk)
    assert found() == [("balances_after", str(getattr(transfer, f"{side}_id")))]


def test_wallet_lots_finds_points_without_a_lot(wallet):
    lot = Lot.objects.get(points=400)
    corrupt("DELETE FROM wallets_lot WHERE id = %s", lot.pk)
    key = str(wallet.pk)
    assert found() == [
        ("lots_of_transfer", str(lot.transfer_id)),
        ("wallet_lots", key),
        ("wallet_lots_opened", key),
    ]


def test_wallet_lots_opened_finds_a_lot_that_began_too_large(wallet):
    corrupt("UPDATE wallets_lot SET points = points + 1 WHERE points = 400")
    lot = Lot.objects.get(points=401)
    assert found() == [
        ("lot_remaining", str(lot.pk)),
        ("lots_of_transfer", str(lot.transfer_id)),
        ("wallet_lots_opened", str(wallet.pk)),
    ]


def test_lot_remaining_finds_points_shifted_between_lots(wallet):
    corrupt(
        "UPDATE wallets_lot SET remaining = remaining + CASE points WHEN 300 THEN 1 ELSE -1 END WHERE remaining > 0"
    )
    keys = sorted(str(pk) for pk in Lot.objects.filter(points__in=[300, 400]).values_list("pk", flat=True))
    assert found() == [("lot_remaining", keys[0]), ("lot_remaining", keys[1])]


def test_draws_of_transfer_finds_a_draw_that_was_edited(wallet):
    capture = Transfer.objects.get(reference="test:taken")
    corrupt("UPDATE wallets_lotdraw SET points = points + 1 WHERE transfer_id = %s", capture.pk)
    lot = Lot.objects.get(points=300)
    assert found() == [("draws_of_transfer", str(capture.pk)), ("lot_remaining", str(lot.pk))]


@pytest.mark.parametrize(
    "change", ["points = points - 1", "reference = 'test:other'", "transfer_id = gen_random_uuid()"]
)
def test_hold_captured_finds_a_hold_without_its_transfer(wallet, change):
    corrupt(f"UPDATE wallets_hold SET {change} WHERE status = 'captured'")
    assert found() == [("hold_captured", str(Hold.objects.get(status="captured").pk))]


def test_points_conserved_finds_points_from_nowhere(wallet):
    redeemed = accounts.system(AccountKind.REDEEMED)
    corrupt("UPDATE wallets_account SET points = points + 5 WHERE id = %s", redeemed.pk)
    assert found() == [("account_points", str(redeemed.pk)), ("points_conserved", "ledger")]


def test_reference_once_finds_a_second_effect(wallet):
    drop("wallets_transfer", "transfer_reference_once")
    corrupt("UPDATE wallets_transfer SET reference = 'test:taken' WHERE kind = 'expiry'")
    assert found() == [("reference_once", "test:taken")]


def test_register_adds_a_rule_once_and_refuses_another_of_its_name(monkeypatch):
    monkeypatch.setattr(ledger_rules, "_rules", {})
    rule = Rule("always_broken", "SELECT 'x', 'broken'")
    ledger_rules.register(rule, rule, Rule("other", "SELECT 'y', 'other'"))
    assert list(ledger_rules.findings()) == [Finding("always_broken", "x", "broken"), Finding("other", "y", "other")]
    with pytest.raises(ValueError, match="two rules called always_broken"):
        ledger_rules.register(Rule("always_broken", "SELECT 'y', 'other'"))


def test_at_once_finds_what_the_rules_find_one_by_one(wallet):
    assert ledger_rules.at_once() == []
    corrupt("UPDATE wallets_account SET held = 60 WHERE id = %s", wallet.pk)
    detail = "60 points are held; its open holds add up to 50."
    assert ledger_rules.at_once() == [Finding("account_held", str(wallet.pk), detail)]
