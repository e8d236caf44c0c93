"""The kinds and states of the ledger."""

from django.db import models


class AccountKind(models.TextChoices):
    """What an account stands for. `funding` is where points come from; the last four are where they end."""

    FUNDING = "funding", "Funding"
    BUDGET = "budget", "Budget"
    WALLET = "wallet", "Wallet"
    REDEEMED = "redeemed", "Redeemed"
    EXPIRED = "expired", "Expired"
    REVERSED = "reversed", "Reversed"
    SUSPENSE = "suspense", "Suspense"


class TransferKind(models.TextChoices):
    """Why points moved."""

    FUNDING = "funding", "Funding"
    CREDIT = "credit", "Credit"
    REDEMPTION = "redemption", "Redemption"
    REFUND = "refund", "Refund"
    EXPIRY = "expiry", "Expiry"
    REVERSAL = "reversal", "Reversal"
    ADJUSTMENT = "adjustment", "Adjustment"
    FORFEITURE = "forfeiture", "Forfeiture"  # points that somebody loses by leaving; counted with what expired
    BUDGET = "budget", "Between budgets"  # also back to where points come from, when a year is closed
    PAYOUT = "payout", "Pay-out"  # points that somebody gets as money; counted with what was redeemed


class HoldStatus(models.TextChoices):
    """Points set aside: placed, then exactly one of the others."""

    PLACED = "placed", "Placed"
    CAPTURED = "captured", "Captured"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Expired"


class LeaverAction(models.TextChoices):
    """What becomes of the points of somebody who left."""

    KEEP = "keep", "Kept"
    FORFEIT = "forfeit", "Forfeited"
    PAY_OUT = "pay_out", "Paid out"


class PayoutStatus(models.TextChoices):
    """waiting → paid."""

    WAITING = "waiting", "To be paid"
    PAID = "paid", "Paid"
