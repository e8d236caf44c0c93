"""Secrets at rest: AES-256-GCM under keys that rotate. Knows no model; everything above may use it."""
