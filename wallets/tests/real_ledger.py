"""The ledger itself, spoken to in the words of plain_ledger.py, and all that is in it in one statement."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection

from wallets import ledger_rules
from wallets.enums import AccountKind
from wallets.errors import WalletError
from wallets.operations import accounts, holds, lots, refunds, reversals
from wallets.operations.transfers import NewTransfer, Posting, post
from wallets.tests.factories import make_budget, make_wallet
from wallets.tests.plain_ledger import BUDGETS, NOTHING, REPLAYED, WALLETS, PlainLedger

START = datetime(2020, 1, 1, 12, tzinfo=UTC)
RULES = Path(ledger_rules.__file__).parent / "sql" / "rules"
LONG_AGO = "00000000-0000-0000-0000-000000000000"  # before every transfer's id


def on(day: int | None) -> datetime | None:
    return None if day is None else START + timedelta(days=day)


@dataclass(frozen=True, slots=True)
class Item:
    """One transfer to post, in the words of PlainLedger.post."""

    reference: str
    debit: str
    credit: str
    asked: int
    kind: str
    expires_on: int | None = None
    reverses: str | None = None
    at_most: bool = False


@dataclass
class RealLedger:
    ids: dict[str, UUID] = field(default_factory=dict)  # of accounts, by name
    transfer_ids: dict[str, UUID] = field(default_factory=dict)  # by reference
    hold_ids: dict[str, UUID] = field(default_factory=dict)
    references: dict[str, str] = field(default_factory=dict)  # of transfers, by id as text
    newest: str = LONG_AGO  # the last transfer that was compared

    def __post_init__(self) -> None:
        for kind in ("funding", "redeemed", "expired", "reversed"):
            self.ids[kind] = accounts.system(AccountKind(kind)).pk
        self.ids |= {name: make_budget(0).pk for name in BUDGETS} | {name: make_wallet().pk for name in WALLETS}
        self.names = {str(pk): name for name, pk in self.ids.items()}

    def post(self, items: Sequence[Item], today: int) -> list[str | None]:
        new = [
            NewTransfer(
                debit_id=self.ids[item.debit],
                credit_id=self.ids[item.credit],
                points=item.asked,
                kind=item.kind,
                reference=item.reference,
                expires_at=on(item.expires_on),
                reverses_id=self.transfer_ids[item.reverses] if item.reverses else None,
                at_most=item.at_most,
            )
            for item in items
        ]
        return [self._posted(posting) for posting in post(new, at=on(today))]

    def reverse(self, credited: str, points: int | None, reference: str, today: int) -> str | int | None:
        """Return how many points came back, or why not."""
        try:
            back = reversals.reverse(self.transfer_ids[credited], points=points, reference=reference, at=on(today))
        except WalletError as error:
            return error.code
        if back.transfer_id:
            self.transfer_ids[reference] = back.transfer_id
        return back.points

    def refund(self, spent: str, points: int | None, reference: str, today: int) -> str | None:
        try:
            return self._posted(
                refunds.refund(self.transfer_ids[spent], points=points, reference=reference, at=on(today))
            )
        except WalletError as error:
            return error.code

    def place(self, reference: str, wallet: str, points: int, expires_on: int | None, today: int) -> str | None:
        wallet_id, expires_at = self.ids[wallet], on(expires_on)
        try:
            hold = holds.place(
                account_id=wallet_id, points=points, reference=reference, at=on(today), expires_at=expires_at
            )
        except WalletError as error:
            return error.code
        is_new = reference not in self.hold_ids
        assert self.hold_ids.setdefault(reference, hold.pk) == hold.pk
        return None if is_new else REPLAYED

    def capture(self, reference: str, today: int) -> str | None:
        try:
            self.transfer_ids[reference] = holds.capture(self.hold_ids[reference], at=on(today)).transfer_id
        except WalletError as error:
            return error.code
        return None

    def release(self, reference: str, today: int) -> str | None:
        try:
            holds.release(self.hold_ids[reference], at=on(today))
        except WalletError as error:
            return error.code
        return None

    def close(self, name: str, today: int) -> str | None:
        try:
            accounts.close(self.ids[name], at=on(today))
        except WalletError as error:
            return error.code
        return None

    def expire_holds(self, today: int) -> int:
        return holds.expire(at=on(today))

    def expire_lots(self, today: int) -> int:
        return lots.expire(at=on(today))

    def differences(self, plain: PlainLedger) -> list[Any]:
        """Return what is not as in the plain ledger, and what check_ledger would say; nothing when all is well."""
        with connection.cursor() as cursor:
            cursor.execute(everything(), [START, self.newest, self.newest, self.newest])
            [(*rows, findings)] = cursor.fetchall()
        accounts_, lots_, holds_, transfers, draws, returns, counts = rows
        for key, reference, *_ in transfers:
            self.references[key] = reference
            self.newest = max(self.newest, key)
        names, named = self.names, self._named
        real = {
            "accounts": {names[key]: tuple(values) for key, *values in accounts_},
            "lots": [(names[wallet], named(key), *rest) for key, wallet, *rest in lots_],
            "holds": {reference: (names[wallet], *rest) for reference, wallet, *rest in holds_},
            "transfers": {
                named(key): (names[debit], names[credit], asked, kind, reverses and named(reverses), points)
                for key, _, debit, credit, asked, kind, reverses, points in transfers
            },
            "draws": {(named(lot), named(transfer)): points for lot, transfer, points in draws},
            "returns": {(named(lot), named(transfer)): points for lot, transfer, points in returns},
            "counts": counts,
        }
        wanted = _wanted(plain, real["transfers"].keys())
        return [*((name, real[name], wanted[name]) for name in real if real[name] != wanted[name]), *findings]

    def _posted(self, posting: Posting) -> str | None:
        if posting.error is not None:
            return posting.error.code
        if posting.transfer_id is None:
            return NOTHING
        self.transfer_ids[posting.reference] = posting.transfer_id
        return REPLAYED if posting.replayed else None

    def _named(self, key: str) -> str:
        """Return a transfer's reference; that of an expiry names its lot by the lot's reference."""
        reference = self.references[key]
        if not reference.startswith("exp:"):
            return reference
        _, lot, *left = reference.split(":")
        return ":".join(["exp", self.references[str(UUID(lot))], *left])


def _wanted(plain: PlainLedger, new: Any) -> dict[str, Any]:
    """Return what must be there, all of it but for transfers: of those the new ones, for they never change."""
    return {
        "accounts": {
            name: (each.points, each.held, each.earned, each.redeemed, each.expired, each.closed_on)
            for name, each in plain.accounts.items()
        },
        "lots": [(lot.wallet, lot.reference, lot.points, lot.left, lot.expires_on) for lot in plain.lots],
        "holds": {
            reference: (hold.wallet, hold.points, hold.status, hold.placed_on, hold.expires_on)
            for reference, hold in plain.holds.items()
        },
        "transfers": {
            name: (t.debit, t.credit, t.asked, t.kind, t.reverses, t.points)
            for name in new
            if (t := plain.transfers.get(name))
        },
        "draws": {key: points for key, points in plain.draws.items() if key[1] in new},
        "returns": {key: points for key, points in plain.returns.items() if key[1] in new},
        "counts": [len(plain.transfers), len(plain.draws), len(plain.returns)],
    }


@functools.cache
def everything() -> str:
    """Return the statement that reads the ledger and proves its rules."""
    days = {name: f"extract(day FROM {name} - (SELECT at FROM start))" for name in DATES}
    return EVERYTHING.format(rules=_rules(), **days)


DATES = ("closed_at", "placed_at", "expires_at")
EVERYTHING = """
WITH start (at) AS (SELECT %s::timestamptz), new AS (SELECT * FROM wallets_transfer WHERE id > %s)
SELECT
    (SELECT json_agg(json_build_array(
        id, points, held, lifetime_earned, lifetime_redeemed, lifetime_expired, {closed_at})) FROM wallets_account),
    (SELECT coalesce(json_agg(json_build_array(id, account_id, points, remaining, {expires_at}) ORDER BY id), '[]')
     FROM wallets_lot),
    (SELECT coalesce(json_agg(json_build_array(reference, account_id, points, status, {placed_at}, {expires_at})), '[]')
     FROM wallets_hold),
    (SELECT coalesce(json_agg(json_build_array(
        id, reference, debit_id, credit_id, points + shortfall, kind, reverses_id, points)), '[]') FROM new),
    (SELECT coalesce(json_agg(json_build_array(lot_id, transfer_id, points)), '[]') FROM wallets_lotdraw
     WHERE transfer_id > %s),
    (SELECT coalesce(json_agg(json_build_array(lot_id, transfer_id, points)), '[]') FROM wallets_lotreturn
     WHERE transfer_id > %s),
    json_build_array((SELECT count(*) FROM wallets_transfer), (SELECT count(*) FROM wallets_lotdraw),
                     (SELECT count(*) FROM wallets_lotreturn)),
    (SELECT coalesce(json_agg(json_build_array(rule, id, detail)), '[]') FROM ({rules}) AS finding)
"""


def _rules() -> str:
    """Return this room's rules as one SELECT of rule, id and detail; those of others read nothing that changes here."""
    parts = []
    for path in sorted(RULES.glob("*.sql")):
        sql = path.read_text()
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM ({sql}) AS broken LIMIT 0")
            has_name = len(cursor.description) == 3
        name, columns = ("", "rule, id, detail") if has_name else (f"'{path.stem}', ", "id, detail")
        parts.append(f"SELECT {name}broken.* FROM ({sql}) AS broken ({columns})")
    return " UNION ALL ".join(parts).replace("%", "%%")
