"""The harness itself: what stories stand on."""

import time
from pathlib import Path

import pytest
import requests

from tests.processes import free_port, manage, running_portal
from tests.standins.slack import slack_standin

TELL = """
from django.utils import timezone
from messaging.models import Delivery
from messaging.operations.messages import NewMessage, tell
from people.models import Person
ana = Person.objects.filter(email="ana@acme.example").first() or Person.objects.create_user(
    "ana@acme.example", employee_number="E1", name="Ana", country="DE")
tell([NewMessage(ana.pk, "points_credited", "You earned 500 points", "pr:%s", channels=["slack"])], at=timezone.now())
"""

TIMED = """
import time
began = time.monotonic()
%s
print(time.monotonic() - began)
"""


def wait_for(condition: object, seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


@pytest.mark.timeout(180)
def test_a_message_arrives_once_even_when_the_worker_is_killed_before_it_is_sent(tmp_path: Path) -> None:
    with slack_standin() as slack, running_portal(tmp_path, slack=slack) as portal:
        slack.know("ana@acme.example")
        assert requests.get(f"{portal.base_url}/static/nothing.css", timeout=10).status_code == 404

        portal.run_manage("shell", "--no-imports", "-c", TELL % 1)
        wait_for(lambda: len(slack.messages) == 1)

        portal.kill_worker()
        portal.run_manage("shell", "--no-imports", "-c", TELL % 2)
        time.sleep(1)
        assert len(slack.messages) == 1
        portal.start_worker()
        wait_for(lambda: len(slack.messages) == 2)
        time.sleep(1.5)  # a few sweeps more send nothing again
        assert len(slack.messages) == 2

        without_broker = portal.environment | {"BROKER_URL": "amqp://guest:guest@127.0.0.1:1//"}
        took = manage("shell", "--no-imports", "-c", TIMED % (TELL % 3), environment=without_broker)
        assert float(took) < 0.5  # seconds; it asks nobody to wait for a broker that is not there
        wait_for(lambda: len(slack.messages) == 3)

    with pytest.raises(requests.ConnectionError):
        requests.get(portal.base_url, timeout=5)


def test_a_free_port_is_free() -> None:
    assert 1024 <= free_port() <= 65535
