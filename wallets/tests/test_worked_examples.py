"""Worked examples for whoever keeps books: a table says what happened and what every account holds after it.

A line is a step, `points` what it moved from debit to credit. Everything happens at noon; points "until" a day are gone
at noon of it. `lots` are the wallet's points in the order in which they are spent: what a credit gave, by its name, and
what came back too late for its own date, by the name of the order. After the colon stands why a step was refused.
"""

# ruff: noqa: E501 - tables

from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import pytest

from wallets import ledger_rules, queries
from wallets.enums import AccountKind, TransferKind
from wallets.errors import WalletError
from wallets.models import Account, Transfer
from wallets.operations import accounts, holds, lots, refunds, reversals
from wallets.operations.transfers import NewTransfer, post
from wallets.tests.factories import make_wallet

pytestmark = pytest.mark.django_db

A_YEAR_OF_ONE_EMPLOYEE = """
date       | what happened                        | points | debit    | credit   | budget | ana | held | redeemed | expired | lots
2025-01-01 | fund                                 |   5000 | funding  | budget   |   5000 |   0 |    0 |        0 |       0 |
2025-01-15 | credit A until 2025-07-15            |    400 | budget   | ana      |   4600 | 400 |    0 |        0 |       0 | A 400
2025-03-02 | credit B until 2026-03-02            |    300 | budget   | ana      |   4300 | 700 |    0 |        0 |       0 | A 400, B 300
2025-03-20 | order 1 for 250                      |        |          |          |   4300 | 700 |  250 |        0 |       0 | A 400, B 300
2025-03-20 | deliver 1                            |    250 | ana      | redeemed |   4300 | 450 |    0 |      250 |       0 | A 150, B 300
2025-04-10 | order 2 for 100                      |        |          |          |   4300 | 450 |  100 |      250 |       0 | A 150, B 300
2025-04-10 | order 3 for 351: insufficient_points |        |          |          |   4300 | 450 |  100 |      250 |       0 | A 150, B 300
2025-04-11 | fail 2                               |        |          |          |   4300 | 450 |    0 |      250 |       0 | A 150, B 300
2025-05-05 | order 4 for 200                      |        |          |          |   4300 | 450 |  200 |      250 |       0 | A 150, B 300
2025-05-05 | deliver 4                            |    200 | ana      | redeemed |   4300 | 250 |    0 |      450 |       0 | B 250
2025-05-20 | refund 120 of 4                      |    120 | redeemed | ana      |   4300 | 370 |    0 |      330 |       0 | A 70, B 300
2025-07-15 | expire                               |     70 | ana      | expired  |   4300 | 300 |    0 |      330 |      70 | B 300
2025-08-01 | credit C until 2026-08-01            |    500 | budget   | ana      |   3800 | 800 |    0 |      330 |      70 | B 300, C 500
2025-08-02 | order 5 for 450                      |        |          |          |   3800 | 800 |  450 |      330 |      70 | B 300, C 500
2025-08-02 | deliver 5                            |    450 | ana      | redeemed |   3800 | 350 |    0 |      780 |      70 | C 350
2025-08-10 | reverse C, short of 150              |    350 | ana      | budget   |   4150 |   0 |    0 |      780 |      70 |
2025-08-11 | reverse C, short of 150              |        |          |          |   4150 |   0 |    0 |      780 |      70 |
2025-09-01 | refund 250 of 1                      |    250 | redeemed | ana      |   4150 | 250 |    0 |      530 |      70 | 1 250
2025-09-20 | order 6 for 90                       |        |          |          |   4150 | 250 |   90 |      530 |      70 | 1 250
2025-10-01 | expire                               |    160 | ana      | expired  |   4150 |  90 |   90 |      530 |     230 | 1 90
2025-10-02 | deliver 6                            |     90 | ana      | redeemed |   4150 |   0 |    0 |      620 |     230 |
2025-12-01 | credit D                             |     80 | budget   | ana      |   4070 |  80 |    0 |      620 |     230 | D 80
2025-12-31 | close ana: account_not_empty         |        |          |          |   4070 |  80 |    0 |      620 |     230 | D 80
2025-12-31 | forfeit                              |     80 | ana      | expired  |   4070 |   0 |    0 |      620 |     310 |
2025-12-31 | close ana                            |        |          |          |   4070 |   0 |    0 |      620 |     310 |
2026-01-15 | credit E: account_closed             |     10 | budget   | ana      |   4070 |   0 |    0 |      620 |     310 |
"""

A_BUDGET_FROM_FUNDING_TO_CLOSING = """
date       | what happened                   | points | debit   | credit   | funding | budget | ana | ben | reversed
2025-01-01 | credit A: insufficient_points   |      1 | budget  | ana      |       0 |      0 |   0 |   0 |        0
2025-01-01 | fund                            |   1000 | funding | budget   |   -1000 |   1000 |   0 |   0 |        0
2025-01-10 | credit A                        |    300 | budget  | ana      |   -1000 |    700 | 300 |   0 |        0
2025-01-10 | credit A                        |        |         |          |   -1000 |    700 | 300 |   0 |        0
2025-02-10 | credit B                        |    200 | budget  | ben      |   -1000 |    500 | 300 | 200 |        0
2025-02-11 | credit C: insufficient_points   |    501 | budget  | ben      |   -1000 |    500 | 300 | 200 |        0
2025-03-01 | adjust                          |     50 | budget  | ben      |   -1000 |    450 | 300 | 250 |        0
2025-03-02 | adjust                          |     20 | ben     | budget   |   -1000 |    470 | 300 | 230 |        0
2025-04-01 | reverse 100 of A                |    100 | ana     | budget   |   -1000 |    570 | 200 | 230 |        0
2025-04-02 | reverse A                       |    200 | ana     | budget   |   -1000 |    770 |   0 | 230 |        0
2025-12-31 | close budget: account_not_empty |        |         |          |   -1000 |    770 |   0 | 230 |        0
2025-12-31 | adjust                          |    770 | budget  | funding  |    -230 |      0 |   0 | 230 |        0
2025-12-31 | close budget                    |        |         |          |    -230 |      0 |   0 | 230 |        0
2026-01-05 | fund: account_closed            |      1 | funding | budget   |    -230 |      0 |   0 | 230 |        0
2026-01-10 | reverse B                       |    200 | ben     | reversed |    -230 |      0 |   0 |  30 |      200
"""


