"""Every address of the portal. Each room lists its own; here they are put together."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

import api.urls
import approvals.urls
import integrations.urls
import messaging.urls
import people.urls
import programs.urls
import redemptions.urls
import wallets.urls
from rewards_portal import views

ROOMS = (api, people, wallets, messaging, approvals, programs, redemptions, integrations)

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/email/", RedirectView.as_view(pattern_name="settings")),  # addresses come from HR
    path("accounts/", include("allauth.urls")),
    path("", views.home, name="home"),
    path("statement", views.statement, name="statement"),
    *(path("api/v1/", include(room.urls.api_patterns)) for room in ROOMS if room.urls.api_patterns),
    *(path("", include(room.urls.page_patterns)) for room in ROOMS if room.urls.page_patterns),
]
