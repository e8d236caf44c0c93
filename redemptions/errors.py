"""What spending refuses, each with the code the API shows. Too few points is `wallets.errors.InsufficientPoints`."""

from api.errors import PortalError


class RedemptionError(PortalError):
    """The root of this room's errors."""


class NotOffered(RedemptionError):
    """The product was taken out of the catalogue."""

    code = "product_not_offered"
    title = "This reward is no longer offered"


class DenominationNotOffered(RedemptionError):
    """The product does not come with this face value."""

    code = "denomination_not_offered"
    title = "This value is not offered"


class NotAvailableInCountry(RedemptionError):
    """The product cannot be used where the person lives."""

    code = "not_available_in_country"
    title = "This reward is not available in your country"


class QuantityOutOfRange(RedemptionError):
    """More, or fewer, than one order may hold."""

    code = "quantity_out_of_range"
    title = "This quantity cannot be ordered at once"


class UnknownRecipient(RedemptionError):
    """Nobody has this employee number, e-mail address or SCIM id. Employee numbers are texts: leading zeros count."""

    code = "unknown_recipient"
    title = "Nobody is known by this name"


class UnknownProduct(RedemptionError):
    """There is no product with this id. `GET /products` lists those there are."""

    code = "unknown_product"
    title = "There is no such product"


class RecipientInactive(RedemptionError):
    """The person is suspended or has left: the wallet stays, nothing is redeemed from it."""

    code = "recipient_inactive"
    title = "This person cannot redeem"


class OutOfStock(RedemptionError):
    """The pool has fewer codes than the order wants; nothing was taken."""

    code = "out_of_stock"
    title = "This reward is out of stock"
    status = 409


class ExternalIdConflict(RedemptionError):
    """The same external_id came with another content."""

    code = "external_id_conflict"
    title = "This external_id was used for another redemption"
    status = 409


class OrderClosed(RedemptionError):
    """The order already ended the other way: what was delivered is not failed, what failed is not delivered."""

    code = "order_closed"
    title = "This order is already closed"
    status = 409


class NotYours(RedemptionError):
    """There is no such reward for this person. The same answer whether it belongs to another or to nobody."""

    code = "not_found"
    title = "There is no such reward"
    status = 404


class CodeGone(RedemptionError):
    """The code was withdrawn, or can no longer be read."""

    code = "code_gone"
    title = "This code can no longer be shown"
    status = 410


class InsufficientCredit(RedemptionError):
    """The travel credit, or the authorisation, has less free than was asked for; nothing was taken.

    What other bookings hold is not free. `GET /travel-credits/{id}` shows balance and authorised: ask for at most the
    difference.
    """

    code = "insufficient_credit"
    title = "There is not enough left on this travel credit"
    status = 409


class AuthorisationClosed(RedemptionError):
    """The authorisation was captured, released or has expired. What it did not take is free: authorise again."""

    code = "authorisation_closed"
    title = "This authorisation is closed"
    status = 409


class CreditExpired(RedemptionError):
    """The travel credit is past its last day. Bookings made before can still be released and refunded."""

    code = "credit_expired"
    title = "This travel credit has expired"
    status = 409


class CreditSuspended(RedemptionError):
    """Its owner is suspended or has left, or the redemption was refunded: no new booking draws on it.

    What was authorised before can still be captured, released and refunded.
    """

    code = "credit_suspended"
    title = "This travel credit is suspended"
    status = 409


class ReferenceConflict(RedemptionError):
    """The reference came before with another content, or for another thing. Use a new one for a new effect."""

    code = "reference_conflict"
    title = "The reference was used for something else"
    status = 409


class RefundTooLarge(RedemptionError):
    """More was to come back than was captured and not yet refunded, in all or of the booking that was named."""

    code = "refund_too_large"
    title = "The refund is larger than what was paid"
    status = 409


class CurrencyMismatch(RedemptionError):
    """A travel credit has one currency and is drawn on in it alone; convert before you ask."""

    code = "currency_mismatch"
    title = "The travel credit is in another currency"


class AmountOutOfRange(RedemptionError):
    """An amount is at least one minor unit of its currency, as 0.01 EUR."""

    code = "amount_out_of_range"
    title = "This amount cannot be taken"


class AuthorisationTime(RedemptionError):
    """An authorisation ends after it is made, and no later than the travel credit itself."""

    code = "expires_at_out_of_range"
    title = "An authorisation cannot end then"


class NotRefundable(RedemptionError):
    """Only an order that was delivered is refunded, and once. One that failed gave its points back by itself."""

    code, title, status = "not_refundable", "This order cannot be refunded", 409


class RefundWaits(RedemptionError):
    """Somebody asked for the refund of this order before; an approver decides about that one first."""

    code, title, status = "refund_waits", "A refund of this order waits already", 409


class OwnOrder(RedemptionError):
    """Nobody asks for the refund of what they ordered themselves. Ask a colleague to."""

    code, title, status = "own_order", "You ordered this yourself", 403


class RefundReasonMissing(RedemptionError):
    """The person reads why an order was refunded. Write it in a sentence, at most 300 characters."""

    code, title = "refund_reason_missing", "A reason is needed"


class CreditInUse(RedemptionError):
    """Something is booked on the travel credit, or was paid with it.

    Cancel the bookings in the booking system, so that they are released or refunded to the credit; then refund it.
    """

    code, title, status = "credit_in_use", "The travel credit is in use", 409


class CodesNotTakenBack(RedemptionError):
    """Its owner has seen the code of a voucher, so it may be spent. Have the supplier block it and confirm that."""

    code, title, status = "codes_not_taken_back", "The code was seen", 409
