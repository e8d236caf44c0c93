"""Makes API clients and tokens for the tests of every room."""

import itertools
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from allauth.idp.oidc.models import Token
from django.contrib.auth import get_user_model
from django.utils import timezone
from rest_framework.test import APIClient

from api.models import ApiClient
from api.oauth import SCOPES
from api.operations import clients

_numbers = itertools.count(1)


def make_client(scopes: Sequence[str] = tuple(SCOPES), **fields: Any) -> ApiClient:
    """Create a client; without `scopes` it has all of them. Takes `per_minute` and `programmes`."""
    made = clients.create(**{"name": f"System {next(_numbers)}", "scopes": scopes, "at": timezone.now()} | fields)
    return made.api_client


def make_token(client: ApiClient, scopes: Sequence[str] | None = None, *, expires_at: datetime | None = None) -> str:
    """Create an access token of a client, good for an hour and for the client's scopes unless said otherwise."""
    value = secrets.token_urlsafe(64)
    token = Token(client_id=client.pk, type=Token.Type.ACCESS_TOKEN)
    token.set_value(value)
    token.set_scopes(list(client.oauth.get_scopes() if scopes is None else scopes))
    token.expires_at = expires_at or timezone.now() + timedelta(hours=1)
    token.save()
    return value


def make_user(**fields: Any) -> Any:
    """Create somebody who signs in, without the room above that knows people."""
    number = next(_numbers)
    defaults = {"email": f"user{number}@acme.example", "employee_number": f"U{number:05d}", "name": f"User {number}"}
    return get_user_model().objects.create_user(**(defaults | {"country": "DE"} | fields))


def api(client: ApiClient | None = None, scopes: Sequence[str] | None = None) -> APIClient:
    """Return an HTTP client that calls as this API client (a new one when not given), with JSON bodies."""
    token = make_token(client or make_client(), scopes)
    http = APIClient(raise_request_exception=False)
    http.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")
    return http
