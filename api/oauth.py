"""The token provider: which scopes there are, and what it says of itself."""

from typing import Final

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from django.conf import settings
from django.http import HttpRequest

SCOPES: Final = {
    "points:write": "Ask for points and take them back",
    "points:read": "Read points requests",
    "events:write": "Tell what happened",
    "wallets:read": "Read wallets and their transfers",
    "catalogue:read": "Read the catalogue",
    "redemptions:write": "Redeem for people",
    "redemptions:read": "Read redemptions",
    "travel:write": "Draw on travel credits",
    "people:write": "Provision people",
    "people:read": "Read people",
    "programmes:read": "Read programmes and budgets",
    "budgets:write": "Fund budgets",
    "webhooks:write": "Set up webhooks",
    "reports:read": "Read reports",
}


class OidcAdapter(DefaultOIDCAdapter):  # type: ignore[misc]
    """The token provider with our scopes and our address."""

    scope_display = {**DefaultOIDCAdapter.scope_display, **SCOPES}

    def get_issuer(self) -> str:
        """Return the portal's address."""
        return address(self.request)


def address(request: HttpRequest) -> str:
    """Return the portal's own address without a slash at its end.

    BASE_URL is it, whatever Host a caller sends. On a laptop the port changes more often than the environment, so there
    it is where the request came to.
    """
    return f"{request.scheme}://{request.get_host()}" if settings.DEBUG else str(settings.BASE_URL)
