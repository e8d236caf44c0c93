"""Finds out in which encoding the bytes of a text file are written."""

import codecs
import re
from collections.abc import Iterator
from typing import IO

from programs.errors import UnreadableUpload

PIECE_BYTES = 1024 * 1024
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
UTF_8_INSIDE = re.compile(rb"[\xc3-\xf4][\x80-\xbf]")  # two letters that no text in Windows-1252 has side by side
WINDOWS = "cp1252"
NAMES = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", WINDOWS: "Windows-1252"}
NEITHER = "The file mixes UTF-8 with another encoding, so its letters cannot be trusted. Save it as “CSV UTF-8”."


def of(file: IO[bytes]) -> str:
    """Return the encoding of a text file: what its byte order mark says, UTF-8 where it is valid, else Windows-1252.

    Windows-1252 holds all of Latin-1 that is written by people. Leaves the file at its beginning.

    Raises:
        UnreadableUpload: it is neither: a byte is none of Windows-1252's, or parts are UTF-8 and others are not.
    """
    file.seek(0)
    start = file.read(4)
    encoding = next((name for mark, name in BYTE_ORDER_MARKS if start.startswith(mark)), None)
    encoding = encoding or ("utf-8-sig" if _is(file, "utf-8") else WINDOWS)
    if encoding == WINDOWS and (any(UTF_8_INSIDE.search(piece) for piece in pieces(file)) or not _is(file, WINDOWS)):
        raise UnreadableUpload(NEITHER)
    file.seek(0)
    return encoding


def _is(file: IO[bytes], encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        for piece in pieces(file):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def pieces(file: IO[bytes]) -> Iterator[bytes]:
    """Yield a file from its beginning, a piece at a time."""
    file.seek(0)
    while piece := file.read(PIECE_BYTES):
        yield piece
