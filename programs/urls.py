"""The addresses of this room: under /api/v1/, and pages."""

from django.urls import URLPattern, URLResolver, path

from programs import api, batch_api, events_api, reversals_api, views

api_patterns: list[URLPattern | URLResolver] = [
    path("points-requests", api.PointsRequestsView.as_view(), name="points-requests"),
    path("points-requests/batch", batch_api.BatchView.as_view(), name="points-requests-batch"),
    path("points-requests/<str:points_request_id>", api.PointsRequestView.as_view(), name="points-request"),
    path(
        "points-requests/<str:points_request_id>/reverse",
        reversals_api.ReverseView.as_view(),
        name="points-request-reverse",
    ),
    path("programmes", api.ProgrammesView.as_view(), name="programmes"),
    path("programmes/<slug:slug>", api.ProgrammeView.as_view(), name="programme"),
    path("programmes/<slug:slug>/budget", api.BudgetView.as_view(), name="programme-budget"),
    path("programmes/<slug:slug>/fundings", api.FundingsView.as_view(), name="programme-fundings"),
    path("events", events_api.EventsView.as_view(), name="events"),
    path("events/simulate", events_api.SimulateView.as_view(), name="events-simulate"),
]
page_patterns: list[URLPattern | URLResolver] = [
    path("recognise", views.recognise, name="recognise"),
    path("recognitions", views.recognitions, name="recognitions"),
]
