"""A client system on a bad line: it asks until it is answered, with the same content, whatever gets lost on the way."""

import contextlib
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from random import Random
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from torture.book import Book

CUT = {"in the middle of the request": 0.02, "before the answer": 0.03}  # how often, of all requests
TIMEOUT_SECONDS = 40.0  # longer than any request may take
PATIENCE_SECONDS = 180.0
PAUSE_SECONDS = 0.3
HTTP_ERROR, SERVER_ERROR = 400, 500


class NeverAnswered(Exception):
    """A client gave up; the portal was away for too long."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a client was told."""

    status: int
    body: Any

    @property
    def is_good(self) -> bool:
        """Tell whether what was asked for was done."""
        return self.status < HTTP_ERROR

    @property
    def code(self) -> str:
        """Return why it was refused."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


class Client:
    """One client system, used by one thread.

    Args:
        base_url: where the portal answers.
        token: its access token.
        book: where it writes down what it is told.
        random: decides what it asks for, and when its line is cut.
        calm: set once nothing is killed any more: a 5xx to what is sent from then on is a finding.
    """

    def __init__(self, *, base_url: str, token: str, book: Book, random: Random, calm: Event) -> None:
        self.book, self.random, self._calm = book, random, calm
        self._token = token
        parts = urlsplit(base_url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def ask(self, path: str, body: Mapping[str, Any], *, key: str = "", expect: tuple[str, ...] = ()) -> Answer:
        """Post until there is an answer, and return it.

        Args:
            path: below /api/v1.
            body: the same each time.
            key: an Idempotency-Key.
            expect: codes of the refusals that may well be; any other is a surprise.

        Raises:
            NeverAnswered: after three minutes.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        self.book.count("asked")
        while time.monotonic() < deadline:
            answer = self._try(path, json.dumps(body).encode(), key)
            if answer is not None:
                if not answer.is_good and answer.code not in expect:
                    self.book.surprised(path, answer.status, answer.body)
                return answer
            self.book.count("retries")
            time.sleep(self.random.uniform(0, PAUSE_SECONDS))
        raise NeverAnswered(path)

    def _try(self, path: str, payload: bytes, key: str) -> Answer | None:
        """Post once; return the answer, or None where the line was cut, or the portal said to come again."""
        self.book.count("requests")
        was_calm = self._calm.is_set()
        try:
            response = self._send(path, payload, key)
        except (OSError, HTTPException):
            self._connection.close()
            self.book.count("connections lost")
            return None
        if response is None:
            return None
        if response.status >= SERVER_ERROR:
            self.book.count("answers 5xx")
            if was_calm:
                self.book.surprised(path, response.status, response.body)
            return None
        return None if response.code == "idempotency_key_in_progress" else response

    def _send(self, path: str, payload: bytes, key: str) -> Answer | None:
        cut = self._cut()
        self._connection.putrequest("POST", f"/api/v1{path}")
        self._connection.putheader("Authorization", f"Bearer {self._token}")
        self._connection.putheader("Content-Type", "application/json")
        self._connection.putheader("Content-Length", str(len(payload)))
        if key:
            self._connection.putheader("Idempotency-Key", key)
        self._connection.endheaders()
        if cut == "in the middle of the request":
            self._connection.send(payload[: self.random.randrange(len(payload))])
            self._hang_up(cut)
            return None
        self._connection.send(payload)
        if cut:
            time.sleep(self.random.uniform(0, 0.05))  # it may be at work on it, or done
            self._hang_up(cut)
            return None
        response = self._connection.getresponse()
        text = response.read()
        with contextlib.suppress(ValueError):
            return Answer(response.status, json.loads(text))
        return Answer(response.status, text.decode(errors="replace"))

    def _cut(self) -> str:
        """Choose whether this request is cut, and where."""
        place = self.random.random()
        for where, share in CUT.items():
            if place < share:
                return where
            place -= share
        return ""

    def _hang_up(self, where: str) -> None:
        self._connection.close()
        self.book.count(f"cut {where}")
