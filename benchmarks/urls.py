"""The portal's addresses, and the floors'."""

from django.urls import include, path

from benchmarks.floor_single import IssueView

urlpatterns = [path("floor/points-requests", IssueView.as_view()), path("", include("rewards_portal.urls"))]
