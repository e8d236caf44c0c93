"""The rules of the ledger in the plainest Python there is: one thing at a time, no locks, no SQL, no cleverness.

Accounts and transfers go by names and references, times are whole days. What is refused returns the error's code and
changes nothing; what was done before returns REPLAYED.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

REPLAYED, NOTHING = "replayed", "nothing there to move"
WALLETS, BUDGETS = tuple(f"wallet {n}" for n in range(4)), tuple(f"budget {n}" for n in range(3))
ACCOUNTS = ("funding", *BUDGETS, *WALLETS, "redeemed", "expired", "reversed")
GRACE_DAYS = 30
LIFETIMES = {"redemption": "redeemed", "payout": "redeemed", "expiry": "expired", "forfeiture": "expired"}
TAKES_BACK = {"reversal": ("credit", "adjustment"), "refund": ("redemption", "payout")}


@dataclass(slots=True)
class PlainAccount:
    points: int = 0
    held: int = 0
    earned: int = 0
    redeemed: int = 0
    expired: int = 0
    closed_on: int | None = None


@dataclass(slots=True)
class PlainLot:
    wallet: str
    reference: str
    points: int
    left: int
    expires_on: int | None
    expiring: bool = False

    def is_over(self, day: int) -> bool:
        return self.expires_on is not None and self.expires_on <= day


@dataclass(slots=True)
class PlainHold:
    wallet: str
    points: int
    placed_on: int
    expires_on: int | None
    status: str = "placed"


@dataclass(frozen=True, slots=True)
class PlainTransfer:
    """What was asked for, and what was moved of it."""

    debit: str
    credit: str
    asked: int
    kind: str
    reverses: str | None = None
    points: int = 0


@dataclass
class PlainLedger:
    accounts: dict[str, PlainAccount] = field(default_factory=lambda: {name: PlainAccount() for name in ACCOUNTS})
    transfers: dict[str, PlainTransfer] = field(default_factory=dict)
    lots: list[PlainLot] = field(default_factory=list)
    draws: dict[tuple[str, str], int] = field(default_factory=dict)  # by lot and transfer
    returns: dict[tuple[str, str], int] = field(default_factory=dict)
    holds: dict[str, PlainHold] = field(default_factory=dict)

    # What can be asked

    def spendable(self, name: str, day: int) -> int:
        account = self.accounts[name]
        return account.points - account.held - self.overdue(name, day)

    def overdue(self, wallet: str, day: int) -> int:
        return max([0, *(self._excess(wallet, day))])

    def left_of(self, debit: str, credit: str, kind: str, reverses: str | None) -> int | None:
        """Return what was not taken back yet of a transfer, None where this is none that could be."""
        first = self.transfers.get(reverses or "")
        if first is None or first.kind not in TAKES_BACK[kind]:
            return None
        if debit != first.credit or (kind == "refund" and credit != first.debit):
            return None
        back = [t.points for t in self.transfers.values() if (t.reverses, t.kind) == (reverses, kind)]
        return first.points - sum(back)

    # What can be done

    def post(  # noqa: PLR0911 - a return for each reason
        self,
        reference: str,
        debit: str,
        credit: str,
        asked: int | None,
        kind: str,
        *,
        today: int,
        expires_on: int | None = None,
        reverses: str | None = None,
        at_most: bool = False,
    ) -> str | None:
        earlier = self.transfers.get(reference)
        if earlier is not None:
            again = PlainTransfer(debit, credit, asked or earlier.asked, kind, reverses, earlier.points)
            return REPLAYED if again == earlier else "reference_conflict"
        if any(self.accounts[name].closed_on is not None for name in (debit, credit)):
            return "account_closed"
        left = None
        if kind in TAKES_BACK:
            left = self.left_of(debit, credit, kind, reverses)
            if left is None:
                return "unknown_transfer"
        asked = asked or left or 0
        spendable = asked if debit == "funding" else self.spendable(debit, today)
        points = max(0, min(asked, spendable, asked if left is None else left)) if at_most else asked
        if at_most and points == 0:
            return NOTHING
        if left is not None and (points > left or left < 1):
            return f"over_{kind}"
        if points > spendable:
            return "insufficient_points"
        before = 0 if left is None else self.transfers[reverses or ""].points - left
        self._move(reference, PlainTransfer(debit, credit, asked, kind, reverses, points))
        if debit in WALLETS:
            self._draw(reference, debit, points, today)
        if credit in WALLETS:
            rest = self._give_back(reference, reverses, before, points, today) if kind == "refund" else points
            if rest:
                self.lots.append(PlainLot(credit, reference, rest, rest, expires_on))
        return None

    def reverse(self, credited: str, points: int | None, reference: str, today: int) -> str | None:
        first, earlier = self.transfers[credited], self.transfers.get(reference)
        if first.credit not in WALLETS:
            return "unknown_transfer"
        payee = first.debit if self.accounts[first.debit].closed_on is None else "reversed"
        if earlier and earlier.reverses == credited:
            payee = earlier.credit
        return self.post(
            reference, first.credit, payee, points, "reversal", today=today, reverses=credited, at_most=True
        )

    def refund(self, spent: str, points: int | None, reference: str, today: int) -> str | None:
        first = self.transfers[spent]
        if first.debit not in WALLETS:
            return "unknown_transfer"
        grace = today + GRACE_DAYS
        return self.post(
            reference, first.credit, first.debit, points, "refund", today=today, expires_on=grace, reverses=spent
        )

    def place(self, reference: str, wallet: str, points: int, expires_on: int | None, today: int) -> str | None:
        earlier = self.holds.get(reference)
        if earlier is not None:
            return REPLAYED if (earlier.wallet, earlier.points) == (wallet, points) else "reference_conflict"
        if self.accounts[wallet].closed_on is not None:
            return "account_closed"
        if max(0, self.spendable(wallet, today)) < points:
            return "insufficient_points"
        self.holds[reference] = PlainHold(wallet, points, today, expires_on)
        self.accounts[wallet].held += points
        return None

    def capture(self, reference: str, today: int) -> str | None:
        hold = self.holds[reference]
        if hold.status != "placed" or _is_over(hold.expires_on, today):
            return "hold_closed"
        if reference in self.transfers:
            return "reference_conflict"
        self.accounts[hold.wallet].held -= hold.points
        # With the lots that were good when it was placed.
        error = self.post(reference, hold.wallet, "redeemed", hold.points, "redemption", today=hold.placed_on)
        if error is None:
            hold.status = "captured"
        else:
            self.accounts[hold.wallet].held += hold.points
        return error

    def release(self, reference: str) -> str | None:
        if self.holds[reference].status != "placed":
            return "hold_closed"
        self._free(self.holds[reference], "released")
        return None

    def expire_holds(self, today: int) -> int:
        due = [hold for hold in self.holds.values() if hold.status == "placed" and _is_over(hold.expires_on, today)]
        for hold in due:
            self._free(hold, "expired")
        return len(due)

    def expire_lots(self, today: int) -> int:
        """Let go what is past its date and kept by no hold."""
        count = 0
        for wallet in WALLETS:
            account, lost_before = self.accounts[wallet], 0
            most = account.points - account.held
            due = [lot for lot in self._in_order(wallet) if lot.is_over(today)]
            for lot, excess in zip(due, list(self._excess(wallet, today)), strict=True):
                lost = max(0, min(most, excess) - lost_before)
                lost_before += lost
                if lost:
                    count += 1
                    left = lot.left - lost
                    reference = f"exp:{lot.reference}" + (f":{left}" if left else "")
                    self._move(reference, PlainTransfer(wallet, "expired", lost, "expiry", None, lost))
                    self._take(reference, lot, lost)
                    lot.expiring = True
        return count

    def close(self, name: str, today: int) -> str | None:
        if name not in (*WALLETS, *BUDGETS):
            return "unknown_account"
        account = self.accounts[name]
        if account.closed_on is None:
            if account.points:
                return "account_not_empty"
            account.closed_on = today
        return None

    # How

    def _excess(self, wallet: str, day: int) -> Iterator[int]:
        """Yield, of each lot past its date, by how much it and those before it exceed what earlier holds keep."""
        upto = 0
        for lot in self._in_order(wallet):
            if lot.expires_on is not None and lot.is_over(day):
                upto += lot.left
                yield upto - sum(
                    hold.points
                    for hold in self.holds.values()
                    if hold.wallet == wallet and hold.status == "placed" and hold.placed_on < lot.expires_on
                )

    def _in_order(self, wallet: str) -> list[PlainLot]:
        """Return what a wallet spends next, first: the earliest date, then the oldest."""
        mine = [lot for lot in self.lots if lot.wallet == wallet and lot.left]
        return sorted(mine, key=lambda lot: (lot.expires_on is None, lot.expires_on or 0))

    def _move(self, reference: str, new: PlainTransfer) -> None:
        debit, credit = self.accounts[new.debit], self.accounts[new.credit]
        debit.points -= new.points
        credit.points += new.points
        if new.debit in WALLETS:
            lifetime = LIFETIMES.get(new.kind)
            if lifetime is None:
                debit.earned -= new.points
            else:
                setattr(debit, lifetime, getattr(debit, lifetime) + new.points)
        if new.credit in WALLETS:
            if new.kind == "refund":
                credit.redeemed -= new.points
            else:
                credit.earned += new.points
        self.transfers[reference] = new

    def _draw(self, reference: str, wallet: str, points: int, day: int) -> None:
        for lot in sorted(self._in_order(wallet), key=lambda lot: lot.is_over(day)):
            taken = min(lot.left, points)
            if taken:
                self._take(reference, lot, taken)
                points -= taken

    def _take(self, reference: str, lot: PlainLot, points: int) -> None:
        lot.left -= points
        self.draws[lot.reference, reference] = points

    def _give_back(self, reference: str, spent: str | None, before: int, points: int, day: int) -> int:
        """Fill the lots that a redemption drew from, those it drew last first; return what could not go back.

        `before` of it came back earlier, one way or the other.
        """
        rest = points
        drawn = [(lot, self.draws[lot.reference, spent]) for lot in self.lots if (lot.reference, spent) in self.draws]
        drawn.sort(key=lambda each: (each[0].expires_on is None, each[0].expires_on or 0))
        for lot, taken in reversed(drawn):
            skipped = min(before, taken)
            before -= skipped
            back = min(taken - skipped, points)
            points -= back
            if back and not lot.is_over(day) and not lot.expiring:
                lot.left += back
                self.returns[lot.reference, reference] = back
                rest -= back
        return rest

    def _free(self, hold: PlainHold, status: str) -> None:
        hold.status = status
        self.accounts[hold.wallet].held -= hold.points


def _is_over(day: int | None, today: int) -> bool:
    return day is not None and day <= today
