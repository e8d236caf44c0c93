"""What a line of the log looks like."""

import io
import json
import logging.config
from collections.abc import Iterator

import pytest
import structlog

from rewards_portal import logs


@pytest.fixture
def out(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Where the log goes while the test runs; afterwards it is as the settings have it."""
    from django.conf import settings

    stream = io.StringIO()
    configuration = logs.configure("INFO", json=True)
    configuration["handlers"]["stderr"]["stream"] = stream
    logging.config.dictConfig(configuration)
    structlog.contextvars.bind_contextvars(request_id="req-1")
    yield stream
    structlog.contextvars.clear_contextvars()
    logs.configure(settings.LOG_LEVEL, json=not settings.DEBUG)
    logging.config.dictConfig(settings.LOGGING)


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_our_own_events_are_one_json_object_a_line_with_the_request_id(out: io.StringIO) -> None:
    structlog.get_logger("messaging").info("delivery_settled", channel="slack")

    (line,) = lines(out)
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "event": "delivery_settled", "channel": "slack", "request_id": "req-1", "logger": "messaging", "level": "info",
    }  # fmt: skip


def test_a_librarys_lines_look_the_same(out: io.StringIO) -> None:
    logging.getLogger("some.library").warning("went %s", "wrong")

    (line,) = lines(out)
    assert (line["event"], line["logger"], line["request_id"]) == ("went wrong", "some.library", "req-1")


def test_an_exception_is_written_without_the_values_of_its_variables(out: io.StringIO) -> None:
    secret = "xoxb-not-to-be-seen"
    try:
        raise ValueError("no luck")
    except ValueError:
        logging.getLogger("some.library").exception("failed")

    assert "no luck" in out.getvalue()
    assert secret not in out.getvalue()


def test_the_lines_of_sweeps_that_find_nothing_are_left_out(out: io.StringIO) -> None:
    logging.getLogger("celery.app.trace").info("Task succeeded")
    structlog.get_logger("messaging").debug("below the level")

    assert out.getvalue() == ""
