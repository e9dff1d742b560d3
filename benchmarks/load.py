"""The load generator: one thread, raw sockets with keep-alive, closed loop or open loop.

It is part of the machine that it measures, so it does as little as it can: requests are joined from bytes,
answers are looked through for what they must contain, nothing is parsed. Its own CPU time is measured.
"""

import gc
import random
import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

CONNECT_TIMEOUT_S = 5.0
ANSWER_TIMEOUT_S = 10.0
RECEIVED_BYTES = 65_536
# Counted answers begin after this: the first ones find cold caches and connections.
WARM_UP_S = 0.5
OPEN_LOOP_CONNECTIONS_MAX = 64

Address = tuple[str, int]


class WrongAnswer(Exception):
    """An answer that was not expected: a benchmark of errors is worth nothing."""


@dataclass(slots=True)
class Ask:
    """One request, what its answer must contain, and the group that its time is counted in."""

    raw: bytes
    status: bytes
    contains: bytes
    group: str = ""


@dataclass
class Measured:
    """``latencies_s`` by group; ``answered`` counts the warm-up too, ``per_s`` does not."""

    latencies_s: dict[str, list[float]] = field(default_factory=dict)
    answered: int = 0
    per_s: float = 0.0
    generator_s: float = 0.0

    @property
    def all_s(self) -> list[float]:
        """Every counted latency, in seconds."""
        return [latency for group in self.latencies_s.values() for latency in group]


