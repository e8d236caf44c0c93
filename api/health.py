"""Whether the process runs, and whether what it needs answers."""

from collections.abc import Callable
from typing import Final

from celery import current_app
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from api import problems
from api.errors import NotReady

BROKER_SECONDS: Final = 1.0


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer that the process runs; asks nothing of anybody else."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Answer whether the database, its migrations and the broker are there; 503 names those that are not."""
    missing = [sentence for check in CHECKS if (sentence := check())]
    if missing:
        return problems.response(NotReady(" ".join(missing)), request=request)
    return JsonResponse({"status": "ready"})


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # whatever it is, we are not ready; its text would name hosts to strangers
        return "The database does not answer."
    return ""


def _migrations() -> str:
    """Look once: what is applied stays applied as long as this process runs."""
    if _Seen.migrated:
        return ""
    try:
        executor = MigrationExecutor(connection)
        _Seen.migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    except Exception:  # as above
        return "Migrations cannot be looked up."
    return "" if _Seen.migrated else "Migrations wait to be applied: run manage.py migrate."


def _broker() -> str:
    try:
        with current_app.connection_for_write(connect_timeout=BROKER_SECONDS) as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=BROKER_SECONDS)
    except Exception:  # as above
        return "The broker does not answer."
    return ""


class _Seen:
    migrated = False


CHECKS: Final[list[Callable[[], str]]] = [_database, _migrations, _broker]
