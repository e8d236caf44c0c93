"""Filling the pool."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.tests.factories import make_person
from redemptions.models import Product, VoucherCode
from redemptions.operations import codes
from redemptions.operations.codes import Added, NewCode
from redemptions.tests.factories import add_codes, make_product
from vault import encryption

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def add(product: Product, *rows: NewCode) -> Added:
    return codes.add(product=product, rows=rows, by=None, at=NOW)


def test_add_encrypts_code_and_pin_for_their_row_alone() -> None:
    by = make_person()

    codes.add(product=make_product(), rows=[NewCode(" ABCD-EFGH-IJKL ", "4321", 1000, None)], by=by, at=NOW)

    code = VoucherCode.objects.get()
    context = f"redemptions.vouchercode:{code.pk}"
    assert encryption.decrypt(code.code, context=context) == "ABCD-EFGH-IJKL"
    assert encryption.decrypt(code.pin or b"", context=f"{context}:pin") == "4321"
    assert (code.ending, code.status, code.added_by, code.added_at) == ("IJKL", "available", by, NOW)


def test_codes_are_nowhere_in_the_table_in_the_clear() -> None:
    product = make_product()
    (plain,) = add_codes(product, pin="PIN-98765")

    with connection.cursor() as cursor:
        cursor.execute("SELECT c::text, encode(code, 'escape'), encode(pin, 'escape') FROM redemptions_vouchercode c")
        raw = repr(cursor.fetchall())

    assert (plain in raw, "PIN-98765" in raw, plain.encode().hex() in raw) == (False, False, False)


@pytest.mark.parametrize(
    ("code", "ending"), [("AB", ""), ("ABCDEF", "EF"), ("ABCDEFGHIJKL", "IJKL"), ("A" * 40, "AAAA")]
)
def test_ending_never_shows_more_than_a_third(code: str, ending: str) -> None:
    add(make_product(), NewCode(code, None, 1000, None))

    assert VoucherCode.objects.get().ending == ending


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (NewCode("  ", None, 1000, None), "The code is empty."),
        (NewCode("A" * 501, None, 1000, None), "The code or its PIN is too long: 500 and 100 characters at most."),
        (NewCode("AB\x00CD", None, 1000, None), "The code or its PIN has characters that cannot be printed."),
        (
            NewCode("ABCD", None, 1500, None),
            "Loom does not come at €15. Correct the face value or add it to the product.",
        ),
        (NewCode("ABCD", None, 1000, date(2026, 11, 24)), "It expires on 24 Nov 2026, which is today or has passed."),
    ],
)
def test_add_refuses_a_bad_row_and_takes_the_others(row: NewCode, reason: str) -> None:
    added = add(make_product(name="Loom"), NewCode("GOOD-1", None, 1000, None), row)

    assert added == Added(1, [(2, reason)])
    assert VoucherCode.objects.count() == 1


def test_add_refuses_a_code_that_is_there_already() -> None:
    product = make_product()
    (plain,) = add_codes(product)

    added = add(
        product,
        NewCode(plain, None, 1000, None),
        NewCode("NEW-1", None, 1000, None),
        NewCode("NEW-1", None, 2500, None, 9),
    )

    assert added == Added(1, [(1, "This code is in the pool already."), (9, "This code stands in row 2 already.")])


def test_another_product_may_have_the_same_code() -> None:
    first, second = make_product(), make_product()

    assert add(first, NewCode("SAME", None, 1000, None)) == Added(1, [])
    assert add(second, NewCode("SAME", None, 1000, None)) == Added(1, [])


def test_check_says_the_same_and_adds_nothing() -> None:
    rows = [NewCode("GOOD-1", None, 1000, None), NewCode("", None, 1000, None)]

    assert codes.check(product=make_product(), rows=rows, at=NOW) == Added(1, [(2, "The code is empty.")])
    assert VoucherCode.objects.count() == 0


@pytest.mark.parametrize("count", [1, 3, 2000])
def test_add_takes_the_same_statements_for_any_number(count: int) -> None:
    product = make_product()
    rows = [NewCode(f"CODE-{number}", None, 1000, None) for number in range(count)]

    with CaptureQueriesContext(connection) as asked:
        added = add(product, *rows)

    assert added == Added(count, [])
    assert len(asked) == 5  # savepoint, lock, known ones, insert, release


def test_new_code_does_not_show_itself() -> None:
    assert repr(NewCode("SECRET", "1234", 1000, None)) == "NewCode(face_value=1000, expires_on=None, row=None)"
