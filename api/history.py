"""Who and why, beside every change that pghistory keeps: how that context reaches the database's triggers."""

import functools
import json
import re
from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import connection, transaction
from pghistory import config, runtime

_WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
_SET_CONTEXT = "SELECT set_config('pghistory.context_id', %s, true), set_config('pghistory.context_metadata', %s, true)"

Execute = Callable[[Any, Any, bool, dict[str, Any]], Any]


def install() -> None:
    """Make `pghistory.context` work with parameters bound by the server.

    pghistory puts a SELECT in front of each statement. PostgreSQL takes one command at a time once the server binds the
    parameters (OPTIONS["server_side_binding"]), so ours sends the same SELECT as a statement of its own, and only where
    a tracked table is written: a credit, which writes none, pays nothing for it.
    """
    runtime._inject_history_context = _with_context


@functools.cache
def tracked_tables() -> frozenset[str]:
    """Return the tables whose changes pghistory keeps."""
    return frozenset(model._meta.db_table for model in apps.get_models() if hasattr(model, "pgh_event_models"))


def _with_context(execute: Execute, sql: str | bytes, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Run a statement with pghistory's context set for its transaction (Django's `execute_wrapper`)."""
    text = sql.decode() if isinstance(sql, bytes) else str(sql)
    if not (_may_write(text) and _needs_context(text, context["cursor"])):
        return execute(sql, params, many, context)
    tracker = runtime._tracker.value
    values = (str(tracker.id), json.dumps(tracker.metadata, cls=config.json_encoder()))
    if connection.in_atomic_block:
        context["cursor"].cursor.execute(_SET_CONTEXT, values)
        return execute(sql, params, many, context)
    with transaction.atomic():  # the setting lasts as long as its transaction, so both must be in one
        context["cursor"].cursor.execute(_SET_CONTEXT, values)
        return execute(sql, params, many, context)


@functools.lru_cache(maxsize=1024)  # most statements come again and again, letter for letter
def _may_write(sql: str) -> bool:
    """Return whether a statement may write a tracked table; one that we cannot read may, when it names one."""
    simple = _WRITES.match(sql)
    if simple:
        return simple[1] in tracked_tables()
    return any(table in sql for table in tracked_tables())


def _needs_context(sql: str, cursor: Any) -> bool:
    """Return whether pghistory would take a statement for one that writes."""
    return bool(_WRITES.match(sql) or runtime._can_inject_variable(cursor, sql))  # type: ignore[no-untyped-call]
