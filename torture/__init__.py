"""Crash and race drills on real processes: `make torture SEED=n MINUTES=m`."""
