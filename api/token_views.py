"""The token endpoint, revocation, and the documents by which clients find them."""

from typing import Any

from allauth.core.internal.httpkit import extract_basic_auth
from allauth.idp.oidc.internal.oauthlib.request_validator import OAuthLibRequestValidator
from allauth.idp.oidc.internal.oauthlib.utils import convert_response, extract_params, get_validator_context
from allauth.idp.oidc.models import Token
from allauth.idp.oidc.views import TokenView as AllauthTokenView
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from oauthlib.oauth2 import RevocationEndpoint

from api import callers, limits
from api.callers import Caller
from api.models import ApiClient
from api.oauth import SCOPES, address

BAD_REQUEST, UNAUTHORIZED = 400, 401
PER_CLIENT, PER_ADDRESS = 60, 600  # token calls a minute; a token lives an hour, so a client needs one
CLIENT_ID_LENGTH_MAX = 100


def challenge(response: HttpResponse) -> HttpResponse:
    """Name the scheme by which a client proves itself where it did not (RFC 6749 §5.2); nobody may store the answer."""
    if response.status_code == UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Basic realm="Rewards Portal", charset="UTF-8"'
    response["Cache-Control"] = "no-store"
    return response


@method_decorator(csrf_exempt, name="dispatch")
class TokenView(AllauthTokenView):  # type: ignore[misc]
    """Access tokens by client credentials (RFC 6749 §4.4), the client proven by HTTP Basic or in the form."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Answer with a token, or with an error of RFC 6749 §5.2; a problem of ours names its `error` too."""
        api_client = _look_up(request)
        return _noted(request, challenge(super().post(request)), api_client)


def _look_up(request: HttpRequest) -> ApiClient | None:
    """Let the provider see our client behind an id: none that is closed, and one that knows both of its secrets.

    Raises:
        TooManyRequests: somebody guesses at secrets.
    """
    client_id, address_of_caller = _client_id(request), request.META["REMOTE_ADDR"]
    callers.note(request, Caller())
    limits.take(f"address:{address_of_caller}", per_minute=PER_ADDRESS).check()
    limits.take(f"token:{client_id}@{address_of_caller}", per_minute=PER_CLIENT).check()
    api_client = ApiClient.objects.select_related("oauth").filter(pk=client_id).first()
    client = api_client.oauth if api_client and api_client.is_open(timezone.now()) else None
    if api_client and client:
        client.check_secret = api_client.check_secret
    get_validator_context().clients[client_id] = client
    return api_client


def _noted(request: HttpRequest, answer: HttpResponse, api_client: ApiClient | None) -> HttpResponse:
    """Return the answer; the log of calls gets to know which client asked, and whether it proved to be that."""
    callers.note(request, Caller(client=api_client, is_known=answer.status_code not in {BAD_REQUEST, UNAUTHORIZED}))
    return answer


def _client_id(request: HttpRequest) -> str:
    """Return the client that somebody says to be: at one address, so that nobody locks another's client out."""
    named, _ = extract_basic_auth(request.headers)
    return str(named or request.POST.get("client_id", ""))[:CLIENT_ID_LENGTH_MAX].replace("\0", "")


class _OwnTokensOnly(OAuthLibRequestValidator):  # type: ignore[misc]
    """Revokes a client's own tokens and leaves those of others (RFC 7009 §2.1); allauth's revokes any."""

    def revoke_token(self, token: str, token_type_hint: str, request: Any, *args: Any, **kwargs: Any) -> None:
        """Forget the token, whatever kind the hint says it is."""
        Token.objects.by_value(token).filter(client=request.client).delete()


@method_decorator(csrf_exempt, name="dispatch")
class RevokeView(View):
    """Revocation (RFC 7009): 200 whether or not there was such a token."""

    def post(self, request: HttpRequest) -> HttpResponse:
        """Forget a token."""
        api_client = _look_up(request)
        endpoint = RevocationEndpoint(_OwnTokensOnly())
        headers, body, status = endpoint.create_revocation_response(*extract_params(request))
        return _noted(request, challenge(convert_response(headers, body, status)), api_client)


@require_safe
def metadata(request: HttpRequest) -> JsonResponse:
    """Say where tokens are had and which there are (RFC 8414; OpenID Connect Discovery 1.0 reads the same)."""
    base, methods = address(request), list(settings.IDP_OIDC_AUTH_METHODS)
    document = {
        "issuer": base,
        "token_endpoint": base + reverse("oauth-token"),
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint": base + reverse("oauth-revoke"),
        "revocation_endpoint_auth_methods_supported": methods,
        "jwks_uri": base + reverse("oauth-keys"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "scopes_supported": list(SCOPES),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "service_documentation": base + reverse("api-docs"),
    }
    return JsonResponse(document, headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "max-age=300"})
