"""How the portal writes its log: one event a line, ours and the libraries' alike, with the id of its request."""

from typing import Any

import structlog

QUIET = (
    "celery.app.trace",
    "celery.worker.strategy",
    "celery.beat",
    "urllib3.connectionpool",  # it writes addresses with their query, where Teams keeps the credential
)  # else three lines for each sweep that finds nothing


def configure(level: str, *, json: bool) -> dict[str, Any]:
    """Set structlog up and return Django's LOGGING to go with it.

    Args:
        level: the least that is written, as `INFO`.
        json: one JSON object a line, as log collectors read it; else plain words for a person.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    # Without locals: a variable may hold a voucher code, a token or somebody's address.
    traceback = structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
    ending: list[Any] = (
        [traceback, structlog.processors.JSONRenderer()]
        if json
        else [structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "event": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "event"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "gunicorn": {"handlers": [], "level": level, "propagate": True},
            **{name: {"level": "WARNING"} for name in QUIET},
        },
    }
