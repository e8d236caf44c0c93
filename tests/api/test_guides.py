"""docs/api/: what stands there to be copied works against a portal of real processes, and prints what the page shows.

The blocks of a page run in their order, those for the shell in one shell and those of Python in one program. A `json`
or `text` block after one shows what it prints; `…` stands for anything, and white space for nothing.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from django.conf import settings

from tests.api.conftest import Api

FOLDER = Path(settings.BASE_DIR) / "docs" / "api"
BLOCK = re.compile(r"^```(sh|python|json|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")
GUIDES = ["errors", "getting-started", "going-live", "idempotency", "limits", "versioning", "webhooks"]
SCOPES = "points:write points:read wallets:read programmes:read webhooks:write"
PER_MINUTE = 60
END = "--- end of block ---"
SET_UP = """
from people.tests.factories import make_person
from programs.tests.factories import make_programme
make_programme(slug="quarterly-performance")
for number in range(10482, 10485):
    make_person(employee_number=f"E{number}", email=f"e{number}@acme.example")
"""
RUNNERS = {
    "sh": (["bash", "-euo", "pipefail", "-c"], f"\necho '{END}'\n"),
    "python": ([sys.executable, "-W", "error", "-c"], f"\nprint('{END}')\n"),
}


def written(page: str) -> str:
    return (FOLDER / f"{page}.md").read_text(encoding="utf-8")


def blocks(page: str, language: str) -> list[tuple[str, str]]:
    """Return what a page has to run in a language, each with what it shows of the output ("…" where nothing)."""
    found: list[tuple[str, str, str]] = []
    for kind, text in BLOCK.findall(written(page)):
        if kind in RUNNERS:
            found.append((kind, text, "…"))
        elif found:
            found[-1] = (*found[-1][:2], text)
    return [(code, shown) for kind, code, shown in found if kind == language]


def printed(language: str, codes: list[str], **variables: str) -> list[str]:
    """Run blocks after each other and return what each printed."""
    command, marker = RUNNERS[language]
    done = subprocess.run(
        [*command, marker.join([*codes, ""])],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout.split(END)[:-1]


def is_shown(shown: str, output: str) -> bool:
    """Return whether an output is what the page shows of it."""
    parts = [re.escape(re.sub(r"\s", "", part)) for part in shown.split("…")]
    return re.fullmatch(".*".join(parts), re.sub(r"\s", "", output), re.DOTALL) is not None


@pytest.fixture(scope="module")
def company(served: Api) -> Api:
    served.portal.run_manage("shell", "--no-imports", "-c", SET_UP)
    return served


@pytest.mark.parametrize("language", ["sh", "python"])
@pytest.mark.parametrize("page", GUIDES)
def test_what_a_page_gives_to_copy_works_and_prints_what_it_shows(company: Api, page: str, language: str) -> None:
    client = company.client(SCOPES, per_minute=PER_MINUTE)
    caller = {
        "PORTAL": company.portal.base_url,
        "CLIENT_ID": client["client_id"],
        "CLIENT_SECRET": client["client_secret"],
    }
    codes, shown = zip(*blocks(page, language), strict=True)
    outputs = printed(language, list(codes), **caller)
    assert [output for one, output in zip(shown, outputs, strict=True) if not is_shown(one, output)] == []


def test_the_ledger_holds_after_all_of_them(company: Api) -> None:
    assert company.findings() == "0 findings"


def test_a_page_that_shows_something_else_is_found() -> None:
    assert is_shown('{"a": 1, …}', '{"a":1,"b":2}\n')
    assert not is_shown('{"a": 1, …}', '{"a":2,"b":2}')
    assert not is_shown("credited", "credited twice")


@pytest.mark.parametrize("page", ["README", "changelog", *GUIDES])
def test_the_portal_serves_each_page_as_it_is_written(company: Api, page: str) -> None:
    answer = requests.get(f"{company.portal.base_url}/api/docs/{page}.md", timeout=30)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert answer.content.decode() == written(page)


@pytest.mark.parametrize("page", ["..%2FREADME", "nothing", "errors.md/x"])
def test_there_is_no_other_page(company: Api, page: str) -> None:
    assert requests.get(f"{company.portal.base_url}/api/docs/{page}.md", timeout=30).status_code == 404


@pytest.mark.parametrize("page", ["README", "changelog", *GUIDES])
def test_links_lead_somewhere(page: str) -> None:
    targets = [link for link in LINK.findall(written(page)) if "://" not in link]
    assert [target for target in targets if not (FOLDER / target).exists()] == []


@pytest.mark.parametrize("page", GUIDES)
def test_each_page_is_named_in_the_index_and_at_the_docs(page: str) -> None:
    assert f"({page}.md)" in written("README")
    assert f"(/api/docs/{page}.md)" in settings.SPECTACULAR_SETTINGS["DESCRIPTION"]
