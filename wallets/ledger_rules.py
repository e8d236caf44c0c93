"""What must be true of the ledger, proved from the rows alone. Other rooms add theirs from their AppConfig.ready."""

import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction

WORK_MEMORY = "64MB"  # for each sort or hash; beyond it PostgreSQL uses its disk
SALT_BITS = 60


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that must be true.

    Args:
        name: what is true, in snake_case, as `account_points`; never changes, monitoring names it.
        sql: a SELECT of the rows that break it, set-based: `id` and `detail` as text. One that proves several rules in
            one pass gives the broken rule's name as a first column.
        probe: a SELECT of one boolean, far quicker than `sql`: true where the rule surely holds, and then `sql` is not
            asked. Rules may share one. `%(salt)s` is a number that nobody knows before.
    """

    name: str
    sql: str
    probe: str = ""


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


def findings() -> Generator[Finding]:
    """Yield every row that breaks a rule, all seen at one moment, while transfers go on; memory stays flat.

    Inside a transaction (a test) it sees what that transaction sees. Read them all, or close it, before asking the
    database more.
    """
    with _one_moment():
        sure = {probe: _holds(probe) for probe in {rule.probe for rule in _rules.values()} if probe}
        for rule in _rules.values():
            if sure.get(rule.probe):
                continue
            # Row by row as the database finds them. A server-side cursor would too, but on one processor alone.
            with connection.connection.cursor() as cursor:
                for *name, key, detail in cursor.stream(rule.sql):
                    yield Finding(name[0] if name else rule.name, key, detail)


def at_once() -> list[Finding]:
    """Return what breaks the ledger's own rules, not other rooms', in one statement: for a small ledger, often."""
    with connection.cursor() as cursor:
        cursor.execute(_AT_ONCE)
        return [Finding(*row) for row in cursor.fetchall()]


def _holds(probe: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(probe, {"salt": secrets.randbits(SALT_BITS)})
        [(holds,)] = cursor.fetchall()
    return bool(holds)


@contextmanager
def _one_moment() -> Iterator[None]:
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute(f"SET LOCAL work_mem = '{WORK_MEMORY}'")
            # A few hundred seals are a small table and a lot of work: every processor takes part.
            cursor.execute("SET LOCAL min_parallel_table_scan_size = 0")
        yield


_FOLDER = Path(__file__).parent / "sql"
_PROBE = (_FOLDER / "probes" / "ledger.sql").read_text()
_PROBED = {"account", "draws_of_transfer", "hold_captured", "lot_remaining", "lots_of_transfer"}
_OWN = [
    Rule(path.stem, path.read_text(), probe=_PROBE if path.stem in _PROBED else "")
    for path in sorted((_FOLDER / "rules").glob("*.sql"))
]
_NAMES_ITSELF = {"account"}
_AT_ONCE = "\nUNION ALL\n".join(
    f"SELECT {'' if rule.name in _NAMES_ITSELF else repr(rule.name) + ','} * FROM (\n{rule.sql}\n) AS rule"  # noqa: S608
    for rule in _OWN
)
register(*_OWN)
