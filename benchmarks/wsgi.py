"""The web process's entry point, with the floors beside the portal."""

import os

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"

from rewards_portal.wsgi import application

__all__ = ["application"]
