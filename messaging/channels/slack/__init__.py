"""Slack: a direct message from the company's own app."""