@dataclass
class Book:
    """Does what a line says, and reads what the ledger says."""

    accounts: dict[str, UUID]
    at: datetime = datetime(2025, 1, 1, 12, tzinfo=UTC)
    transfers: dict[str, UUID] = field(default_factory=dict)  # by the name that a line gives
    orders: dict[str, UUID] = field(default_factory=dict)  # their holds
    seen: int = 0

    def do(self, words: str, points: int, debit: str, credit: str) -> None:
        match words.split():
            case ["fund" | "credit" | "adjust" | "forfeit" as what, *rest]:
                kind = {"fund": "funding", "adjust": "adjustment", "forfeit": "forfeiture"}.get(what, what)
                self._move(kind, rest, points, debit, credit)
            case ["order", name, "for", asked]:
                self.orders[name] = holds.place(
                    account_id=self.accounts["ana"], points=int(asked), reference=f"order {name}", at=self.at
                ).pk
            case ["deliver", name]:
                self.transfers[name] = holds.capture(self.orders[name], at=self.at).transfer_id
            case ["fail", name]:
                holds.release(self.orders[name], at=self.at)
            case ["refund", asked, "of", name]:
                reference = f"refund {asked} of {name}"
                refunds.refund(self.transfers[name], points=int(asked), reference=reference, at=self.at)
            case ["reverse", asked, "of", name]:
                self._reverse(name, int(asked), 0)
            case ["reverse", name]:
                self._reverse(name, None, 0)
            case ["reverse", name, "short", "of", shortfall]:
                self._reverse(name.rstrip(","), None, int(shortfall))
            case ["expire"]:
                lots.expire(at=self.at)
            case ["close", name]:
                accounts.close(self.accounts[name], at=self.at)
            case _:
                raise AssertionError(words)

    def moved(self) -> list[tuple[int, str, str]]:
        """Return the transfers since the last call: points, debit and credit."""
        names = {pk: name for name, pk in self.accounts.items()}
        new = list(Transfer.objects.order_by("id")[self.seen :])
        self.seen += len(new)
        return [(each.points, names[each.debit_id], names[each.credit_id]) for each in new]

    def balance(self, column: str) -> str:
        if column == "lots":
            names = {pk: name for name, pk in self.transfers.items()}
            open_lots = queries.open_lots(Account(pk=self.accounts["ana"])).select_related("transfer")
            return ", ".join(
                f"{names.get(lot.transfer.reverses_id) or names[lot.transfer_id]} {lot.remaining}" for lot in open_lots
            )
        account = Account.objects.get(pk=self.accounts["ana" if column == "held" else column])
        return str(account.held if column == "held" else account.points)

    def _move(self, kind: str, rest: list[str], points: int, debit: str, credit: str) -> None:
        name, until = (rest[0] if rest else ""), (rest[2] if rest[1:] else "")
        [posting] = post(
            [
                NewTransfer(
                    debit_id=self.accounts[debit or "budget"],
                    credit_id=self.accounts[credit or "ana"],
                    points=points or 300,
                    kind=TransferKind(kind),
                    reference=f"{kind} {name or self.seen}",
                    expires_at=noon(until) if until else None,
                )
            ],
            at=self.at,
        )
        if posting.error:
            raise posting.error
        self.transfers[name] = posting.transfer_id

    def _reverse(self, name: str, points: int | None, shortfall: int) -> None:
        reference = f"reversal of {points or 'all'} of {name}"
        back = reversals.reverse(self.transfers[name], points=points, reference=reference, at=self.at)
        assert back.shortfall == shortfall


def noon(day: str) -> datetime:
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


@pytest.mark.parametrize("table", [A_YEAR_OF_ONE_EMPLOYEE, A_BUDGET_FROM_FUNDING_TO_CLOSING], ids=["year", "budget"])
def test_worked_example(table):
    book = Book({kind.value: accounts.system(kind).pk for kind in accounts.SYSTEM_KINDS})
    book.accounts |= {"budget": accounts.open_budget("Values").pk, "ana": make_wallet().pk, "ben": make_wallet().pk}
    header, *lines = ([cell.strip() for cell in line.split("|")] for line in table.strip().splitlines())
    for line in lines:
        day, what, points, debit, credit, *balances = line
        words, _, refusal = what.partition(": ")
        book.at, said = noon(day), ""
        try:
            book.do(words, int(points or 0), debit, credit)
        except WalletError as error:
            said = error.code
        assert said == refusal, line
        assert book.moved() == ([(int(points), debit, credit)] if points and not refusal else []), line
        assert [book.balance(column) for column in header[5:]] == balances, line
    assert list(ledger_rules.findings()) == []
    total = sum(Account.objects.values_list("points", flat=True))
    assert (total, Account.objects.get(kind=AccountKind.FUNDING).points < 0) == (0, True)
