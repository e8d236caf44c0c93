"""docs/integrations/travel-booking.md: what stands there to be copied works, in its order, and says what comes back."""

import json
import re
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from api import ids
from api.problems import known
from api.tests.factories import api, make_client
from redemptions.enums import TravelCreditStatus
from redemptions.tests.factories import make_travel_credit

PAGE = (settings.BASE_DIR / "docs" / "integrations" / "travel-booking.md").read_text(encoding="utf-8")
CALL = re.compile(r"^curl -s .*?\$PORTAL/api/v1(?P<path>\S+)$", re.DOTALL | re.MULTILINE)
BODY = re.compile(r"-d '(?P<body>\{.*\})'")
pytestmark = pytest.mark.django_db


def calls() -> list[tuple[str, dict[str, Any]]]:
    """Return path and body of each call on the page."""
    found = []
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL):
        for call in CALL.finditer(block):
            body = BODY.search(call[0])
            found.append((call["path"], json.loads(body["body"].replace("'", "")) if body else {}))
    return found


def test_each_call_of_the_page_is_taken() -> None:
    http, credit = api(make_client(["travel:write"])), make_travel_credit(10_000)
    read, *posts = calls()
    named = {"$CREDIT": ids.public(ids.TRAVEL_CREDIT, credit.pk), "$AUTHORISATION": ""}
    statuses = []
    for path, body in posts:
        said = json.dumps({"path": f"/api/v1{path}", "body": body})
        for name, value in named.items():
            said = said.replace(name, value)
        asked = json.loads(said)
        answer = http.post(asked["path"], asked["body"])
        statuses.append((answer.status_code, answer.json().get("code", answer.json()["status"])))
        if path.endswith("/authorisations"):
            named["$AUTHORISATION"] = answer.json()["id"]

    assert statuses == [(201, "open"), (200, "captured"), (409, "authorisation_closed"), (201, "refunded")]
    shown = http.get(f"/api/v1{read[0]}".replace("$CREDIT", named["$CREDIT"])).json()
    [sample] = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert list(shown) == list(json.loads(sample))
    assert list(shown["bookings"][0]) == list(json.loads(sample)["bookings"][0])


def test_each_code_and_status_of_the_page_is_ours(client: Client) -> None:
    states = PAGE[PAGE.index("## 2.") : PAGE.index("## 3.")]
    assert re.findall(r"^\| `(\w+)`", states, re.MULTILINE) == TravelCreditStatus.values
    codes = re.findall(r"`([a-z_]+)`", "".join(re.findall(r"^\| 4\d\d \| (.*?) \|", PAGE, re.MULTILINE)))
    assert len(codes) == 12
    assert [code for code in codes if code not in known()] == []
    assert client.get(f"/problems/{codes[0]}").status_code == 200
