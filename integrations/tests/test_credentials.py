import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone
from standardwebhooks.webhooks import Webhook

from api.operations import clients
from integrations import credentials
from integrations.credentials import Presented
from integrations.errors import CredentialNotSet, WrongCredential
from integrations.tests.conftest import SECRET

AT = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
BODY = b'{"a": 1}'
NAMED = "env:TEST_HOOK_SECRET"
WEBHOOK_SECRET = "whsec_cmV3YXJkcy13ZWJob29rLWtleS1jdXJyZW50ISEhISE="
OTHER_WEBHOOK_SECRET = "whsec_cmV3YXJkcy13ZWJob29rLWtleS1wcmV2aW91cyEhISE="
DIGEST = hmac.digest(SECRET.encode(), BODY, hashlib.sha256)


def passes(credential: dict[str, Any], body: bytes = BODY, at: datetime = AT, **headers: str) -> bool:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = RequestFactory().post("/", body, content_type="application/json", headers=named)
    try:
        credentials.check(credential, Presented(request, body, at))
    except WrongCredential as error:
        return bool(SECRET in error.detail or not error.headers["WWW-Authenticate"])
    return True


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    ("authorization", "right"),
    [
        (basic(f"sf:{SECRET}"), True),
        (basic(f"sf:{SECRET}").replace("Basic", "basic"), True),
        (basic(f"sf:{SECRET} "), False),
        (basic("sf:"), False),
        (basic(f"other:{SECRET}"), False),
        (basic(f":sf{SECRET}"), False),
        (f"Basic sf:{SECRET}", False),
        (f"Bearer {SECRET}", False),
        (basic(f"sf:{SECRET}").replace("Basic", "Digest"), False),
        ("Basic é", False),
        ("", False),
    ],
)
def test_basic(authorization: str, right: bool) -> None:
    credential = {"kind": "basic", "username": "sf", "secret": NAMED}
    assert passes(credential, Authorization=authorization) is right


@pytest.mark.parametrize(
    ("value", "right"), [(SECRET, True), (SECRET[:-1], False), (SECRET + "x", False), ("é", False), ("", False)]
)
def test_header(value: str, right: bool) -> None:
    assert passes({"kind": "header", "name": "X-Api-Key", "secret": NAMED}, X_Api_Key=value) is right


@pytest.mark.parametrize(
    ("credential", "value", "right"),
    [
        ({}, DIGEST.hex(), True),
        ({}, DIGEST.hex().upper(), True),
        ({}, f"sha256={DIGEST.hex()}", False),
        ({"prefix": "sha256="}, f"sha256={DIGEST.hex()}", True),
        ({"prefix": "sha256="}, DIGEST.hex(), False),
        ({"encoding": "base64"}, base64.b64encode(DIGEST).decode(), True),
        ({"encoding": "base64"}, DIGEST.hex(), False),
        ({}, hmac.digest(b"other", BODY, hashlib.sha256).hex(), False),
        ({}, "", False),
    ],
)
def test_hmac_sha256(credential: dict[str, str], value: str, right: bool) -> None:
    credential = {"kind": "hmac_sha256", "name": "X-Signature", "secret": NAMED, **credential}
    assert passes(credential, X_Signature=value) is right


def test_hmac_sha256_covers_the_body_as_it_came() -> None:
    credential = {"kind": "hmac_sha256", "name": "X-Signature", "secret": NAMED}
    assert passes(credential, body=b'{"a":1}', X_Signature=DIGEST.hex()) is False


@pytest.mark.parametrize(
    ("authorization", "right"), [(f"Bearer {SECRET}", True), ("Bearer x", False), (SECRET, False), ("", False)]
)
def test_bearer_with_a_fixed_token(authorization: str, right: bool) -> None:
    assert passes({"kind": "bearer", "secret": NAMED}, Authorization=authorization) is right


