"""A code is shown to its owner alone."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from people.models import Person
from people.tests.factories import make_person
from redemptions import queries
from redemptions.enums import CodeStatus, ProductKind
from redemptions.errors import CodeGone, NotYours
from redemptions.models import Order, TravelCredit, Voucher, VoucherCode
from redemptions.operations import orders, travel_credits, vouchers
from redemptions.operations.vouchers import RevealedCode
from redemptions.queries import RewardState
from redemptions.tests.factories import add_codes, make_product
from wallets.tests.factories import make_wallet

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
pytestmark = pytest.mark.django_db


def make_owner(**fields: object) -> Person:
    person = make_person(**fields)
    make_wallet(50_000, person=person)
    return person


def redeem(person: Person, **fields: object) -> Order:
    """Redeem one thing, all the way; `expires_on` and `pin` are the code's, the rest is the product's."""
    code = {name: fields.pop(name) for name in ("expires_on", "pin") if name in fields}
    product = make_product(**fields)
    if product.kind == ProductKind.VOUCHER:
        add_codes(product, **code)
    order = orders.place(person=person, product=product, face_value=product.smallest, external_id=str(uuid4()), at=NOW)
    return orders.fulfil(order.pk, at=NOW)


def test_owner_sees_code_and_pin_and_it_is_counted() -> None:
    owner = make_owner()
    voucher = redeem(owner, pin="4321").vouchers.get()

    first = vouchers.reveal(voucher.pk, person=owner, at=NOW)
    second = vouchers.reveal(voucher.pk, person=owner, at=LATER)

    assert (first, first.code.startswith("PRODUCT-"), first.pin) == (second, True, "4321")
    voucher.refresh_from_db()
    assert (voucher.first_revealed_at, voucher.reveals) == (NOW, 2)


def test_owner_sees_the_code_of_a_travel_credit() -> None:
    owner = make_owner()
    credit = redeem(owner, kind=ProductKind.TRAVEL_CREDIT).travel_credit

    revealed = travel_credits.reveal(credit.pk, person=owner, at=NOW)

    assert (revealed.code[-4:], revealed.pin) == (credit.ending, None)
    credit.refresh_from_db()
    assert (credit.first_revealed_at, credit.reveals) == (NOW, 1)


@pytest.mark.parametrize("kind", ProductKind)
def test_outsider_is_told_that_there_is_nothing(kind: str) -> None:
    owner, outsider = make_owner(), make_person()
    order = redeem(owner, kind=kind)
    reward = order.travel_credit if kind == ProductKind.TRAVEL_CREDIT else order.vouchers.get()
    reveal = travel_credits.reveal if kind == ProductKind.TRAVEL_CREDIT else vouchers.reveal

    with pytest.raises(NotYours) as refused:
        reveal(reward.pk, person=outsider, at=NOW)
    with pytest.raises(NotYours) as missing:
        reveal(uuid4(), person=outsider, at=NOW)

    assert (refused.value.status, refused.value.detail) == (404, missing.value.detail)
    reward.refresh_from_db()
    assert (reward.reveals, reward.first_revealed_at) == (0, None)


def test_code_moved_to_another_row_does_not_open() -> None:
    owner = make_owner()
    voucher, other = redeem(owner).vouchers.get(), redeem(owner).vouchers.get()
    VoucherCode.objects.filter(pk=voucher.voucher_code_id).update(code=other.voucher_code.code)

    with pytest.raises(CodeGone):
        vouchers.reveal(voucher.pk, person=owner, at=NOW)

    voucher.refresh_from_db()
    assert voucher.reveals == 0  # nothing was shown


def test_withdrawn_code_is_not_shown() -> None:
    owner = make_owner()
    voucher = redeem(owner).vouchers.get()
    VoucherCode.objects.update(status=CodeStatus.VOID, order=None)

    with pytest.raises(CodeGone):
        vouchers.reveal(voucher.pk, person=owner, at=NOW)


def test_revealed_code_does_not_show_itself() -> None:
    assert repr(RevealedCode("SECRET", "1234")) == "RevealedCode()"


def test_travel_code_is_nowhere_in_the_table_in_the_clear() -> None:
    owner = make_owner()
    credit = redeem(owner, kind=ProductKind.TRAVEL_CREDIT).travel_credit
    plain = travel_credits.reveal(credit.pk, person=owner, at=NOW).code

    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text, encode(code, 'escape') FROM redemptions_travelcredit t")
        raw = repr(cursor.fetchall())

    assert (plain in raw, plain.encode().hex() in raw) == (False, False)


def test_mark_used_and_back_is_the_owners_alone() -> None:
    owner, outsider = make_owner(), make_person()
    voucher = redeem(owner).vouchers.get()

    vouchers.mark_used(voucher.pk, person=owner, at=NOW)
    vouchers.mark_used(voucher.pk, person=owner, at=LATER)
    voucher.refresh_from_db()
    assert voucher.used_at == NOW
    with pytest.raises(NotYours):
        vouchers.unmark(voucher.pk, person=outsider)
    vouchers.unmark(voucher.pk, person=owner)
    voucher.refresh_from_db()
    assert voucher.used_at is None


def test_my_rewards_are_grouped_and_newest_first() -> None:
    owner = make_owner()
    first, used, expired, travel = (
        redeem(owner),
        redeem(owner),
        redeem(owner, expires_on=date(2027, 1, 1)),
        redeem(owner, kind=ProductKind.TRAVEL_CREDIT, expires_after_days=30),
    )
    redeem(make_owner())
    vouchers.mark_used(used.vouchers.get().pk, person=owner, at=NOW)
    TravelCredit.objects.update(balance=500, authorised=200)

    def grouped(at: datetime) -> dict[str, list[Order]]:
        groups = queries.grouped(queries.my_rewards(owner, at=at))
        return {state: [reward.order for reward in rewards] for state, rewards in groups.items()}

    assert grouped(NOW) == {"ready": [travel, expired, first], "used": [used], "expired": []}
    assert grouped(datetime(2027, 1, 2, tzinfo=UTC)) == {"ready": [first], "used": [used], "expired": [travel, expired]}
    card = next(reward for reward in queries.my_rewards(owner, at=NOW) if reward.order == travel)
    assert (card.balance, card.authorised, card.left, card.expires_on) == (500, 200, 300, date(2026, 12, 24))


@pytest.mark.parametrize(
    ("at", "state", "days_left"),
    [
        (datetime(2026, 12, 1, 12, tzinfo=UTC), RewardState.READY, 0),
        (datetime(2026, 12, 1, 18, 29, tzinfo=UTC), RewardState.READY, 0),
        (datetime(2026, 12, 1, 18, 30, tzinfo=UTC), RewardState.EXPIRED, -1),  # midnight in Kolkata
    ],
)
def test_voucher_works_to_the_end_of_its_last_day_where_its_owner_lives(
    at: datetime, state: RewardState, days_left: int
) -> None:
    owner = make_owner(time_zone="Asia/Kolkata")
    redeem(owner, expires_on=date(2026, 12, 1))

    [reward] = queries.my_rewards(owner, at=at)

    assert (reward.state, reward.days_left) == (state, days_left)


def test_my_rewards_hold_no_code() -> None:
    owner = make_owner()
    redeem(owner)

    with CaptureQueriesContext(connection) as asked:
        queries.my_rewards(owner, at=NOW)

    assert not any('"code",' in query["sql"] or '"pin",' in query["sql"] for query in asked)


@pytest.mark.parametrize("count", [1, 3])
def test_my_rewards_ask_four_questions(count: int) -> None:
    owner = make_owner()
    for _ in range(count):
        redeem(owner)
        redeem(owner, kind=ProductKind.TRAVEL_CREDIT)

    with CaptureQueriesContext(connection) as asked:
        cards = [(r.product.name, r.product.supplier.kind, r.ending) for r in queries.my_rewards(owner, at=NOW)]

    assert (len(asked), len(cards)) == (4, count * 2)


def test_orders_on_their_way_are_listed_until_they_arrive() -> None:
    owner, product = make_owner(), make_product()
    add_codes(product)
    order = orders.place(person=owner, product=product, face_value=1000, external_id="1", at=NOW)

    assert list(queries.on_their_way(owner)) == [order]
    orders.fulfil(order.pk, at=NOW)
    assert (list(queries.on_their_way(owner)), Voucher.objects.count()) == ([], 1)
