"""The front door as an app, and Django's admin with our site in its place."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class RewardsPortalConfig(AppConfig):
    """What joins the rooms: pages across them, configuration as code, the demo."""

    name = "rewards_portal"


class PortalAdminConfig(AdminConfig):
    """Django's admin, served by our own site."""

    default_site = "rewards_portal.admin_site.PortalAdminSite"
