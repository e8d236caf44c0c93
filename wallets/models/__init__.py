"""The nouns of the ledger."""

from wallets.models.account import Account
from wallets.models.hold import Hold
from wallets.models.leaver_policy import LeaverPayout, LeaverPolicy
from wallets.models.lot import Lot, LotDraw, LotReturn
from wallets.models.seal import Seal, SealCopy
from wallets.models.transfer import Transfer

__all__ = [
    "Account",
    "Hold",
    "LeaverPayout",
    "LeaverPolicy",
    "Lot",
    "LotDraw",
    "LotReturn",
    "Seal",
    "SealCopy",
    "Transfer",
]
