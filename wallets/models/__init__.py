"""The nouns of the ledger."""

from wallets.models.account import Account
from wallets.models.hold import Hold
from wallets.models.lot import Lot, LotDraw, LotReturn
from wallets.models.seal import Seal, SealCopy
from wallets.models.transfer import Transfer

__all__ = ["Account", "Hold", "Lot", "LotDraw", "LotReturn", "Seal", "SealCopy", "Transfer"]
