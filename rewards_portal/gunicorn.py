"""How gunicorn serves the portal: `gunicorn --config python:rewards_portal.gunicorn`. Its command line wins."""

import gc
import logging.config
import os
from collections.abc import MutableMapping
from datetime import timedelta
from typing import Any

import structlog
from django.conf import settings
from gunicorn.glogging import Logger

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "rewards_portal.settings")
WORKERS_MAX = 4
GC_THRESHOLD = 10_000  # objects; at Python's 700 the search for cycles takes a twentieth of a request's CPU


class PortalLogger(Logger):
    """Writes gunicorn's lines as the portal writes its own; one a request, with its id and without its query."""

    def setup(self, cfg: Any) -> None:
        """Hand gunicorn's own words to the portal's log."""
        super().setup(cfg)
        logging.config.dictConfig(settings.LOGGING)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def access(self, resp: Any, req: Any, environ: MutableMapping[str, Any], request_time: timedelta) -> None:
        """Write the line."""
        headers = {name.lower(): value for name, value in resp.headers}
        structlog.get_logger("rewards_portal.access").info(
            "request",
            request_id=headers.get("x-request-id", ""),
            **({"correlation_id": headers["x-correlation-id"]} if "x-correlation-id" in headers else {}),
            method=environ.get("REQUEST_METHOD", ""),
            path=environ.get("PATH_INFO", ""),
            status=int(str(resp.status).split(maxsplit=1)[0]),
            bytes=getattr(resp, "sent", 0),
            milliseconds=round(request_time.total_seconds() * 1000, 1),
        )


def cores() -> int:
    """Return how many cores this process may use, which in a container are fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def when_ready(_: Any) -> None:
    """Keep the loaded code out of garbage collection, so that the workers share its memory; collect less often."""
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD)


def post_worker_init(_: Any) -> None:
    """Write down what API clients call, in each process by a thread of its own."""
    from api import call_log  # once Django is set up

    call_log.start()


wsgi_app = "rewards_portal.wsgi:application"
worker_class = "rewards_portal.slow_clients.PatientWorker"  # gthread, whose threads no slow client can hold
workers = int(os.environ.get("WEB_CONCURRENCY") or min(WORKERS_MAX, 2 * cores()))
threads = 4  # each holds one connection to the database for its whole life
preload_app = True  # load once, fork after: start-up and memory of one process. Nothing connects while it loads.
timeout = 60  # seconds; statements are ended after 30
graceful_timeout = 10
keepalive = 5
accesslog = "-"
logger_class = PortalLogger
control_socket_disable = True
# Headers with an underscore are dropped, as they could pass for others. From a peer in FORWARDED_ALLOW_IPS the
# correlation id of SAP Integration Suite is let through, beside gunicorn's own two.
forwarder_headers = "SCRIPT_NAME,PATH_INFO,SAP_MPLCORRELATIONID"
