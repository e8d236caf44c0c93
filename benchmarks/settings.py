"""The portal's settings, with the floors' addresses beside its own."""

from rewards_portal.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"
