"""Gives a delivered order back, whole, by two people: the points return into the lots they came from."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from api import ids
from api.money import in_words
from approvals import queries as approvers
from approvals.enums import ApprovalStatus, Verdict
from approvals.errors import AlreadyDecided
from approvals.models import Approval
from approvals.operations import approvals
from approvals.operations.approvals import NewApproval
from messaging.enums import Channel, WebhookType
from messaging.operations import messages
from messaging.operations.messages import NewMessage
from people.models import Person
from redemptions.enums import CodeStatus, EntryKind, OrderRefundStatus, OrderStatus
from redemptions.errors import CodesNotTakenBack, CreditInUse, NotRefundable, OwnOrder, RefundReasonMissing, RefundWaits
from redemptions.fingerprints import of_order_refund
from redemptions.models import Order, OrderRefund, TravelCredit, Voucher, VoucherCode
from redemptions.operations.announcing import announce_order
from redemptions.wording import reward_in_words
from wallets.operations import refunds as wallets
from wallets.operations.transactions import retried

REASON_CHARACTERS = 300
ORDER_REFUND = "order_refund"  # what approvals call it
STATEMENT_PATH = "/statement"


@retried
def ask(order_id: UUID, *, reason: str, is_taken_back: bool = False, by: Person, at: datetime) -> OrderRefund:
    """Ask for the refund of a delivered order; one of the HR approvers decides. Whole orders only.

    Args:
        order_id: the order.
        reason: why, as the person reads it; at most 300 characters.
        is_taken_back: whether the supplier took its codes back; needed where their owner has seen one.
        by: who asks; not who ordered.
        at: now.

    Raises:
        NotRefundable, RefundWaits, OwnOrder, RefundReasonMissing: it cannot be asked for.
        CreditInUse: something was booked on its travel credit.
        CodesNotTakenBack: a code was seen, and nobody says that the supplier took it back.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= REASON_CHARACTERS:
        raise RefundReasonMissing(f"Say why, in 1 to {REASON_CHARACTERS} characters.", pointer="/reason")
    with transaction.atomic():
        order = _lock(order_id)
        if order.person_id == by.pk:
            raise OwnOrder("You ordered this yourself. Ask a colleague to refund it.")
        if order.refunds.filter(status=OrderRefundStatus.WAITING).exists():
            raise RefundWaits("A refund of this order waits for an approver already.")
        _check(order, is_taken_back=is_taken_back)
        refund = OrderRefund(
            pk=ids.new(), order=order, reason=reason, is_taken_back=is_taken_back, requested_by=by, requested_at=at
        )
        question = NewApproval(
            kind=ORDER_REFUND,
            summary=f"Refund {order.points:,} points to {order.person} for {reward_in_words(order)}: {reason}",
            content_hash=of_order_refund(refund),
            group_id=approvers.hr_approvers().pk,
            required=1,
            requested_by_id=by.pk,
            beneficiary_id=order.person_id,
            points=order.points,
        )
        [refund.approval] = approvals.ask([question], at=at)
        refund.save(force_insert=True)
    return refund


@retried
def approve(refund_id: UUID, *, by: Person, note: str = "", at: datetime) -> OrderRefund:
    """Approve a refund, which makes it at once: or nothing of this happened.

    1. Lock refund, order and what was delivered; check again what `ask` checked.
    2. Take back what was delivered: codes are void, a travel credit's value is withdrawn.
    3. Tell the person, and give the points back into the lots they came from.

    Raises:
        AlreadyDecided, ContentChanged, MayNotDecide: see `approvals.operations.approvals.decide`.
        NotRefundable, CreditInUse, CodesNotTakenBack: something happened to the order meanwhile.
    """
    with transaction.atomic():
        refund = _lock_refund(refund_id)
        order = refund.order = _lock(refund.order_id)
        approval = _decide(refund, Verdict.APPROVE, by=by, note=note, at=at)
        if approval.status == ApprovalStatus.APPROVED:
            _check(order, is_taken_back=refund.is_taken_back)
            _withdraw(order, refund, at=at)
            messages.tell([_points_are_back(refund)], at=at)
            _give_back(order, refund, at=at)
            announce_order(order, WebhookType.REDEMPTION_REFUNDED, at=at)
    return refund


