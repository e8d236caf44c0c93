"""Seals: what is final gets sealed, whatever was changed later is named, and the newest seal is kept outside."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import StringIO
from pathlib import Path
from threading import Event, Thread

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from api import ids
from wallets import ledger_rules, seal_files, tasks
from wallets.models import Account, Seal, SealCopy, Transfer
from wallets.operations import seals
from wallets.tests.factories import NOW, make_wallet, move
from wallets.tests.test_check_ledger import corrupt

pytestmark = pytest.mark.django_db
NONE = timedelta(0)


@pytest.fixture
def wallet(monkeypatch: pytest.MonkeyPatch) -> Account:
    """Give a wallet whose nine transfers (eight credits, one funding) are in three seals."""
    monkeypatch.setattr(seals, "TRANSFERS_MAX", 3)
    wallet = make_wallet(*range(1, 9))
    assert seals.seal(at=NOW, margin=NONE) == 3
    return wallet


@pytest.fixture
def address(settings) -> Iterator[tuple[HTTPServer, str]]:
    """Give a server that takes PUT as an object store does, and its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.got.append((self.path, self.headers["Authorization"], self.headers["Content-Type"], body))
            self.send_response(server.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.got, server.status = [], 200
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    settings.DEBUG = True  # loopback may be called
    settings.SEAL_TARGET_SECRET_URL = f"http://127.0.0.1:{server.server_port}/seals?signed=1"
    yield server
    server.shutdown()
    server.server_close()


def found() -> list[tuple[str, str, str]]:
    return [(f.rule, f.id, f.detail) for f in ledger_rules.findings() if f.rule == "seals_intact"]


def broken_seals() -> list[str]:
    return [number for _, number, _ in found()]


def check(path: Path) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("check_ledger", "--seal", str(path), stdout=out)
    except SystemExit as stop:
        return int(stop.code), out.getvalue()
    return 0, out.getvalue()


def rewrite_the_chain() -> None:
    """Do what somebody would who owns the database: change a transfer, and make every seal anew."""
    corrupt("UPDATE wallets_transfer SET effective_at = effective_at - interval '1 day' WHERE kind = 'funding'")
    corrupt("DELETE FROM wallets_seal")
    seals.seal(at=NOW, margin=NONE)


def test_seals_cover_every_transfer_in_a_chain(wallet: Account) -> None:
    first, second, third = Seal.objects.order_by("number")
    keys = list(Transfer.objects.order_by("id").values_list("id", flat=True))
    assert [(s.number, s.count, s.sealed_at) for s in (first, second, third)] == [(1, 3, NOW), (2, 3, NOW), (3, 3, NOW)]
    assert [s.first_transfer_id for s in (first, second, third)] == keys[::3]
    assert [s.last_transfer_id for s in (first, second, third)] == keys[2::3]
    assert [bytes(s.previous_hash) for s in (first, second, third)] == [
        bytes(32),
        bytes(first.hash),
        bytes(second.hash),
    ]
    assert list(ledger_rules.findings()) == []


def test_what_is_sealed_is_not_sealed_again(wallet: Account) -> None:
    assert seals.seal(at=NOW, margin=NONE) == 0
    move(Account.objects.get(kind="budget"), wallet, 1)
    assert seals.seal(at=NOW, margin=NONE) == 1
    assert Seal.objects.get(number=4).count == 1


def test_a_run_makes_so_many_seals_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "TRANSFERS_MAX", 1)
    monkeypatch.setattr(seals, "SEALS_MAX", 2)
    make_wallet(1, 2)
    assert [seals.seal(at=NOW, margin=NONE) for _ in range(3)] == [2, 1, 0]


def test_the_youngest_transfers_wait_for_the_next_run() -> None:
    make_wallet(1)
    assert seals.seal(at=NOW) == 0


@pytest.mark.parametrize(
    "change",
    [
        "points = points + 1",
        "debit_id = gen_random_uuid()",
        "credit_id = gen_random_uuid()",
        "kind = 'adjustment'",
        "reference = 'other'",
        "effective_at = effective_at + interval '1 second'",
        "recorded_at = recorded_at + interval '1 second'",
        "debit_points_after = debit_points_after + 1",
        "credit_points_after = credit_points_after + 1",
        "reverses_id = id",
        "shortfall = 1",
    ],
)
def test_an_edited_transfer_breaks_its_seal_and_no_other(wallet: Account, change: str) -> None:
    fifth = Transfer.objects.order_by("id")[4]
    corrupt(f"UPDATE wallets_transfer SET {change} WHERE id = %s", fifth.pk)
    assert found() == [("seals_intact", "2", "One of its 3 transfers was edited, or the seal itself.")]


@pytest.mark.parametrize("place", [3, 4, 5])
def test_a_removed_transfer_breaks_its_seal_and_no_other(wallet: Account, place: int) -> None:
    corrupt("DELETE FROM wallets_transfer WHERE id = %s", Transfer.objects.order_by("id")[place].pk)
    assert found() == [("seals_intact", "2", "It sealed 3 transfers; 2 are there: some were removed.")]


