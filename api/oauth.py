"""Which scopes a client may hold."""

from allauth.idp.oidc.adapter import DefaultOIDCAdapter

SCOPES = {
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
    """The token provider with our scopes beside its own."""

    scope_display = {**DefaultOIDCAdapter.scope_display, **SCOPES}
