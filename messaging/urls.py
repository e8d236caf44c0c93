"""The addresses of this room: under /api/v1/, and pages."""

from django.urls import URLPattern, URLResolver, path

from messaging import views

api_patterns: list[URLPattern | URLResolver] = []
page_patterns: list[URLPattern | URLResolver] = [
    path("inbox", views.inbox, name="inbox"),
    path("inbox/read", views.read_all, name="read_all"),
    path("inbox/<uuid:message_id>", views.read, name="read"),
]
