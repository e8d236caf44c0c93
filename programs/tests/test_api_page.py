"""docs/api/README.md: what stands there to be copied works in a shell, in its order, and says what comes back."""

import json
import os
import re
import subprocess
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from api.operations import clients
from people.tests.factories import make_person
from programs.tests.factories import make_programme
from wallets.ledger_rules import findings

PAGE = (settings.BASE_DIR / "docs" / "api" / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
[SAMPLE] = re.findall(r"^```json\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def run(command: str, **variables: str) -> dict[str, Any]:
    environment = {"PATH": os.environ["PATH"], **variables}
    done = subprocess.run(
        ["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def is_shown(shown: Any, real: Any) -> bool:
    """Return whether everything shown is really there; what is real may be longer."""
    if isinstance(shown, dict):
        return all(is_shown(value, real[name]) for name, value in shown.items())
    if isinstance(shown, list):
        return len(shown) == len(real) and all(map(is_shown, shown, real))
    return shown in (real, "pr_…")


@pytest.mark.django_db(transaction=True)
def test_each_command_of_the_page_works(live_server: LiveServer) -> None:
    make_programme(slug="quarterly-performance")
    for number in ("E10482", "E10483", "E10484"):
        make_person(employee_number=number)
    client = clients.create(name="Page", scopes=["points:write"], at=timezone.now())
    get_token, single, batch, reverse = COMMANDS
    told = run(get_token, PORTAL=live_server.url, CLIENT_ID=client.client_id, CLIENT_SECRET=client.client_secret)
    caller = {"PORTAL": live_server.url, "TOKEN": told["access_token"]}

    credited = run(single, **caller)
    answer = run(batch, **caller)
    taken_back = run(reverse.replace("pr_…", credited["id"]), **caller)

    assert is_shown(json.loads(SAMPLE), answer), answer
    assert (credited["status"], taken_back["status"]) == ("credited", "reversed")
    assert [result["status"] for result in run(batch, **caller)["results"]] == [200, 422]
    assert list(findings()) == []