@pytest.mark.parametrize(("place", "seal"), [(0, "1"), (2, "1"), (3, "2"), (8, "3")])
def test_a_transfer_put_in_below_a_sealed_id_is_found(wallet: Account, place: int, seal: str) -> None:
    key = Transfer.objects.order_by("id")[place].pk
    corrupt(
        "INSERT INTO wallets_transfer (id, debit_id, credit_id, points, kind, reference, effective_at,"
        " debit_points_after, credit_points_after)"
        " SELECT %s, debit_id, credit_id, points, kind, 'late', effective_at, 0, 0 FROM wallets_transfer WHERE id = %s",
        type(key)(int=key.int - 1),
        key,
    )
    detail = "It sealed 3 transfers; 4 are there: some were added below its last."
    assert found() == [("seals_intact", seal, detail)]


@pytest.mark.parametrize("column", ["hash", "previous_hash"])
def test_an_edited_seal_is_found(wallet: Account, column: str) -> None:
    corrupt(f"UPDATE wallets_seal SET {column} = sha256({column}) WHERE number = 2")
    assert broken_seals() == (["2", "3"] if column == "hash" else ["2"])


@pytest.mark.parametrize("change", ["count = 2", "sealed_at = now()", "last_transfer_id = first_transfer_id"])
def test_what_a_seal_says_is_sealed_too(wallet: Account, change: str) -> None:
    corrupt(f"UPDATE wallets_seal SET {change} WHERE number = 3")
    assert broken_seals() == ["3"]


def test_a_missing_seal_is_found(wallet: Account) -> None:
    corrupt("DELETE FROM wallets_seal WHERE number = 2")
    assert found() == [("seals_intact", "3", "Seal 2 before it is missing.")]


