"""The addresses that belong to no room: tokens, the API's description, problems and health."""

from allauth.idp.oidc.views import jwks
from django.urls import URLPattern, URLResolver, path

from api import guides, health, problem_pages, token_views
from api.docs import DocsView, SchemaView

api_patterns: list[URLPattern | URLResolver] = [
    path("schema", SchemaView.as_view(), name="api-schema"),
]
page_patterns: list[URLPattern | URLResolver] = [
    path(".well-known/openid-configuration", token_views.metadata, name="oauth-metadata"),
    path(".well-known/oauth-authorization-server", token_views.metadata),
    path(".well-known/jwks.json", jwks, name="oauth-keys"),
    path("oauth/token", token_views.TokenView.as_view(), name="oauth-token"),
    path("oauth/revoke", token_views.RevokeView.as_view(), name="oauth-revoke"),
    path("api/docs", DocsView.as_view(), name="api-docs"),
    path("api/docs/<slug:page>.md", guides.guide, name="api-guide"),
    path("problems/", problem_pages.problem_list, name="problems"),
    path("problems/<slug:code>", problem_pages.problem_page, name="problem"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
]
