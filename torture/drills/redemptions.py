"""Orders of vouchers out of a pool of codes, and of travel credits."""

from collections.abc import Sequence

from torture.client import Client

PRODUCTS = (("voucher", "5.00", 500), ("air-credit", "10.00", 1000))  # product, face value, points each
QUANTITY_MAX = 2


def step(client: Client, people: Sequence[str]) -> None:
    """Redeem something for somebody, who may have too few points for it."""
    key = f"order-{client.random.getrandbits(64):x}"
    recipient = client.random.choice(people)
    product, face_value, points = client.random.choice(PRODUCTS)
    quantity = client.random.randint(1, QUANTITY_MAX) if product == "voucher" else 1
    body = {
        "external_id": key,
        "recipient": recipient,
        "product": product,
        "face_value": {"amount": face_value, "currency": "EUR"},
        "quantity": quantity,
    }
    answer = client.ask("/redemptions", body, expect=("insufficient_points", "out_of_stock"))
    if answer.is_good:
        client.book.ordered(key, recipient, quantity * points)
        client.book.count("orders")
    else:
        client.book.count("orders refused")
