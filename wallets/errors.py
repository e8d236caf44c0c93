"""What the ledger refuses, and why. /problems/<code> shows these docstrings to callers."""

from api import errors
from api.errors import PortalError


class WalletError(PortalError):
    """The ledger will not move these points."""

    code, title = "wallet_error", "The points cannot be moved"


class InsufficientPoints(WalletError):
    """The account has fewer points to spend than that: what is held for open orders does not count.

    Ask for fewer points, or wait until an open order gives its points back.
    """

    code, title, status = "insufficient_points", "There are not enough points", 409


class UnknownAccount(WalletError):
    """No account has this id, or the one that has it is of a kind that cannot do this. Open it first."""

    code, title = "unknown_account", "There is no such account"


class SameAccount(WalletError):
    """Points cannot move from an account to itself. Name two accounts."""

    code, title = "same_account", "Debit and credit are one account"


class PointsOutOfRange(errors.PointsOutOfRange, WalletError):
    """Not a whole number from 1 to the largest transfer, or the account would hold more than it can."""


class InvalidTime(WalletError):
    """A time has no zone, lies in the future, or something would expire before it began. Read the sentence with it."""

    code, title = "invalid_time", "That time cannot be"


class InvalidReference(WalletError):
    """A reference is what keeps a retry from counting twice: 1 to 80 characters, unique for ever."""

    code, title = "invalid_reference", "That reference cannot be kept"


class ReferenceConflict(WalletError):
    """The reference was used before, for other accounts, points or another kind of transfer. Use a new one."""

    code, title, status = "reference_conflict", "The reference was used for something else", 409


class OverRefund(WalletError):
    """More points would come back than that redemption took and were not given back yet. Give back fewer."""

    code, title, status = "over_refund", "More would be given back than was redeemed", 409


class OverReversal(WalletError):
    """More points would be taken back than that transfer gave and were not taken back yet. Take back fewer."""

    code, title, status = "over_reversal", "More would be taken back than was given", 409


class UnknownTransfer(WalletError):
    """No transfer has this id, or it is not one that gave these points: credits are reversed, redemptions refunded."""

    code, title = "unknown_transfer", "There is no such transfer"


class AccountClosed(WalletError):
    """The account was closed: nothing comes in or goes out any more. Name another one."""

    code, title, status = "account_closed", "The account is closed", 409


class AccountNotEmpty(WalletError):
    """Only an account with no points, and none held, can be closed. Move its points first."""

    code, title, status = "account_not_empty", "The account still has points", 409


class UnknownHold(WalletError):
    """No hold has this id."""

    code, title, status = "unknown_hold", "There is no such hold", 404


class HoldClosed(WalletError):
    """The points are no longer held: they were taken or given back before. Read the order again to see which."""

    code, title, status = "hold_closed", "These points are no longer held", 409


class InvalidPolicy(WalletError):
    """What becomes of leavers' points is one of keep, forfeit and pay_out, 0 to 3650 days after they left."""

    code, title = "invalid_policy", "That policy cannot be"


class PayoutPaid(WalletError):
    """Somebody marked this pay-out as paid before."""

    code, title, status = "payout_paid", "This was paid already", 409
