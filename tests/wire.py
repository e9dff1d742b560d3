"""A tap on the wire between a client and PostgreSQL: each query that goes by is a round trip."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import make_url

# A simple query, and the end of an extended one: the client waits after either.
ROUND_TRIPS = {b"Q", b"S"}
# The server hangs up when it has done all that came before it.
FAREWELL = b"X\x00\x00\x00\x04"
TAKE = 65_536
TAP_HOST = "127.0.0.1"


class Tap:
    """``queries`` are what was sent since it was last emptied, in order, as the server got them.

    Where ``loses`` is a part of a query, its answer gets lost: the server does it, the connection is gone.
    """

    def __init__(self, url: str) -> None:
        self._server = make_url(url)
        self._door = socket.create_server((TAP_HOST, 0))
        self.queries: list[str] = []
        self.loses: str | None = None
        # In the clear, or there would be nothing to read.
        at_tap = self._server.set(host=TAP_HOST, port=self._door.getsockname()[1])
        self.url = at_tap.update_query_dict({"sslmode": "disable", "gssencmode": "disable"}).render_as_string(
            hide_password=False
        )
        threading.Thread(target=self._let_in, daemon=True).start()

    def close(self) -> None:
        """Nobody else is let in; who is inside goes on."""
        self._door.close()

    def _let_in(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                server = socket.create_connection((self._server.host or "", self._server.port or 0))
                threading.Thread(target=self._forth, args=(client, server), daemon=True).start()

    def _forth(self, client: socket.socket, server: socket.socket) -> None:
        """Message by message to the server, after the first, which has a length and no letter."""
        is_lost = threading.Event()
        back = threading.Thread(target=_back, args=(client, server, is_lost), daemon=True)
        with suppress(OSError, EOFError), client, server:
            server.sendall(_message(client, letter=False))
            back.start()
            while not is_lost.is_set():
                message = _message(client, letter=True)
                if message[:1] in ROUND_TRIPS:
                    self.queries.append(message[5:-1].decode(errors="replace"))
                    if self.loses is not None and self.loses in self.queries[-1]:
                        is_lost.set()
                server.sendall(message)
            server.sendall(FAREWELL)
            back.join()


def _back(client: socket.socket, server: socket.socket, is_lost: threading.Event) -> None:
    """Once the server has hung up so does the client's side."""
    with suppress(OSError):
        while taken := server.recv(TAKE):
            if not is_lost.is_set():
                client.sendall(taken)
    with suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)


def _message(source: socket.socket, *, letter: bool) -> bytes:
    head = _exactly(source, 5 if letter else 4)
    (length,) = struct.unpack("!I", head[-4:])
    return head + _exactly(source, length - 4)


def _exactly(source: socket.socket, size: int) -> bytes:
    taken = source.recv(size, socket.MSG_WAITALL) if size else b""
    if len(taken) < size:
        raise EOFError
    return taken


@contextmanager
def tapping(url: str) -> Iterator[Tap]:
    """A tap on the way to the server of this URL; a client comes by ``tap.url``."""
    tap = Tap(url)
    try:
        yield tap
    finally:
        tap.close()
