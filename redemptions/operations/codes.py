"""Filling the code pool."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from api import ids
from api.money import face_value_in_words
from people.models import Person
from redemptions.models import Product, VoucherCode
from vault import encryption

CODE_LENGTH_MAX, PIN_LENGTH_MAX = 500, 100  # characters; some codes are links
ENDING_LENGTH_MAX = 4
INSERT_SIZE = 5_000  # rows a statement: PostgreSQL takes 65,535 parameters


@dataclass(frozen=True, slots=True)
class NewCode:
    """A code to add; its repr shows neither code nor PIN.

    Args:
        code: as the shop printed it; spaces around it are dropped.
        pin: the PIN that goes with it, if any.
        face_value: minor units of the product's currency.
        expires_on: the last day it works, or None.
        row: its number where it came from; its place in the list, from 1, when not given.
    """

    code: str = field(repr=False)
    pin: str | None = field(repr=False)
    face_value: int
    expires_on: date | None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What became of the rows: how many are in the pool now, and which are not (row number, reason)."""

    added: int
    refused: list[tuple[int, str]]


def check(*, product: Product, rows: Sequence[NewCode], at: datetime) -> Added:
    """Return what `add` would do with the rows now, and change nothing."""
    good, refused = _sort_out(product, rows, at=at)
    return Added(len(good), refused)


def add(*, product: Product, rows: Sequence[NewCode], by: Person | None, at: datetime) -> Added:
    """Put codes into a product's pool, encrypted; the good rows are added, each bad one is refused with a reason.

    Refused are: an empty or overlong code, a face value that the product does not come with, a date that has passed, a
    code that the pool had before or that stands twice in the list. One statement writes 5,000 rows.
    """
    with transaction.atomic():
        Product.objects.select_for_update(no_key=True).get(pk=product.pk)  # one at a time, so that no two add one code
        good, refused = _sort_out(product, rows, at=at)
        codes = [_encrypted(product, row, fingerprint, by=by, at=at) for fingerprint, row in good.items()]
        VoucherCode.objects.bulk_create(codes, batch_size=INSERT_SIZE)
    return Added(len(codes), refused)


def _sort_out(
    product: Product, rows: Sequence[NewCode], *, at: datetime
) -> tuple[dict[str, NewCode], list[tuple[int, str]]]:
    """Return the good rows by the fingerprint of their code, and the bad ones with their reasons, in order."""
    prints = [encryption.fingerprint(row.code.strip(), purpose="voucher code") for row in rows]
    known = set(
        VoucherCode.objects.filter(product=product, fingerprint__in=prints).values_list("fingerprint", flat=True)
    )
    good: dict[str, NewCode] = {}
    numbers: dict[str, int] = {}
    refused: list[tuple[int, str]] = []
    for place, (fingerprint, row) in enumerate(zip(prints, rows, strict=True), start=1):
        number = row.row or place
        if reason := _unfit(product, row, at=at):
            refused.append((number, reason))
        elif fingerprint in known:
            refused.append((number, "This code is in the pool already."))
        elif fingerprint in good:
            refused.append((number, f"This code stands in row {numbers[fingerprint]} already."))
        else:
            good[fingerprint], numbers[fingerprint] = row, number
    return good, refused


def _unfit(product: Product, row: NewCode, *, at: datetime) -> str:
    """Return why a row cannot be taken whatever else is in the pool, or nothing."""
    code, pin = row.code.strip(), (row.pin or "").strip()
    if not code:
        return "The code is empty."
    if len(code) > CODE_LENGTH_MAX or len(pin) > PIN_LENGTH_MAX:
        return f"The code or its PIN is too long: {CODE_LENGTH_MAX} and {PIN_LENGTH_MAX} characters at most."
    if not (code + pin).isprintable():
        return "The code or its PIN has characters that cannot be printed."
    if not product.offers(row.face_value):
        value = face_value_in_words(row.face_value, product.currency)
        return f"{product.name} does not come at {value}. Correct the face value or add it to the product."
    if row.expires_on and row.expires_on <= at.date():
        return f"It expires on {row.expires_on:%d %b %Y}, which is today or has passed."
    return ""


def _encrypted(product: Product, row: NewCode, fingerprint: str, *, by: Person | None, at: datetime) -> VoucherCode:
    """Return the row to insert: the code readable only with the key, and only there."""
    key, code, pin = ids.new(), row.code.strip(), (row.pin or "").strip()
    context = f"redemptions.vouchercode:{key}"
    return VoucherCode(
        id=key,
        product=product,
        face_value=row.face_value,
        code=encryption.encrypt(code, context=context),
        pin=encryption.encrypt(pin, context=f"{context}:pin") if pin else None,
        fingerprint=fingerprint,
        ending=_ending(code),
        expires_on=row.expires_on,
        added_at=at,
        added_by=by,
    )


def _ending(code: str) -> str:
    """Return the last characters, to tell codes apart; at most a third of it: a short one stays secret."""
    shown = min(ENDING_LENGTH_MAX, len(code) // 3)
    return code[len(code) - shown :]