class Client:
    """One connection; ``since`` is when its request began, or was meant to."""

    def __init__(self, address: Address) -> None:
        self.socket = socket.create_connection(address, CONNECT_TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ask: Ask | None = None
        self.since = 0.0
        self._received = b""

    def fileno(self) -> int:
        """For `select`."""
        return self.socket.fileno()

    def send(self, ask: Ask, since: float) -> None:
        """Begin a request."""
        self.ask, self.since, self._received = ask, since, b""
        self.socket.sendall(ask.raw)

    def take(self) -> bytes | None:
        """What has come: the whole answer once it is there. Raises WrongAnswer."""
        chunk = self.socket.recv(RECEIVED_BYTES)
        if not chunk:
            raise WrongAnswer(f"the gateway closed the connection after {self._received!r}")
        self._received += chunk
        return self._received if is_whole(self._received) else None


def is_whole(answer: bytes) -> bool:
    """Whether an HTTP answer with a Content-Length has arrived completely."""
    head, found, body = answer.partition(b"\r\n\r\n")
    if not found:
        return False
    _, _, length = head.lower().partition(b"content-length:")
    return len(body) >= int(length.split(b"\r\n", 1)[0] or 0)


def body_of(answer: bytes) -> bytes:
    """The body of a whole answer."""
    return answer.partition(b"\r\n\r\n")[2]


def check(ask: Ask, answer: bytes) -> None:
    """Raise WrongAnswer with the answer unless it is the expected one."""
    if not answer.startswith(b"HTTP/1.1 " + ask.status) or ask.contains not in answer:
        wanted = f"{ask.status.decode()} with {ask.contains.decode(errors='replace')}"
        raise WrongAnswer(f"wanted {wanted}, got:\n{answer.decode('utf-8', 'replace')}")


def exchange(address: Address, ask: Ask) -> bytes:
    """One request by itself; the whole answer, checked."""
    client = Client(address)
    with client.socket:
        client.send(ask, 0.0)
        while (answer := client.take()) is None:
            pass
    check(ask, answer)
    return answer


def closed_loop(addresses: list[Address], asks: Iterator[Ask], clients: int, seconds: float) -> Measured:
    """Each client sends its next request when it has the answer to the last."""
    with closing(_Run(addresses, asks, clients, seconds)) as run:
        return run.closed()


def open_loop(addresses: list[Address], asks: Iterator[Ask], per_s: float, seconds: float) -> Measured:
    """Requests begin at random moments (Poisson) whatever the answers do; a late start counts as latency."""
    with closing(_Run(addresses, asks, OPEN_LOOP_CONNECTIONS_MAX, seconds)) as run:
        return run.open(per_s)


class _Run:
    def __init__(self, addresses: list[Address], asks: Iterator[Ask], clients: int, seconds: float) -> None:
        self.addresses = addresses
        self.asks = asks
        self.connections_max = clients
        self.connections = 0
        # First in, first out: none stays idle until the gateway closes it.
        self.idle: deque[Client] = deque()
        self.busy: list[Client] = []
        self.measured = Measured()
        gc.collect()
        gc.disable()
        self.cpu_began = time.thread_time()
        self.counts_from = time.perf_counter() + WARM_UP_S
        self.ends = self.counts_from + seconds

    def closed(self) -> Measured:
        while self._may_begin():
            self._begin(time.perf_counter())
        while self.busy:
            for client in self._wait(ANSWER_TIMEOUT_S):
                now = time.perf_counter()
                if not self._finish(client, now, now):
                    continue
                if now < self.ends:
                    client.send(next(self.asks), time.perf_counter())
                else:
                    self._release(client)
        return self._finished()

    def open(self, per_s: float) -> Measured:
        gaps = random.Random(20200711)  # noqa: S311 - not a secret
        due: deque[float] = deque()
        arrival = time.perf_counter()
        while arrival < self.ends or due or self.busy:
            now = time.perf_counter()
            while arrival <= now and arrival < self.ends:
                due.append(arrival)
                arrival += gaps.expovariate(per_s)
            while due and self._may_begin():
                self._begin(due.popleft())
            rest_s = max(arrival - time.perf_counter(), 0.0) if arrival < self.ends else ANSWER_TIMEOUT_S
            for client in self._wait(rest_s):
                if self._finish(client, time.perf_counter(), client.since):
                    self._release(client)
        return self._finished()

    def _may_begin(self) -> bool:
        return bool(self.idle) or self.connections < self.connections_max

    def _begin(self, since: float) -> None:
        """On a connection that is free; else on a new one, used at once: older builds' threads wait for the
        first bytes of a new connection, so that idle ones would take the place of scans."""
        if not self.idle:
            self.idle.append(Client(self.addresses[self.connections % len(self.addresses)]))
            self.connections += 1
        client = self.idle.popleft()
        client.send(next(self.asks), since)
        self.busy.append(client)

    def _wait(self, timeout_s: float) -> list[Client]:
        """The clients with something to read; `select`, because it waits to the microsecond."""
        if not self.busy:
            time.sleep(timeout_s)
            return []
        ready, _, _ = select.select(self.busy, (), (), timeout_s)
        if not ready and time.perf_counter() - min(client.since for client in self.busy) > ANSWER_TIMEOUT_S:
            raise WrongAnswer(f"no answer within {ANSWER_TIMEOUT_S:.0f} s")
        return ready

    def _finish(self, client: Client, now: float, counted_at: float) -> bool:
        """Check and note an answer that is there; False while some of it is still to come."""
        answer = client.take()
        if answer is None:
            return False
        ask = client.ask
        assert ask is not None, "an answer without a request"
        check(ask, answer)
        self.measured.answered += 1
        if self.counts_from <= counted_at <= self.ends:
            self.measured.latencies_s.setdefault(ask.group, []).append(now - client.since)
        return True

    def _release(self, client: Client) -> None:
        self.busy.remove(client)
        self.idle.append(client)

    def _finished(self) -> Measured:
        measured = self.measured
        measured.generator_s = time.thread_time() - self.cpu_began
        measured.per_s = len(measured.all_s) / (self.ends - self.counts_from)
        return measured

    def close(self) -> None:
        """Close all connections, whatever happened."""
        gc.enable()
        for client in (*self.idle, *self.busy):
            client.socket.close()
