import pytest
from django.urls import resolve

from api.oauth import SCOPES


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"])
def test_the_document_says_what_there_is_and_nothing_more(client, path, settings):
    settings.BASE_URL = "https://rewards.acme.example"
    assert client.get(path).json() == {
        "issuer": "https://rewards.acme.example",
        "token_endpoint": "https://rewards.acme.example/oauth/token",
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "revocation_endpoint": "https://rewards.acme.example/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "jwks_uri": "https://rewards.acme.example/.well-known/jwks.json",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": list(SCOPES),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "service_documentation": "https://rewards.acme.example/api/docs",
    }
    for address in ("/oauth/token", "/oauth/revoke", "/.well-known/jwks.json", "/api/docs"):
        resolve(address)


def test_on_a_laptop_the_addresses_are_where_the_request_came_to(client, settings):
    settings.DEBUG = True
    document = client.get("/.well-known/openid-configuration", HTTP_HOST="localhost:9123").json()
    assert (document["issuer"], document["token_endpoint"]) == (
        "http://localhost:9123",
        "http://localhost:9123/oauth/token",
    )


def test_the_keys_hold_no_private_part(client):
    keys = client.get("/.well-known/jwks.json").json()["keys"]
    assert [sorted(key) for key in keys] == [["e", "key_ops", "kid", "kty", "n"]]
