"""One of everything that the API tells of, made by one client."""

from dataclasses import dataclass

from django.utils import timezone

from api import ids
from api.models import ApiClient
from api.tests.factories import make_client
from messaging.enums import WebhookType
from messaging.operations import webhook_endpoints
from people.tests.factories import make_person
from programs.tests.factories import credited, make_programme
from redemptions.operations import orders, travel_credits
from redemptions.tests.factories import add_codes, make_product, make_travel_credit
from wallets.tests.factories import make_wallet


@dataclass
class World:
    """One of everything, made by `own`, and the names by which addresses call them."""

    own: ApiClient
    names: dict[str, str]


def make_world() -> World:
    """Make one of everything."""
    own, programme = make_client(per_minute=1_000_000), make_programme(slug="spot")
    person = make_person(employee_number="E1")
    make_wallet(100_000, person=person)
    product = make_product(sku="voucher")
    add_codes(product, count=3)
    asked = credited(programme, person, client=own)
    credit = make_travel_credit(10_000, person=person)
    booking = travel_credits.authorise(
        travel_credit_id=credit.pk, amount=1000, currency="EUR", reference="1", client=own, at=timezone.now()
    )
    order = orders.place(
        person=person, product=product, face_value=1000, external_id="before", client=own, at=timezone.now()
    )
    endpoint = webhook_endpoints.create(
        client=own, url="https://hr.acme.example/hooks", types=WebhookType.values, at=timezone.now()
    ).endpoint
    delivery = webhook_endpoints.send_test(endpoint.pk, at=timezone.now())
    names = {
        "url": endpoint.url,
        "recipient": "E1",
        "slug": "spot",
        "programme": "spot",
        "product": "voucher",
        "product_id": "voucher",
        "points_request_id": ids.public(ids.POINTS_REQUEST, asked.pk),
        "travel_credit_id": ids.public(ids.TRAVEL_CREDIT, credit.pk),
        "authorisation_id": ids.public(ids.AUTHORISATION, booking.pk),
        "webhook_endpoint_id": ids.public(ids.WEBHOOK_ENDPOINT, endpoint.pk),
        "webhook_delivery_id": ids.public(ids.WEBHOOK_DELIVERY, delivery.pk),
        "redemption_id": ids.public(ids.ORDER, order.pk),
    }
    return World(own, names)
