"""What must be true of the ledger, proved from the rows alone. Other rooms add theirs from their AppConfig.ready."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

WORK_MEMORY = "64MB"  # for each sort or hash; beyond it PostgreSQL uses its disk


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must be true.

    Args:
        name: what is true, in snake_case, as `account_points`; never changes, monitoring names it.
        sql: a SELECT of the rows that break it, set-based: `id` and `detail` as text. One that proves several rules in
            one pass gives the broken rule's name as a first column.
    """

    name: str
    sql: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that breaks a rule."""

    rule: str
    id: str
    detail: str


_rules: dict[str, Rule] = {}


def register(*rules: Rule) -> None:
    """Add rules that `check_ledger` proves from now on; the same one twice is once.

    Raises:
        ValueError: another rule has this name.
    """
    for rule in rules:
        if _rules.setdefault(rule.name, rule) != rule:
            raise ValueError(f"There are two rules called {rule.name}.")


def findings() -> Iterator[Finding]:
    """Yield every row that breaks a rule, all seen at one moment, while transfers go on; memory stays flat.

    Inside a transaction (a test) it sees what that transaction sees. Read them all before asking the database more.
    """
    with _one_moment():
        for rule in _rules.values():
            # Row by row as the database finds them. A server-side cursor would too, but on one processor alone.
            with connection.connection.cursor() as cursor:
                for *name, key, detail in cursor.stream(rule.sql):
                    yield Finding(name[0] if name else rule.name, key, detail)


@contextmanager
def _one_moment() -> Iterator[None]:
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
        yield


register(
    *(Rule(path.stem, path.read_text()) for path in sorted((Path(__file__).parent / "sql" / "rules").glob("*.sql")))
)
