"""Remembers how files with the same headings are read for a programme."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from people.models import Person
from programs.models import Programme, UploadLayout
from programs.upload_files import Layout


def remember(*, programme: Programme, headings: Sequence[str], layout: Layout, by: Person | None, at: datetime) -> None:
    """Read later files with these headings so, for this programme, until somebody says otherwise.

    Args:
        programme: for which the file was uploaded.
        headings: row 1, in the file's order.
        layout: how it is read.
        by: who said so; None for a system.
        at: now.
    """
    UploadLayout.objects.update_or_create(
        programme=programme,
        headings_hash=_hash(headings),
        defaults={"headings": list(headings), "layout": layout.as_json(), "said_by": by, "said_at": at},
    )


def known(programme: Programme, headings: Sequence[str]) -> Layout | None:
    """Return how somebody said that a file with these headings is read, for this programme; None where nobody did."""
    found = UploadLayout.objects.filter(programme=programme, headings_hash=_hash(headings)).first()
    return Layout.of_json(found.layout) if found else None


def _hash(headings: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(headings)).encode()).hexdigest()
