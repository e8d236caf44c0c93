"""A pytest plugin, loaded before the settings are: gives them what the environment leaves out."""

import os

from rewards_portal import laptop

os.environ.setdefault("VAR_DIR", str(laptop.ROOT / "var" / "test"))
os.environ.setdefault("BROKER_URL", "memory://")
os.environ.setdefault("EMAIL_URL", "memorymail://")
laptop.apply_defaults()
