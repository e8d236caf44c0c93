#!/usr/bin/env python
"""Runs the portal's commands. On a laptop nothing has to be set: see rewards_portal/laptop.py."""

import gc
import os
import sys

GC_THRESHOLD = 50_000  # objects; at Python's 700 the search for cycles takes two fifths of the CPU of a large import


def main() -> None:
    """Run one command with the laptop's environment where production's is not given."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rewards_portal.settings")
    from rewards_portal import laptop

    laptop.apply_defaults()
    from django.core.management import execute_from_command_line

    gc.set_threshold(GC_THRESHOLD)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
