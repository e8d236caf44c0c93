"""What the ledger refuses, and why."""

from typing import ClassVar

from api.errors import PortalError


class WalletError(PortalError):
    """The ledger will not move these points."""

    code: ClassVar[str] = "wallet_error"
    title: ClassVar[str] = "The points cannot be moved."


class InsufficientPoints(WalletError):
    """The debit account would fall below its floor, or spend what is held."""

    code = "insufficient_points"
    title = "There are not enough points in the account. Ask for fewer, or fill it first."
    status = 409


class UnknownAccount(WalletError):
    """No account has this id, or it is of a kind that cannot do this."""

    code = "unknown_account"
    title = "There is no such account. Open it first."


class SameAccount(WalletError):
    """Debit and credit are one account."""

    code = "same_account"
    title = "Points cannot move from an account to itself. Name two accounts."


class PointsOutOfRange(WalletError):
    """Not a whole number from 1 to the largest transfer, or more than an account may hold."""

    code = "points_out_of_range"
    title = "The points are out of range. Give a whole number of points that the account can hold."


class InvalidTime(WalletError):
    """A time without its zone, or a lot that would expire before it is earned."""

    code = "invalid_time"
    title = "The time needs its zone, and points must expire after they are earned."


class InvalidReference(WalletError):
    """A reference that is empty or too long to be kept."""

    code = "invalid_reference"
    title = "The reference must have 1 to 80 characters."


class ReferenceConflict(WalletError):
    """The reference was used before, for something else."""

    code = "reference_conflict"
    title = "This reference was used before with other content. Use a new one."
    status = 409


class OverRefund(WalletError):
    """More would come back than the wallet ever redeemed."""

    code = "over_refund"
    title = "More points would be given back than were redeemed. Give back fewer."
    status = 409


class UnknownHold(WalletError):
    """No hold has this id."""

    code = "unknown_hold"
    title = "There is no such hold."
    status = 404


class HoldClosed(WalletError):
    """The hold was captured, released or expired before."""

    code = "hold_closed"
    title = "These points are no longer held: they were taken or given back before."
    status = 409
