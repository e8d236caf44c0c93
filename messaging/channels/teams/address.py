"""The address of the company's flow. Whoever has it can post, so it is a secret: its `sig` is the credential."""

from urllib.parse import parse_qs, urlsplit

from django.conf import settings

RETIRED = "webhook.office.com"  # Office 365 connectors; Microsoft turned the last of them off in 2026
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def wrong(url: str) -> str:
    """Return what is wrong with an address, in a sentence that does not repeat it, or an empty string.

    Args:
        url: what TEAMS_WORKFLOW_URL holds.
    """
    try:
        parts = urlsplit(url)
        host, _ = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return "TEAMS_WORKFLOW_URL is not a URL. Copy it anew from the trigger of the flow."
    if host == RETIRED or host.endswith(f".{RETIRED}"):
        return (
            "TEAMS_WORKFLOW_URL is the address of an Office 365 connector, which Microsoft has retired. Make a flow "
            "that starts with “When a Teams webhook request is received” and take its address."
        )
    if settings.DEBUG and host in LOOPBACK and parts.scheme in {"http", "https"}:
        return ""
    if parts.scheme != "https" or not host:
        return (
            "TEAMS_WORKFLOW_URL has to begin with https:// and name a host. Copy it anew from the trigger of the flow."
        )
    if not parse_qs(parts.query).get("sig"):
        return (
            "TEAMS_WORKFLOW_URL has no sig= in it, so the flow would refuse us. Copy the whole address of the trigger."
        )
    return ""


def masked(url: str) -> str:
    """Return as much of an address as may be shown: where it leads, and nothing that lets anybody post there."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}/…?sig=••••"
