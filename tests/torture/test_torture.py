"""The torture itself: a few seconds of it, and that its audit sees what it looks for."""

from pathlib import Path
from typing import Any

import pytest

from torture import audit, run
from torture.book import Book


@pytest.mark.timeout(400)
def test_a_portal_of_which_everything_was_killed_once_kept_all_its_promises(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    audited: list[list[str]] = []
    findings = audit.findings

    def findings_and_controls(book: Book, database_url: str) -> list[str]:
        audited.extend(tampered(book, database_url, findings))
        return findings(book, database_url)

    monkeypatch.setattr(audit, "findings", findings_and_controls)
    report = run.run(seed=1, seconds=0, folder=tmp_path / "run", postgres=tmp_path / "postgres", once=True)

    assert report.findings == []
    killed = {what for what in report.book.tally if what.startswith("killed: ")}
    parts = {"web process", "web server", "worker", "scheduler", "database connections", "broker", "PostgreSQL"}
    assert killed - {"killed: upload"} == {f"killed: {part}" for part in parts}
    assert {"single credits", "batch items", "events", "upload rows"} <= report.book.tally.keys()
    assert [len(found) for found in audited] == [2, 2, 2], audited  # the thing, and somebody's wallet
    print(run.figures(report))


def tampered(book: Book, database_url: str, findings: Any) -> list[list[str]]:
    """Return what the audit finds when something was lost, when nobody was told, and when it was told otherwise."""
    key, credit = next(iter(book.credits.items()))
    found = []
    book.credits["never"] = credit
    found.append(findings(book, database_url))
    del book.credits["never"], book.credits[key]
    found.append(findings(book, database_url))
    book.credits[key] = type(credit)(credit.recipient, credit.points + 1)
    found.append(findings(book, database_url))
    book.credits[key] = credit
    return found
