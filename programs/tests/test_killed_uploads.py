"""A worker that is killed at random rows, in earnest (SIGKILL): each row is credited once, and the result says so."""

import csv
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from io import BytesIO, StringIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from people.tests.factories import make_person
from programs import upload_results
from programs.models import PointsRequest, Upload
from programs.operations import uploads
from programs.tests.factories import make_programme
from programs.tests.upload_files import csv_file
from wallets.ledger_rules import findings
from wallets.models import Account, Transfer

pytestmark = pytest.mark.django_db(transaction=True)
Rows = list[tuple[str, int, str]]
ROWS, KILLS = 4_000, 20
SECONDS_MAX = 120


def environment() -> Mapping[str, str]:
    """Return the environment of a process that works on the test's database."""
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "rewards_portal.settings"}


def killed(*arguments: str) -> int:
    """Have work be killed at these rows; return how often it was."""
    command = [sys.executable, "-m", "programs.tests.killed_uploads", *arguments]
    done = subprocess.run(
        command, env=environment(), cwd=settings.BASE_DIR, stdout=subprocess.PIPE, check=True, timeout=SECONDS_MAX
    )
    return int(done.stdout)


@pytest.fixture
def chance() -> random.Random:
    """Return chance whose seed a failing test prints."""
    seed = random.randrange(10**6)
    print("seed", seed)
    return random.Random(seed)


@pytest.fixture
def rows(chance: random.Random) -> Rows:
    """Return rows for twenty people."""
    people = [make_person().employee_number for _ in range(20)]
    return [(chance.choice(people), chance.randint(1, 500), f"r{number}") for number in range(ROWS)]


def written(rows: Rows) -> BytesIO:
    return csv_file(*(f"{recipient},{points},{reason}" for recipient, points, reason in rows))


def assert_credited_once(rows: Rows) -> None:
    """Assert that each of these rows is one request, one transfer and its points, and that nothing else is."""
    expected = Counter[str]()
    for recipient, points, _ in rows:
        expected[recipient] += points
    asked = PointsRequest.objects.values_list("recipient", "points", "reason")
    assert Counter(asked) == Counter(rows)
    assert Transfer.objects.filter(kind="credit").count() == ROWS
    wallets = Account.objects.filter(kind="wallet").values_list("person__employee_number", "points")
    assert dict(wallets) == expected
    assert list(findings()) == []


def finished(upload: Upload) -> Upload:
    while uploads.credit_batch(upload.pk, at=timezone.now()).status == "crediting":
        pass
    upload.refresh_from_db()
    return upload


def test_each_row_is_credited_once_however_often_the_worker_is_killed(chance: random.Random, rows: Rows) -> None:
    programme = make_programme(budget=10_000_000)
    upload = uploads.prepare(file=written(rows), name="q3.csv", programme=programme, by=None, at=timezone.now())
    uploads.confirm(upload.pk, by=None, at=timezone.now())
    times = killed(",".join(str(chance.randint(1, 160)) for _ in range(KILLS)), str(upload.pk))

    assert (times, Upload.objects.get().status) == (KILLS, "crediting")
    upload, total = finished(upload), sum(points for _, points, _ in rows)
    assert (upload.credited_rows, upload.settled_rows, upload.credited_points) == (ROWS, ROWS, total)
    result = list(csv.DictReader(upload_results.result(upload)))
    assert [(row["recipient"], int(row["points"]), row["reason"]) for row in result] == rows
    assert {row["outcome"] for row in result} == {"Credited"}
    assert_credited_once(rows)


def test_import_that_was_killed_is_started_again_with_the_same_file(
    chance: random.Random, rows: Rows, tmp_path: Path
) -> None:
    make_programme(slug="spot", budget=10_000_000)
    file = tmp_path / "q3.csv"
    file.write_bytes(written(rows).getvalue())
    row = chance.randrange(uploads.CREDITED_AT_ONCE + 4, ROWS, 4) + chance.randint(0, 1)  # before or after its points
    assert killed(str(row), str(file), "spot") == 1
    call_command("import_points", str(file), "--programme", "spot", stdout=StringIO())

    first, second = Upload.objects.order_by("pk")
    assert (second.status, second.repeated_rows > 0) == ("done", True)
    assert finished(first).status == "done"
    assert_credited_once(rows)
