"""Who delivers: one folder for each kind of supplier, and one line here."""

from redemptions.enums import SupplierKind
from redemptions.suppliers.code_pool.adapter import CodePool
from redemptions.suppliers.interface import Adapter
from redemptions.suppliers.travel_credit.adapter import TravelCreditIssuer

ADAPTERS: dict[str, Adapter] = {
    SupplierKind.CODE_POOL: CodePool(),
    SupplierKind.TRAVEL_CREDIT: TravelCreditIssuer(),
}


def adapter(kind: str) -> Adapter:
    """Return what talks to suppliers of this kind."""
    return ADAPTERS[kind]
