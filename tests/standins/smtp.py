"""A stand-in for a mail server: as much of RFC 5321 as we speak, and every way it goes wrong."""

import email
import email.policy
import socketserver
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import EmailMessage

from tests.standins.web import Hang, Reset, break_off

__all__ = ["Hang", "Reply", "Reset", "SmtpStandIn", "smtp_standin"]
GREETING, HELLO, SENDER, RECIPIENT, DATA, LETTER = "greeting", "EHLO", "MAIL", "RCPT", "DATA", "letter"


@dataclass(frozen=True)
class Reply:
    """Answer one step of the talk with this instead.

    Args:
        words: code and text, as `450 4.2.1 try later`.
        at: the step: greeting, EHLO, MAIL, RCPT, DATA, or letter (what follows the dot).
    """

    words: str
    at: str = RECIPIENT


class SmtpStandIn:
    """A mail server. `letters` holds what it took, oldest first; `talks` counts the connections."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.talks = 0
        self.stopped = threading.Event()
        self.script: deque[Reply | Hang | Reset] = deque()
        self.lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _handler(self))

    @property
    def port(self) -> int:
        """Return where it listens, on 127.0.0.1."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Return what EMAIL_URL has to be."""
        return f"smtp://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the variables that point a portal here."""
        return {"EMAIL_URL": self.url}

    def next(self, *behaviours: Reply | Hang | Reset) -> None:
        """Say how the next connections go, one each; after them it takes every letter."""
        self.script.extend(behaviours)

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        self.stopped.set()
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@contextmanager
def smtp_standin() -> Iterator[SmtpStandIn]:
    """Run a mail server for the length of a test."""
    smtp = SmtpStandIn()
    smtp.start()
    try:
        yield smtp
    finally:
        smtp.stop()


def _handler(smtp: SmtpStandIn) -> type[socketserver.StreamRequestHandler]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with smtp.lock:
                smtp.talks += 1
                self.behaviour = smtp.script.popleft() if smtp.script else None
            with suppress(OSError, ValueError):
                self._talk()

        def finish(self) -> None:
            with suppress(OSError, ValueError):
                super().finish()

        def _talk(self) -> None:
            if self.behaviour == Hang():
                smtp.stopped.wait()
            if self.behaviour in (Hang(), Reset()):
                return self._break_off()
            self._say("220 mail.acme.example ESMTP", at=GREETING)
            while line := self.rfile.readline():
                verb = line.split(maxsplit=1)[0].decode("ascii", "replace").upper()
                match verb:
                    case "EHLO" | "HELO":
                        self._say("250 mail.acme.example", at=HELLO)
                    case "DATA":
                        if self._say("354 go ahead", at=DATA).startswith("354"):
                            self._take_letter()
                    case "QUIT":
                        self._say("221 bye")
                        return None
                    case _:
                        self._say("250 2.0.0 fine", at=verb)
            return None

        def _take_letter(self) -> None:
            lines = []
            while (line := self.rfile.readline()) != b".\r\n":
                lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
            is_refused = isinstance(self.behaviour, Reply) and self.behaviour.at == LETTER
            if not is_refused:
                with smtp.lock:
                    smtp.letters.append(_read(b"".join(lines)))
            if self.behaviour == Reset(after_posting=True):
                self._break_off()
            self._say("250 2.0.0 queued", at=LETTER)

        def _break_off(self) -> None:
            break_off(self.connection)
            self.rfile.close(), self.wfile.close()  # the socket is open as long as they are

        def _say(self, words: str, *, at: str = "") -> str:
            if isinstance(self.behaviour, Reply) and self.behaviour.at == at:
                words = self.behaviour.words
            self.wfile.write(f"{words}\r\n".encode())
            return words

    return Handler


def _read(raw: bytes) -> EmailMessage:
    letter = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(letter, EmailMessage)
    return letter
