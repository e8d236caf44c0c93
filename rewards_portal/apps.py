"""The front door as an app, and Django's admin with our site in its place."""

from django.apps import AppConfig, apps
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class RewardsPortalConfig(AppConfig):
    """What joins the rooms: pages across them, configuration as code, the demo."""

    name = "rewards_portal"

    def ready(self) -> None:
        """Have the roles stand after every migration."""
        from rewards_portal import roles

        post_migrate.connect(roles.after_migrate, sender=apps.get_app_config(roles.ROOMS[-1]))


class PortalAdminConfig(AdminConfig):
    """Django's admin, served by our own site."""

    default_site = "rewards_portal.admin_site.PortalAdminSite"
