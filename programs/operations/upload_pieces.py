"""Keeps an uploaded file until somebody confirmed or dropped it, in pieces: web and worker share no disk."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import IO

from programs.enums import UploadStatus
from programs.models import Upload, UploadPiece

PIECE_BYTES = 1024 * 1024  # no process holds more of a file at once
KEPT_FOR = timedelta(days=7)  # a file that nobody confirms


def keep(upload: Upload, file: IO[bytes]) -> None:
    """Keep a file for an upload."""
    file.seek(0)
    number = 0
    while content := file.read(PIECE_BYTES):
        UploadPiece.objects.create(upload=upload, number=number, content=content)
        number += 1


@contextmanager
def kept(upload: Upload) -> Iterator[IO[bytes]]:
    """Open the file that is kept for an upload."""
    with tempfile.TemporaryFile() as file:
        for content in upload.pieces.order_by("number").values_list("content", flat=True).iterator(chunk_size=1):
            file.write(content)
        file.seek(0)
        yield file


def drop(upload: Upload) -> None:
    """Keep the file of an upload no longer."""
    upload.pieces.all().delete()


def drop_forgotten(*, at: datetime) -> int:
    """Keep no files of uploads that nobody confirmed for a week; return how many pieces were dropped.

    What the check said stays, and can still be confirmed; only its columns can no longer be named otherwise.
    """
    forgotten = UploadPiece.objects.filter(upload__uploaded_at__lt=at - KEPT_FOR)
    return forgotten.exclude(upload__status=UploadStatus.CHECKING).delete()[0]
