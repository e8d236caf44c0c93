"""Finds the client system behind a bearer token. DRF loads this while it loads its views: import no views here."""

from typing import Any, Final

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client
from django.db import connection
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from api import callers
from api.callers import Caller
from api.errors import InvalidToken, NotAuthenticated, TokenInAddress
from api.limits import Taken
from api.models import ApiClient

# One statement for token, client and limit, by the unique key (type, hash): every call of the API starts with it.
# Of a client without a limit nothing is written, but once a minute that it is in use.
LOOK_UP: Final = """
    SELECT token.scopes, token.expires_at, client.name,
           CASE WHEN token.expires_at > now() AND (
               api_client.last_used_at < now() - interval '1 minute' OR api_client.last_used_at IS NULL
               OR key.last_used_at < now() - interval '1 minute' OR key.id IS NOT NULL AND key.last_used_at IS NULL)
               THEN api_note_use(client.id, token.hash) END,
           CASE WHEN api_client.per_minute > 0 AND token.expires_at > now()
               THEN api_take('client:' || client.id, api_client.per_minute) END,
           api_client.oauth_id, api_client.per_minute,
           coalesce(nullif(key.programmes, '{}'), api_client.programmes), api_client.created_at
    FROM allauth_idp_oidc_token AS token
    JOIN allauth_idp_oidc_client AS client ON client.id = token.client_id
    JOIN api_apiclient AS api_client ON api_client.oauth_id = client.id
    LEFT JOIN api_apikey AS key ON key.hash = token.hash
    WHERE token.type = 'at' AND token.hash = %s
      AND api_client.disabled_at IS NULL AND (api_client.expires_at > now() OR api_client.expires_at IS NULL)
"""
API_CLIENT_FIELDS: Final = ["oauth_id", "per_minute", "programmes", "created_at"]
TOKEN_LENGTH_MAX: Final = 512


class BearerAuthentication(BaseAuthentication):
    """Access tokens of the portal's own token endpoint, in the Authorization header alone (RFC 6750 §2.1).

    Sets `request.user` to the ApiClient and `request.auth` to the scopes of the token. An API key that is held to some
    of its client's programmes shows them as the client's.
    """

    def authenticate(self, request: Request) -> tuple[ApiClient, frozenset[str]] | None:
        """Return the client and its token's scopes; None where no token came.

        Raises:
            TokenInAddress: the token stands in the query string.
            InvalidToken: it is unknown, revoked or expired.
            TooManyRequests: the client asks more often than it may.
        """
        callers.note(request._request, Caller(asked=request))
        if "access_token" in request.GET:
            raise TokenInAddress(
                "Send the token in the Authorization header, and revoke this one: addresses are logged."
            )
        scheme, _, value = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        row = _row(value.strip())
        if row is None:
            raise InvalidToken("This access token is unknown or was revoked. Get a new one at the token endpoint.")
        scopes, expires_at, name, _, full_in_seconds, *columns = row
        client = _client(name, columns)
        callers.note(request._request, Caller(client=client, is_known=True, asked=request))
        if expires_at <= timezone.now():
            raise InvalidToken("This access token has expired. Get a new one at the token endpoint.")
        if full_in_seconds is not None:
            client.taken = Taken(per_minute=client.per_minute, full_in_seconds=full_in_seconds)
            client.taken.check()
        return client, frozenset(scopes.split())

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401; without one DRF would answer 403."""
        return NotAuthenticated().headers["WWW-Authenticate"]


def _row(value: str) -> tuple[Any, ...] | None:
    if not value or len(value) > TOKEN_LENGTH_MAX or not value.isascii():
        return None
    with connection.cursor() as cursor:
        cursor.execute(LOOK_UP, [get_adapter().hash_token(value)])
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _client(name: str, columns: list[Any]) -> ApiClient:
    client = ApiClient.from_db(connection.alias, API_CLIENT_FIELDS, columns)
    # from_db, as Client(...) would make up a secret for the field left out and hash it: 0.3 s of every call
    client.oauth = Client.from_db(connection.alias, ["id", "name"], [client.oauth_id, name])
    return client