@pytest.mark.django_db
def test_bearer_with_a_token_of_ours(client: Client) -> None:
    def token(*scopes: str) -> tuple[str, str]:
        made = clients.create(name="SF", scopes=scopes, at=timezone.now())
        login = {"Authorization": basic(f"{made.client_id}:{made.client_secret}")}
        answer = client.post("/oauth/token", {"grant_type": "client_credentials"}, headers=login)
        return made.client_id, f"Bearer {answer.json()['access_token']}"

    client_id, authorization = token("events:write")
    _, reader = token("points:read")
    assert passes({"kind": "bearer"}, Authorization=authorization) is True
    assert passes({"kind": "bearer", "client": client_id}, Authorization=authorization) is True
    assert passes({"kind": "bearer", "client": "another"}, Authorization=authorization) is False
    assert passes({"kind": "bearer"}, Authorization=reader) is False
    assert passes({"kind": "bearer"}, Authorization="Bearer unknown") is False
    assert passes({"kind": "bearer"}) is False


def signed(secret: str = WEBHOOK_SECRET, at: datetime = AT, body: bytes = BODY) -> dict[str, str]:
    signature = Webhook(secret).sign("msg_1", at, body.decode())
    return {"webhook_id": "msg_1", "webhook_timestamp": str(int(at.timestamp())), "webhook_signature": signature}


@pytest.mark.parametrize(
    ("secrets", "headers", "right"),
    [
        (WEBHOOK_SECRET, signed(), True),
        (f"{OTHER_WEBHOOK_SECRET} {WEBHOOK_SECRET}", signed(), True),
        (WEBHOOK_SECRET, {**signed(), "webhook_signature": f"v1a,x v1,AAAA {signed()['webhook_signature']}"}, True),
        (WEBHOOK_SECRET, signed(OTHER_WEBHOOK_SECRET), False),
        (WEBHOOK_SECRET, signed(body=b"{}"), False),
        (WEBHOOK_SECRET, signed(at=datetime(2026, 11, 23, 8, 24, tzinfo=UTC)), False),
        (WEBHOOK_SECRET, signed(at=datetime(2026, 11, 23, 8, 36, tzinfo=UTC)), False),
        (WEBHOOK_SECRET, {**signed(), "webhook_id": "msg_2"}, False),
        (WEBHOOK_SECRET, {**signed(), "webhook_timestamp": "soon"}, False),
        (WEBHOOK_SECRET, {**signed(), "webhook_timestamp": "²"}, False),
        (WEBHOOK_SECRET, {**signed(), "webhook_signature": "nothing"}, False),
        (WEBHOOK_SECRET, {}, False),
    ],
)
def test_standard_webhooks(monkeypatch: pytest.MonkeyPatch, secrets: str, headers: dict[str, str], right: bool) -> None:
    monkeypatch.setenv("TEST_HOOK_SECRET", secrets)
    assert passes({"kind": "standard_webhooks", "secret": NAMED}, **headers) is right


@pytest.mark.parametrize("value", ["", None])
@pytest.mark.parametrize("kind", ["basic", "header", "hmac_sha256", "bearer", "standard_webhooks"])
def test_secret_that_is_not_set_lets_nobody_in_and_names_nothing(
    monkeypatch: pytest.MonkeyPatch, kind: str, value: str | None
) -> None:
    monkeypatch.delenv("TEST_HOOK_SECRET")
    if value is not None:
        monkeypatch.setenv("TEST_HOOK_SECRET", value)
    credential = {"kind": kind, "username": "sf", "name": "X-Api-Key", "secret": NAMED}
    with pytest.raises(CredentialNotSet) as caught:
        passes(credential, Authorization=basic("sf:"), X_Api_Key="")
    assert "TEST_HOOK_SECRET" not in caught.value.detail
    assert caught.value.status == 503


def test_webhook_secret_that_is_none_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_HOOK_SECRET", "not base64!")
    with pytest.raises(CredentialNotSet):
        passes({"kind": "standard_webhooks", "secret": NAMED}, **signed())
