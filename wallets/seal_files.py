"""A seal as a file outside the database, and what such a file says of the ledger."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import unquote, urlsplit, urlunsplit

from api import ids, outbound
from wallets.ledger_rules import Finding
from wallets.models import Seal

RULE = "seal_kept_outside"
SUCCESS = range(200, 300)


def name(seal: Seal) -> str:
    """Return the name of a seal's file; names are in the order of the seals."""
    return f"seal-{seal.number:010d}.json"


def content(seal: Seal) -> bytes:
    """Return a seal as one JSON object, the same bytes each time."""
    members = {
        "seal": seal.number,
        "hash": bytes(seal.hash).hex(),
        "previous_hash": bytes(seal.previous_hash).hex(),
        "first_transfer": ids.public(ids.TRANSFER, seal.first_transfer_id),
        "last_transfer": ids.public(ids.TRANSFER, seal.last_transfer_id),
        "count": seal.count,
        "sealed_at": seal.sealed_at.isoformat(),
    }
    return json.dumps(members, indent=2).encode() + b"\n"


def put(target: str, seal: Seal) -> None:
    """Write a seal's file to a target, whole or not at all.

    Args:
        target: `file:///folder`, or an address that takes `PUT <target>/<name>`, with its user, password and query.
        seal: which.

    Raises:
        OSError: the folder cannot be written to.
        OutboundError: the address did not answer, or with another status than 2xx.
    """
    parts = urlsplit(target)
    if parts.scheme == "file":
        _write(Path(unquote(parts.path)) / name(seal), content(seal))
        return
    url = urlunsplit(parts._replace(path=f"{parts.path.rstrip('/')}/{name(seal)}"))
    answer = outbound.request("PUT", url, data=content(seal), headers={"Content-Type": "application/json"})
    if answer.status not in SUCCESS:
        raise outbound.OutboundError(f"{parts.hostname} answered {answer.status}")


def differences(path: Path) -> Iterator[Finding]:
    """Yield what the ledger says otherwise than a seal that was kept outside: nothing, or one finding.

    Where that seal is as it was, so is every one before it: each hash is in the next.

    Raises:
        ValueError: the file is no seal's.
    """
    try:
        kept = json.loads(path.read_bytes())
        number, hash_ = int(kept["seal"]), bytes.fromhex(kept["hash"])
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"{path} does not hold a seal. Name a file that SEAL_TARGET received.") from error
    seal = Seal.objects.filter(number=number).first()
    if seal is None:
        yield Finding(RULE, str(number), f"The ledger has no seal {number}; {path.name} was kept.")
    elif bytes(seal.hash) != hash_:
        yield Finding(RULE, str(number), f"Its hash is {bytes(seal.hash).hex()}; {path.name} has {hash_.hex()}.")


def _write(path: Path, data: bytes) -> None:
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        Path(file.name).replace(path)
    except OSError:
        Path(file.name).unlink()
        raise