@pytest.mark.parametrize(
    "sql", ["UPDATE wallets_seal SET count = 1", "DELETE FROM wallets_seal", "TRUNCATE wallets_seal CASCADE"]
)
def test_seals_are_kept_as_they_were_written(wallet: Account, sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError, match="wallets_seal refuses"), transaction.atomic():
            cursor.execute(sql)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_sealed_while_an_older_transaction_may_still_post(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(seals, "WAIT_SECONDS", 0.2)
    wallet, budget = make_wallet(5), Account.objects.get(kind="budget")
    posted, sealed = Event(), Event()

    def slow() -> None:
        with transaction.atomic():
            move(budget, wallet, 1)
            posted.set()
            sealed.wait(10)
        connection.close()

    thread = Thread(target=slow)
    thread.start()
    assert posted.wait(10)
    try:
        assert seals.seal(at=NOW, margin=NONE) == 0  # the slow transfer has an id already, and nobody sees it
        assert caplog.messages == ["Nothing was sealed: a transaction has been open for more than 0.2 s."]
    finally:
        sealed.set()
        thread.join()
    assert seals.seal(at=NOW, margin=NONE) == 1
    assert (Seal.objects.get().count, list(ledger_rules.findings())) == (3, [])


@pytest.mark.django_db(transaction=True)
def test_sealing_waits_for_what_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    wallet, budget = make_wallet(5), Account.objects.get(kind="budget")
    posted, waited = Event(), Event()

    def slow() -> None:
        with transaction.atomic():
            move(budget, wallet, 1)
            posted.set()
            waited.wait(10)
        connection.close()

    thread = Thread(target=slow)
    thread.start()
    assert posted.wait(10)
    monkeypatch.setattr(seals.time, "sleep", lambda _: (waited.set(), thread.join()))
    assert (seals.seal(at=NOW, margin=NONE), waited.is_set()) == (1, True)
    assert Seal.objects.get().count == 3


def test_the_newest_seal_is_written_to_a_folder(wallet: Account, tmp_path: Path, settings) -> None:
    settings.SEAL_TARGET_SECRET_URL = f"file://{tmp_path}"
    copied = seals.copy(at=NOW)
    seal = Seal.objects.get(number=3)
    assert (copied.seal, copied.attempts, copied.copied_at) == (seal, 1, NOW)
    [path] = tmp_path.iterdir()
    assert (path.name, path.read_text()) == (
        "seal-0000000003.json",
        f"""{{
  "seal": 3,
  "hash": "{bytes(seal.hash).hex()}",
  "previous_hash": "{bytes(seal.previous_hash).hex()}",
  "first_transfer": "{ids.public(ids.TRANSFER, seal.first_transfer_id)}",
  "last_transfer": "{ids.public(ids.TRANSFER, seal.last_transfer_id)}",
  "count": 3,
  "sealed_at": "2026-06-01T12:00:00+00:00"
}}
""",
    )
    path.unlink()
    assert seals.copy(at=NOW).attempts == 1
    assert list(tmp_path.iterdir()) == []  # it was there once: that is enough


def test_the_newest_seal_is_put_to_an_address(wallet: Account, address, settings) -> None:
    target = settings.SEAL_TARGET_SECRET_URL.replace("//", "//me:word@")
    content = seal_files.content(Seal.objects.get(number=3))
    wanted = ("/seals/seal-0000000003.json?signed=1", "Basic bWU6d29yZA==", "application/json", content)
    for path in ("seals", "seals/"):
        SealCopy.objects.all().delete()
        settings.SEAL_TARGET_SECRET_URL = target.replace("seals", path)
        assert seals.copy(at=NOW).copied_at == NOW
    assert address.got == [wanted] * 2


def test_a_copy_that_did_not_arrive_is_tried_again(wallet: Account, address, caplog: pytest.LogCaptureFixture) -> None:
    address.status = 503
    with caplog.at_level(logging.WARNING, "wallets"):
        tasks.seal_transfers()
    assert caplog.messages == ["Seal 3 could not be copied: 127.0.0.1 answered 503"]
    assert (SealCopy.objects.get().attempts, SealCopy.objects.get().error) == (1, "127.0.0.1 answered 503")
    address.status = 201
    tasks.seal_transfers()
    copied = SealCopy.objects.get()
    assert (copied.attempts, copied.error, copied.copied_at is None) == (2, "", False)


def test_a_folder_that_is_not_there_is_said(wallet: Account, tmp_path: Path, settings) -> None:
    settings.SEAL_TARGET_SECRET_URL = f"file://{tmp_path}/missing"
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("seal_ledger", stdout=out)
    assert (stopped.value.code, list(tmp_path.iterdir())) == (1, [])
    assert out.getvalue().startswith("0 seals made\nSeal 3 could not be copied: [Errno 2] No such file")


def test_a_copy_is_written_beside_its_place_and_moved_there_or_taken_away(
    wallet: Account, tmp_path: Path, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SEAL_TARGET_SECRET_URL = f"file://{tmp_path}"
    written: list[Path] = []

    def full(self: Path, target: Path) -> None:
        written.append(self)
        raise OSError("disk full")

    monkeypatch.setattr(Path, "replace", full)
    copied = seals.copy(at=NOW)
    assert (copied.copied_at, copied.error, list(tmp_path.iterdir())) == (None, "disk full", [])
    assert [(path.parent, path.name.startswith(".seal-0000000003.json.")) for path in written] == [(tmp_path, True)]


@pytest.mark.django_db
def test_a_private_address_is_not_called(wallet: Account, address, settings) -> None:
    settings.DEBUG = False
    assert (seals.copy(at=NOW).copied_at, address.got) == (None, [])


def test_without_a_target_nothing_is_copied(wallet: Account, settings) -> None:
    settings.SEAL_TARGET_SECRET_URL = ""
    assert (seals.copy(at=NOW), SealCopy.objects.count()) == (None, 0)


def test_a_seal_kept_outside_finds_a_chain_that_was_made_anew(wallet: Account, tmp_path: Path, settings) -> None:
    settings.SEAL_TARGET_SECRET_URL = f"file://{tmp_path}"
    seals.copy(at=NOW)
    [path] = tmp_path.iterdir()
    kept = Seal.objects.get(number=3)
    assert check(path) == (0, "0 findings\n")
    rewrite_the_chain()
    anew = Seal.objects.get(number=3)
    assert broken_seals() == []  # within the database nothing shows it
    hashes = f"Its hash is {bytes(anew.hash).hex()}; {path.name} has {bytes(kept.hash).hex()}."
    assert check(path) == (1, f"seal_kept_outside 3: {hashes}\n1 finding\n")


def test_a_seal_kept_outside_finds_that_the_newest_were_removed(wallet: Account, tmp_path: Path) -> None:
    path = tmp_path / "seal.json"
    path.write_bytes(seal_files.content(Seal.objects.get(number=3)))
    corrupt("DELETE FROM wallets_seal WHERE number = 3")
    assert check(path) == (1, "seal_kept_outside 3: The ledger has no seal 3; seal.json was kept.\n1 finding\n")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"seal": 1}', '{"seal": 1, "hash": "x"}'])
def test_a_file_that_is_no_seal_is_refused_in_a_sentence(wallet: Account, tmp_path: Path, content: str) -> None:
    path = tmp_path / "seal.json"
    path.write_text(content)
    with pytest.raises(Exception, match="does not hold a seal"):
        check(path)


def test_the_command_seals_what_is_final(
    wallet: Account, settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.SEAL_TARGET_SECRET_URL = ""
    corrupt("DELETE FROM wallets_seal")
    corrupt("UPDATE wallets_transfer SET id = overlay(id::text PLACING '0190' FROM 1)::uuid")  # made in 2024
    monkeypatch.setattr(seals, "SEALS_MAX", 2)  # so that one run takes two goes
    out = StringIO()
    call_command("seal_ledger", stdout=out)
    assert out.getvalue() == "3 seals made\n"
    settings.SEAL_TARGET_SECRET_URL = f"file://{tmp_path}"
    corrupt("DELETE FROM wallets_seal WHERE number = 3")
    out = StringIO()
    call_command("seal_ledger", stdout=out)
    assert out.getvalue() == "1 seal made\nSeal 3 is copied\n"
