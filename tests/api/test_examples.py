"""docs/api/examples.json, which openapi.yaml shows: what the portal answers to each operation, recorded from it.

RECORD=1 writes the file anew (`make docs/api/examples.json`). Ids and times are put into a form that stays.
"""

import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator

from api import ids
from api.openapi import EXAMPLES
from api.tests.factories import make_client, make_token
from integrations.tests.factories import make_connection
from people.tests.factories import make_person
from programs.enums import UnknownRecipients
from programs.operations import rules
from programs.tests.factories import make_programme
from redemptions.tests.factories import add_codes, make_product, make_travel_credit
from wallets.ledger_rules import findings
from wallets.tests.factories import make_wallet

pytestmark = pytest.mark.django_db
JSON = "application/json"
DAY = date(2026, 11, 25)  # the one on which everything seems to have happened
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]+")
SECRET_SHOWN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # the one of Standard Webhooks' own example
KEY = re.compile(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])")
CURSOR = re.compile(r"cursor=[\w%-]+")
RATING = {"rating": 4.5, "form": "annual", "period": "2026-Q3"}
ASKED = {
    "external_id": "sf-2026-Q3-10482",
    "programme": "quarterly-performance",
    "recipient": "E10482",
    "points": 500,
    "reason": "Q3 rating 5",
    "metadata": {"cycle": "2026-Q3"},
}
EVENT = {
    "specversion": "1.0",
    "id": "rating-10482-2026-Q3",
    "source": "urn:acme:successfactors",
    "type": "performance.rating_submitted",
    "subject": "E10482",
    "time": "2026-11-25T09:30:00Z",
    "data": RATING,
}
OTHERS_EVENT = EVENT | {"id": "rating-10483-2026-Q3", "subject": "employee/E10483", "data": RATING | {"rating": 3.0}}
EUR_10 = {"amount": "10.00", "currency": "EUR"}
REDEEMED = {"external_id": "shop-7731", "recipient": "E10482", "product": "acme-voucher", "face_value": EUR_10}
REDEEMED |= {"quantity": 1}
BOOKED = {"amount": {"amount": "80.00", "currency": "EUR"}, "reference": "7K2QPL", "description": "Berlin to Lisbon"}
FUNDED = {"external_id": "po-4711", "points": 50_000, "reference": "PO 4711"}
RECORDS = {
    "records": [{
        "formDataId": "9001", "formSubjectId": "E10483", "overallRating": "4.5 - Outstanding",
        "formReviewEndDate": "2026-Q3", "formTemplateId": "annual",
    }]
}  # fmt: skip
LISTENS = {
    "url": "https://hooks.acme.example/rewards",
    "types": ["points_request.credited", "points_request.rejected"],
    "description": "HR data bus",
}
ENDPOINT = "/api/v1/webhook-endpoints/{webhook_endpoint_id}"
CREDIT = "/api/v1/travel-credits/{travel_credit_id}"


@dataclass(frozen=True)
class Story:
    """One call, and the name that its example has.

    Args:
        call: method and path, as openapi.yaml has them.
        name: of the example.
        status: what it must be answered.
        body: what is sent.
        query: what stands behind the path.
        keeps: the name by which later paths call the id that is answered.
    """

    call: str
    name: str
    status: int
    body: Any = None
    media_type: str = JSON
    query: str = ""
    keeps: str = ""
    headers: dict[str, str] = field(default_factory=dict)


