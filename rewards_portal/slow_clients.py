"""A gunicorn worker whose threads no slow client can hold: a request arrives steadily, or its connection is closed.

As mod_reqtimeout of Apache does it: some seconds to begin with, and more for each part that came. A proxy in front that
takes requests in whole before it hands them on does the same; this holds without one, too.
"""

import errno
import socket
import time
from typing import Final

from gunicorn.workers.gthread import TConn, ThreadWorker

PATIENCE_SECONDS: Final = 10.0
BYTES_PER_SECOND_MIN: Final = 20_000  # after that


class ArrivingSocket(socket.socket):
    """A socket that a request must arrive on in time."""

    __slots__ = ("deadline",)

    def begin(self) -> None:
        """Start the clock for the next request."""
        self.deadline = time.monotonic() + PATIENCE_SECONDS

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Return what came.

        Raises:
            ConnectionResetError: the request took too long; gunicorn then closes the connection, and where the request
                was being read already its answer is 408.
        """
        self.settimeout(max(self.deadline - time.monotonic(), 0.001))
        try:
            received = super().recv(size, flags)
        except TimeoutError as error:
            raise ConnectionResetError(errno.ECONNRESET, "The request took too long to arrive.") from error
        finally:
            self.settimeout(None)
        self.deadline += len(received) / BYTES_PER_SECOND_MIN
        return received


class PatientWorker(ThreadWorker):
    """gunicorn's gthread, with sockets that keep an eye on the time."""

    def enqueue_req(self, conn: TConn) -> None:
        """Give a new connection such a socket, over the same descriptor.

        Time in the queue counts too: what came meanwhile is there to be read.
        """
        if not isinstance(conn.sock, ArrivingSocket):
            conn.sock = ArrivingSocket(fileno=conn.sock.detach())
        conn.sock.begin()
        super().enqueue_req(conn)
