"""What `make run` shows when the portal is up: where it is, who may sign in, and one command that credits points."""

import io
import json
import shlex
from pathlib import Path

from allauth.idp.oidc.models import Client
from django.core.management import call_command
from django.urls import reverse

from rewards_portal import laptop
from rewards_portal.demo.logins import LOGINS

CLIENT_NAME = "Demo client"
SCOPES = "points:write points:read events:write wallets:read catalogue:read"
EMPTY = "  Nobody is here yet. Make the first person in another terminal: .venv/bin/python manage.py createsuperuser\n"
CREDIT = """\
    curl -s {base}/api/v1/points-requests \\
      -H "Authorization: Bearer $(curl -sK {client} {base}{token} | sed 's/.*"access_token": *"//; s/".*//')" \\
      -H "Content-Type: application/json" \\
      -d '{{"external_id": "'hello-$(date +%s)'", "programme": "quarterly-performance", "recipient": "E10482",
           "points": 500, "reason": "Q3 rating 5"}}'"""


def text(base_url: str, *, demo: bool) -> str:
    """Return what `make run` ends with.

    Args:
        base_url: where the portal answers.
        demo: whether the demo company is there, with people to sign in as.
    """
    return f"""
  {base_url:<32}the portal
  {base_url + "/admin/":<32}for HR, finance and auditors
  {base_url + "/api/docs":<32}the API

{_demo_text(base_url) if demo else EMPTY}
  Logs are in {laptop.var() / "log"}. Ctrl-C stops everything; what you did is kept in {laptop.var()}.
"""


def _demo_text(base_url: str) -> str:
    width = max(len(role) for role, _, _ in LOGINS)
    logins = "\n".join(f"    {role:<{width}}  {email:<32}{password}" for role, email, password in LOGINS)
    return f"""  Sign in as
{logins}

  Credit 500 points to Ana, as an HR system would
{credit_command(base_url)}
"""


def credit_command(base_url: str) -> str:
    """Return a shell command that gets a token and asks for points with it; the client's secret stays in its file."""
    return CREDIT.format(base=base_url, client=shlex.quote(str(_client_file())), token=reverse("oauth-token"))


def ensure_client() -> None:
    """Make the client that the command signs in as, once for a database, and keep its secret as curl reads it."""
    known = Client.objects.filter(name=CLIENT_NAME).values_list("id", flat=True)
    if _client_file().exists() and any(client_id in _client_file().read_text() for client_id in known):
        return
    out = io.StringIO()
    call_command("create_api_client", CLIENT_NAME, scopes=SCOPES, stdout=out)
    made = json.loads(out.getvalue())
    _client_file().unlink(missing_ok=True)
    laptop.write_once(
        _client_file(),
        f'user = "{made["client_id"]}:{made["client_secret"]}"\ndata = "grant_type=client_credentials"\n',
    )


def _client_file() -> Path:
    return laptop.var() / "demo-client.curl"