STORIES = [
    Story("GET /api/v1/programmes", "programmes", 200),
    Story("GET /api/v1/programmes/{slug}", "programme", 200),
    Story("POST /api/v1/programmes/{slug}/fundings", "funded", 201, FUNDED),
    Story("POST /api/v1/programmes/{slug}/fundings", "the_same_again", 200, FUNDED),
    Story("GET /api/v1/programmes/{slug}/budget", "budget", 200),
    Story("POST /api/v1/points-requests", "credited", 201, ASKED, keeps="points_request_id"),
    Story("POST /api/v1/points-requests", "the_same_again", 200, ASKED),
    Story(
        "POST /api/v1/points-requests",
        "parked",
        202,
        ASKED | {"external_id": "sf-2026-Q3-10999", "recipient": "E10999"},
    ),
    Story("GET /api/v1/points-requests/{points_request_id}", "credited", 200),
    Story("GET /api/v1/points-requests", "by_external_id", 200, query="?external_id=sf-2026-Q3-10482"),
    Story(
        "POST /api/v1/points-requests/batch",
        "one_credited_one_refused",
        200,
        {
            "requests": [
                ASKED | {"external_id": "sf-2026-Q3-10483", "recipient": "E10483"},
                ASKED | {"external_id": "sf-2026-Q3-10484", "programme": "quarterly-performence"},
            ]
        },
    ),
    Story(
        "POST /api/v1/points-requests/{points_request_id}/reverse",
        "a_part",
        200,
        {"points": 200, "reason": "Rated too high"},
    ),
    Story("OPTIONS /api/v1/events", "handshake", 200, headers={"WebHook-Request-Origin": "hr.acme.example"}),
    Story("OPTIONS /api/v1/events/simulate", "handshake", 200, headers={"WebHook-Request-Origin": "hr.acme.example"}),
    Story("POST /api/v1/events/simulate", "one", 200, EVENT, "application/cloudevents+json"),
    Story("POST /api/v1/events/simulate", "plain_json", 200, EVENT),
    Story("POST /api/v1/events/simulate", "many", 200, [EVENT, OTHERS_EVENT], "application/cloudevents-batch+json"),
    Story("POST /api/v1/events", "one", 200, EVENT, "application/cloudevents+json"),
    Story("POST /api/v1/events", "plain_json", 200, EVENT),
    Story("POST /api/v1/events", "many", 200, [EVENT, OTHERS_EVENT], "application/cloudevents-batch+json"),
    Story(
        "POST /api/v1/hooks/{connection}",
        "ratings",
        200,
        RECORDS,
        headers={"Authorization": "Basic c2Y6Y29ycmVjdCBob3JzZQ=="},
    ),
    Story("GET /api/v1/wallets/{recipient}", "now", 200),
    Story("GET /api/v1/wallets/{recipient}/transfers", "newest", 200, query="?limit=2"),
    Story("GET /api/v1/products", "vouchers", 200, query="?q=voucher"),
    Story("GET /api/v1/products/{product_id}", "voucher", 200),
    Story("POST /api/v1/redemptions", "placed", 201, REDEEMED, keeps="redemption_id"),
    Story("POST /api/v1/redemptions", "the_same_again", 200, REDEEMED),
    Story("GET /api/v1/redemptions/{redemption_id}", "placed", 200),
    Story("GET /api/v1/redemptions", "by_external_id", 200, query="?external_id=shop-7731"),
    Story(f"POST {CREDIT}/authorisations", "held", 201, BOOKED, keeps="authorisation_id"),
    Story(f"POST {CREDIT}/authorisations", "the_same_again", 200, BOOKED),
    Story(
        f"POST {CREDIT}/authorisations/{{authorisation_id}}/capture",
        "a_part",
        200,
        {"amount": {"amount": "62.50", "currency": "EUR"}},
    ),
    Story(f"POST {CREDIT}/refunds", "given_back", 201, {"amount": EUR_10, "reference": "7K2QPL-back"}),
    Story(f"POST {CREDIT}/refunds", "the_same_again", 200, {"amount": EUR_10, "reference": "7K2QPL-back"}),
    Story(
        f"POST {CREDIT}/authorisations",
        "to_let_go",
        201,
        BOOKED | {"amount": EUR_10, "reference": "9MX4TD"},
        keeps="authorisation_id",
    ),
    Story(f"POST {CREDIT}/authorisations/{{authorisation_id}}/release", "let_go", 200, {}),
    Story(f"GET {CREDIT}", "with_bookings", 200),
    Story("POST /api/v1/webhook-endpoints", "made", 201, LISTENS, keeps="webhook_endpoint_id"),
    Story("GET /api/v1/webhook-endpoints", "all", 200),
    Story(f"GET {ENDPOINT}", "active", 200),
    Story(f"PATCH {ENDPOINT}", "another_description", 200, {"description": "HR data bus, Frankfurt"}),
    Story(f"POST {ENDPOINT}/rotate-secret", "within_an_hour", 200, {"previous_expires_in": 3600}),
    Story(f"POST {ENDPOINT}/test", "sent", 201, {}, keeps="webhook_delivery_id"),
    Story("GET /api/v1/webhook-deliveries", "waiting", 200, query="?status=pending"),
    Story("GET /api/v1/webhook-deliveries/{webhook_delivery_id}", "waiting", 200),
    Story("POST /api/v1/webhook-deliveries/{webhook_delivery_id}/retry", "now", 200, {}),
    Story(f"POST {ENDPOINT}/disable", "disabled", 200, {}),
    Story(f"POST {ENDPOINT}/enable", "enabled", 200, {}),
]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Make the company of the examples, and return by what names paths call what is in it."""
    monkeypatch.setenv("TEST_HOOK_SECRET", "correct horse")
    programme = make_programme(
        slug="quarterly-performance",
        name="Quarterly performance",
        points_expire_after_days=365,
        unknown_recipients=UnknownRecipients.PARK,
    )
    rules.write(
        programme=programme,
        slug="top-rating",
        event_type="performance.rating_submitted",
        when='event.rating >= 4.0 && event.form == "annual"',
        points="event.rating >= 4.5 ? 1000 : 500",
        reason="Rated {event.rating} for {event.period}",
        once_per=["event.period"],
        by=None,
    )
    ana = make_person(employee_number="E10482", name="Ana Ribeiro")
    make_person(employee_number="E10483", name="Jonas Weber")
    make_wallet(20_000, person=ana)
    add_codes(make_product(sku="acme-voucher", name="Acme gift voucher", brand="Acme"), count=2)
    credit = make_travel_credit(person=ana, sku="air-credit", name="Air credit", brand="Solvane")
    make_connection(slug="sf-ratings")
    return {
        "slug": "quarterly-performance",
        "connection": "sf-ratings",
        "recipient": "E10482",
        "product_id": "acme-voucher",
        "travel_credit_id": ids.public(ids.TRAVEL_CREDIT, credit.pk),
    }


def tell(story: Story, names: dict[str, str], token: str) -> Any:
    """Make one call and return what it was answered; None where there is no body."""
    method, _, path = story.call.partition(" ")
    sent = {} if story.body is None else {"data": json.dumps(story.body), "content_type": story.media_type}
    headers = {"Authorization": f"Bearer {token}"} | story.headers
    answer = getattr(Client(), method.lower())(path.format(**names) + story.query, headers=headers, **sent)
    assert answer.status_code == story.status, (story, answer.content)
    told = json.loads(answer.content) if answer.content else None
    if story.keeps:
        names[story.keeps] = told["id"]
    return told


def settled(document: Any) -> Any:
    """Return a document with its ids counted through, and its times as if it all had happened on one morning."""
    text, seen = json.dumps(document, ensure_ascii=False), dict[str, str]()
    today = timezone.now().date()

    def moved(found: str) -> str:
        day = date.fromisoformat(found[:10])
        return (DAY + (day - today)).isoformat()

    def counted(match: re.Match[str]) -> str:
        return seen.setdefault(match[0], f"{0x01A2106E1F0F7D1C9C5E8D1B6A2F4C3E + len(seen):032x}")

    text = CURSOR.sub("cursor=cD0wMWEyMTA2ZS0xZjBm", KEY.sub(counted, text))
    text = text.replace("http://testserver", "https://rewards.acme.example")
    text = SECRET.sub(SECRET_SHOWN, text)
    text = re.sub(r"http://127\.0\.0\.1:\d+", "https://rewards.acme.example", text)
    text = TIME.sub(lambda match: f"{moved(match[0])}T09:30:00Z", text)
    text = re.sub(rf'"expires_on": "({DATE.pattern})"', lambda match: f'"expires_on": "{moved(match[1])}"', text)
    return json.loads(text)


def test_the_examples_are_what_the_portal_answers(names: dict[str, str]) -> None:
    token = make_token(make_client())
    told: dict[str, list[dict[str, Any]]] = {}
    for story in STORIES:
        answer = tell(story, names, token)
        said = {"name": story.name, "media_type": story.media_type, "body": story.body}
        told.setdefault(story.call.replace("{connection}", "{slug}"), []).append(
            said | {"status": story.status, "answer": answer}
        )
    assert list(findings()) == []
    recorded = settled(told)
    if "RECORD" in os.environ:
        EXAMPLES.write_text(json.dumps(recorded, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    assert json.loads(EXAMPLES.read_text(encoding="utf-8")) == recorded, "make docs/api/examples.json openapi.yaml"


def shown(content: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    """Return each example of a content with the schema it must fit."""
    return [(kind["schema"], each["value"]) for kind in content.values() for each in kind.get("examples", {}).values()]


def test_every_operation_shows_what_is_sent_and_answered_and_each_fits_its_schema(client: Client) -> None:
    document = client.get("/api/v1/schema").json()
    missing, checked = [], 0
    for path, item in document["paths"].items():
        for method, operation in item.items():
            sent = operation.get("requestBody", {}).get("content", {})
            good = {
                status: answer["content"]
                for status, answer in operation["responses"].items()
                if status.startswith("2") and "content" in answer
            }
            pairs = [pair for content in (sent, *good.values()) for pair in shown(content)]
            for schema, value in pairs:
                Draft202012Validator(schema | {"components": document["components"]}).validate(value)
            checked += len(pairs)
            missing += [f"{method} {path}: body"] if sent and not shown(sent) else []
            missing += [f"{method} {path}: {status}" for status, content in good.items() if not shown(content)]
    assert (missing, checked > len(STORIES)) == ([], True)


def test_a_time_and_an_id_are_settled() -> None:
    now = datetime.now(UTC)
    key = ids.public(ids.POINTS_REQUEST, ids.new())
    assert settled({"id": key, "again": key, "at": f"{now:%Y-%m-%dT%H:%M:%S.%f}Z"}) == {
        "id": "pr_01a2106e1f0f7d1c9c5e8d1b6a2f4c3e",
        "again": "pr_01a2106e1f0f7d1c9c5e8d1b6a2f4c3e",
        "at": "2026-11-25T09:30:00Z",
    }
