"""The addresses of this room: under /api/v1/, and pages."""

from django.urls import URLPattern, URLResolver, path

from integrations.api import HookView

api_patterns: list[URLPattern | URLResolver] = [
    path("hooks/<slug:slug>", HookView.as_view(), name="hook"),
]
page_patterns: list[URLPattern | URLResolver] = []
