"""The HR admin's own site."""

from django.contrib import admin


class PortalAdminSite(admin.AdminSite):
    """Django's admin under our theme."""

    site_header = "Rewards HR"
    site_title = "Rewards HR"
