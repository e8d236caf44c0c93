"""The addresses of this room: pages."""

from django.urls import URLPattern, URLResolver, path

from approvals import views

api_patterns: list[URLPattern | URLResolver] = []
page_patterns: list[URLPattern | URLResolver] = [
    path("approvals", views.queue, name="approvals"),
    path("approvals/together", views.together, name="approvals_together"),
    path("approvals/decide", views.decide, name="approvals_decide"),
    path("approvals/away", views.away, name="away"),
    path("approvals/away/<uuid:delegation_id>/end", views.end_away, name="end_away"),
    path("approvals/<uuid:approval_id>", views.case, name="approval"),
]
