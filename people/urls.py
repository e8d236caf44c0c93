"""The addresses of this room: under /api/v1/, and pages."""

from django.urls import URLPattern, URLResolver, path

from people import views

api_patterns: list[URLPattern | URLResolver] = []
page_patterns: list[URLPattern | URLResolver] = [
    path("settings", views.settings, name="settings"),
    path("sign-in-again", views.sign_in_again, name="sign_in_again"),
]
