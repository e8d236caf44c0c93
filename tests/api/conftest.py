"""A portal of real processes with one programme and three people, for everything that is told of the API as a whole."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
import requests

from tests.processes import Portal, _libpq, running_portal

SET_UP = """
from people.tests.factories import make_person
from programs.tests.factories import make_programme
make_programme(slug="spot", budget=10_000_000)
for number in range(1, 4): make_person(employee_number=f"E{number}")
"""


@dataclass
class Api:
    """The API of a running portal."""

    portal: Portal

    @property
    def url(self) -> str:
        return f"{self.portal.base_url}/api/v1"

    def client(self, scopes: str = "points:write points:read wallets:read", *, per_minute: int = 0) -> dict[str, str]:
        """Return a new client's id and secret."""
        made = self.portal.run_manage("create_api_client", "test", "--scopes", scopes, "--per-minute", str(per_minute))
        return json.loads(made)

    def session(self, scopes: str = "points:write points:read wallets:read", **options: int) -> requests.Session:
        """Return what sends requests as a new client."""
        made = self.client(scopes, **options)
        answer = requests.post(
            f"{self.portal.base_url}/oauth/token",
            {"grant_type": "client_credentials"},
            auth=(made["client_id"], made["client_secret"]),
            timeout=10,
        )
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return session

    def rows(self, statement: str) -> list[tuple[object, ...]]:
        """Return what the database says."""
        with psycopg.connect(_libpq(self.portal.environment["DATABASE_URL"])) as connection:
            return connection.execute(statement).fetchall()

    def findings(self) -> str:
        """Return the ledger audit's last word."""
        return self.portal.run_manage("check_ledger").strip().splitlines()[-1]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("portal")
    environment = {"DJANGO_SETTINGS_MODULE": "tests.api.dying_settings", "LOG_LEVEL": "WARNING"}
    with running_portal(folder, environment=environment) as portal:
        portal.run_manage("shell", "--no-imports", "-c", SET_UP)
        yield Api(portal)