@retried
def reject(refund_id: UUID, *, by: Person, note: str = "", at: datetime) -> OrderRefund:
    """Reject a refund: nothing moves, and whoever asked is told.

    Raises:
        AlreadyDecided, ContentChanged, MayNotDecide: see `approvals.operations.approvals.decide`.
    """
    with transaction.atomic():
        refund = _lock_refund(refund_id)
        _decide(refund, Verdict.REJECT, by=by, note=note, at=at)
        _close(refund, OrderRefundStatus.REJECTED, at)
    return refund


def objection(order: Order, *, is_taken_back: bool) -> NotRefundable | CreditInUse | CodesNotTakenBack | None:
    """Return why an order cannot be refunded now, and what to do about it; None where it can."""
    if order.status != OrderStatus.FULFILLED:
        return NotRefundable(
            f"This order is {order.get_status_display().lower()}; only one that was delivered is refunded."
        )
    credit = TravelCredit.objects.filter(order=order).defer("code").first()
    if credit and (credit.authorised or credit.balance < credit.face_value):
        booked = credit.face_value - credit.balance + credit.authorised
        return CreditInUse(
            f"{in_words(booked, credit.currency)} of this travel credit is booked. Cancel the bookings in the booking "
            "system first, so that they are released or refunded to the credit; then ask again."
        )
    seen = Voucher.objects.filter(order=order, first_revealed_at__isnull=False).exists()
    if seen and not is_taken_back:
        return CodesNotTakenBack(
            "Its owner has seen the code. Have the supplier block it, then confirm that they did.",
            pointer="/is_taken_back",
        )
    return None


def _check(order: Order, *, is_taken_back: bool) -> None:
    if error := objection(order, is_taken_back=is_taken_back):
        raise error


def _lock(order_id: UUID) -> Order:
    """Lock an order and what was delivered of it: no booking and no look at a code comes in between."""
    orders = Order.objects.select_related("product", "person", "hold")
    order = orders.select_for_update(of=("self",), no_key=True).get(pk=order_id)
    for model in (TravelCredit, Voucher):
        list(model._default_manager.filter(order=order).only("pk").select_for_update(no_key=True))
    return order


def _lock_refund(refund_id: UUID) -> OrderRefund:
    refunds = OrderRefund.objects.select_related("order__product", "order__person")
    refund = refunds.select_for_update(of=("self",), no_key=True).get(pk=refund_id)
    if refund.status != OrderRefundStatus.WAITING:
        raise AlreadyDecided(f"This refund is decided: {refund.get_status_display().lower()}.")
    return refund


def _decide(refund: OrderRefund, verdict: Verdict, *, by: Person, note: str, at: datetime) -> Approval:
    seen = of_order_refund(refund)
    return approvals.decide(refund.approval_id, by=by, verdict=verdict, content_hash=seen, note=note, at=at)


def _withdraw(order: Order, refund: OrderRefund, *, at: datetime) -> None:
    """Take back what was delivered: the codes are void for good, and a travel credit has nothing left."""
    VoucherCode.objects.filter(voucher__order=order).update(status=CodeStatus.VOID, order=None)
    for credit in TravelCredit.objects.filter(order=order).defer("code"):
        credit.entries.create(
            kind=EntryKind.WITHDRAWN, amount=credit.balance, reference=f"refund:{refund.pk.hex}", at=at
        )
        credit.balance = 0
        credit.save(update_fields=["balance"])


def _give_back(order: Order, refund: OrderRefund, *, at: datetime) -> None:
    """Give the points back and write both ends of it. Last: it locks the account that all redemptions share."""
    if order.hold.transfer_id is None:
        raise AssertionError("a delivered order has taken its points")
    posting = wallets.refund(order.hold.transfer_id, points=None, reference=f"{order.reference}:refund", at=at)
    order.refund_id = posting.transfer_id
    order.status, order.status_reason, order.closed_at = OrderStatus.REFUNDED, refund.reason, at
    order.save(update_fields=["refund", "status", "status_reason", "closed_at"])
    _close(refund, OrderRefundStatus.DONE, at)


def _close(refund: OrderRefund, status: OrderRefundStatus, at: datetime) -> None:
    refund.status, refund.closed_at = status, at
    refund.save(update_fields=["status", "closed_at"])


def _points_are_back(refund: OrderRefund) -> NewMessage:
    order = refund.order
    is_one = order.quantity == 1
    went = "was refunded and no longer works" if is_one else "were refunded and no longer work"
    return NewMessage(
        person_id=order.person_id,
        kind="order_refunded",
        title=f"{order.points:,} points are back",
        body=f"Your {reward_in_words(order)}, {went}. Why: {refund.reason}",
        path=STATEMENT_PATH,
        reference=order.reference,
        channels=Channel.values,
    )
