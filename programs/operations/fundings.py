"""Fills budgets."""

from datetime import datetime

from api import ids
from api.models import ApiClient
from people.models import Person
from programs.errors import ExternalIdConflict, PointsOutOfRange
from programs.models import Funding, Programme
from programs.races import settle
from wallets.enums import AccountKind, TransferKind
from wallets.models.account import TRANSFER_POINTS_MAX
from wallets.operations import accounts, transfers
from wallets.operations.transfers import NewTransfer


def fund(
    *,
    programme: Programme,
    points: int,
    reference: str,
    at: datetime,
    by: Person | None = None,
    client: ApiClient | None = None,
    external_id: str | None = None,
) -> Funding:
    """Put points into a programme's budget, once for each `external_id` of a client, for ever.

    Args:
        programme: whose budget.
        points: how many, 1 to 10**12.
        reference: what it is known by in the company's books, as a purchase order; at most 200 characters.
        at: now.
        by: the person who does it.
        client: the system that does it.
        external_id: the same again with the same content returns the first funding.

    Returns:
        The funding; of a repeat, the first one (its `funded_at` is then earlier than `at`).

    Raises:
        PointsOutOfRange: not a possible number of points.
        ExternalIdConflict: the `external_id` stands for another funding.
    """
    if isinstance(points, bool) or not isinstance(points, int) or not 1 <= points <= TRANSFER_POINTS_MAX:
        raise PointsOutOfRange(f"points must be a whole number from 1 to {TRANSFER_POINTS_MAX}.", pointer="/points")
    funding = Funding(
        programme=programme,
        points=points,
        reference=reference,
        funded_at=at,
        funded_by=by,
        client=client,
        external_id=external_id,
    )
    return settle(lambda: _before(funding) or _post(funding, at))


def _before(funding: Funding) -> Funding | None:
    """Return the funding that this one repeats."""
    if funding.external_id is None:
        return None
    first = Funding.objects.filter(client=funding.client_id, external_id=funding.external_id).first()
    if first and (first.programme_id, first.points, first.reference) != (
        funding.programme_id,
        funding.points,
        funding.reference,
    ):
        detail = "external_id: it was used before, for another funding. Use a new one, or send the first content again."
        raise ExternalIdConflict(detail, pointer="/external_id")
    return first


def _post(funding: Funding, at: datetime) -> Funding:
    funding.pk = ids.new()
    transfer = NewTransfer(
        debit_id=accounts.system(AccountKind.FUNDING).pk,
        credit_id=funding.programme.budget_id,
        points=funding.points,
        kind=TransferKind.FUNDING,
        reference=f"fund:{funding.pk.hex}",
    )
    [posting] = transfers.post([transfer], at=at)
    if posting.transfer_id is None:
        raise posting.error or AssertionError("a posting has a transfer or an error")
    funding.transfer_id = posting.transfer_id
    funding.save(force_insert=True)
    return funding
