from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from api.operations import clients
from api.tests.factories import make_token

pytestmark = [pytest.mark.django_db, pytest.mark.urls("api.tests.urls")]


def make(name="HR"):
    return clients.create(name=name, scopes=["points:read"], at=timezone.now())


def revoke(client, made, token, **fields):
    address = urlsplit(client.get("/.well-known/openid-configuration").json()["revocation_endpoint"]).path
    credentials = {"client_id": made.client_id, "client_secret": made.client_secret}
    return client.post(address, credentials | {"token": token} | fields)


def status(client, token):
    return client.get("/api/v1/gifts", HTTP_AUTHORIZATION=f"Bearer {token}").status_code


@pytest.mark.parametrize("hint", [{}, {"token_type_hint": "access_token"}, {"token_type_hint": "refresh_token"}])
def test_a_revoked_token_opens_nothing(client, hint):
    made = make()
    token, other = make_token(made.api_client), make_token(made.api_client)
    assert (revoke(client, made, token, **hint).status_code, status(client, token), status(client, other)) == (
        200,
        401,
        200,
    )


def test_a_token_of_another_client_stays(client):
    token = make_token(make("Another").api_client)
    assert (revoke(client, make(), token).status_code, status(client, token)) == (200, 200)


def test_an_unknown_token_is_no_error(client):
    assert revoke(client, make(), "nothing").status_code == 200


def test_who_does_not_prove_themselves_revokes_nothing(client):
    made = make()
    token = make_token(made.api_client)
    response = revoke(client, made, token, client_secret="wrong")
    assert (response.status_code, response.json()["error"], status(client, token)) == (401, "invalid_client", 200)
    assert response["WWW-Authenticate"].startswith("Basic ")
