"""The settings of a portal that a control can rob of a guard."""

from rewards_portal.settings import *  # noqa: F403
from rewards_portal.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.races.without_guards.WithoutGuards"]
