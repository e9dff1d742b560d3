"""A broker of a few lines that opens connections, channels and consumers, and then answers as a test says."""

import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from amqp.serialization import decode_properties_basic, dumps

from tests.unit.chassis.py_amqp import SMALL_FRAME, written

# What is sent for a request, each part by itself; None ends the connection.
Answer = Sequence[bytes | None]
METHOD, HEADER, BODY = 1, 2, 3
START = ("ooFSS", (0, 9, {"capabilities": {"connection.blocked": True}}, "PLAIN", "en_US"))
# By what the client said: what is answered.
REPLIES = {
    (10, 11): ((10, 30), "BlB", (0, SMALL_FRAME, 0)),
    (10, 40): ((10, 41), "s", ("",)),
    (20, 10): ((20, 11), "S", ("",)),
    (60, 20): ((60, 21), "s", ("consumer",)),
}


@dataclass
class FakeBroker:
    """``requests`` are the bodies that came, ``connections`` how many were opened."""

    port: int
    answer: Callable[[str], Answer]
    requests: list[bytearray] = field(default_factory=list)
    connections: int = 0

    @property
    def uri(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.port}/"

    def serve(self, peer: socket.socket) -> None:
        """One connection, to its end."""
        self.connections += 1
        with peer, suppress(OSError), peer.makefile("rb") as stream:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream.read(len(b"AMQP0091"))
            peer.sendall(written((10, 10), 0, dumps(*START)))
            for part in self._answers(stream):
                if part is None:
                    return
                peer.sendall(part)

    def _answers(self, stream: object) -> Iterator[bytes | None]:
        correlation_id, missing = "", 0
        while start := stream.read(7):  # type: ignore[attr-defined]
            kind, channel = start[0], int.from_bytes(start[1:3], "big")
            payload = stream.read(int.from_bytes(start[3:], "big") + 1)[:-1]  # type: ignore[attr-defined]
            method = int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:4], "big")
            if kind == METHOD and method in REPLIES:
                answered, letters, args = REPLIES[method]
                yield written(answered, channel, dumps(letters, args))
            elif kind == HEADER:
                correlation_id = decode_properties_basic(payload, 12)[0]["correlation_id"]
                missing = int.from_bytes(payload[4:12], "big")
                self.requests.append(bytearray())
            elif kind == BODY:
                self.requests[-1] += payload
                missing -= len(payload)
                if not missing:
                    yield from self.answer(correlation_id)


@contextmanager
def broker_that(answer: Callable[[str], Answer]) -> Iterator[FakeBroker]:
    """It listens; ``answer`` is given the correlation id of each request."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        broker = FakeBroker(listening.getsockname()[1], answer)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=broker.serve, args=(listening.accept()[0],), daemon=True).start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield broker
        finally:
            # Closing alone would leave the other thread in `accept`.
            listening.shutdown(socket.SHUT_RDWR)
            accepting.join()
