"""A TCP proxy as a process of its own: many links, each of which can be slow, stalled, half-open or cut.

Its first line says where it listens, ``{"cards.amqp": 20001, …}``; it took these ports itself, so that nobody
else can in between. It is told what to do by lines on its standard input, ``LINK MODE``, and says ``ok`` to
each; it ends when that input does. Modes: ``open``; ``slow`` delays every byte by 200 ms; ``stall`` holds
everything back; ``half_open`` swallows what comes, as a peer would that lost its power; ``cut`` ends all and
refuses more.

    python -m tests.chaos.proxy '{"cards.amqp": 20000, …}'      name, port behind
"""

import asyncio
import json
import sys
from collections import deque
from functools import partial
from typing import Any

LOOPBACK = "127.0.0.1"
DELAY_S = 0.2
MODES = ("open", "slow", "stall", "half_open", "cut")


class Link:
    """One listening port, what is behind it, and how it behaves just now."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.mode = "open"
        self.sides: set[Side] = set()

    def turn(self, mode: str) -> None:
        """Behave like this from now on; connections that lost bytes are of no use to anybody any more."""
        was, self.mode = self.mode, mode
        if mode == "cut" or was == "half_open":
            for side in tuple(self.sides):
                side.abort()
        for side in tuple(self.sides):
            side.flow()


class Side(asyncio.Protocol):
    """One end of a connection; bytes that come here leave by ``other``."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.other: Side | None = None
        self.transport: Any = None
        self._waiting: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The end that called opens the end behind; a cut link takes nobody in."""
        self.transport = transport
        if self.link.mode == "cut":
            self.transport.abort()
            return
        self.link.sides.add(self)
        if self.other is None:
            self._calling = asyncio.ensure_future(self._call())

    async def _call(self) -> None:
        behind = Side(self.link)
        behind.other = self
        try:
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: behind, LOOPBACK, self.link.target)
        except OSError:
            self.abort()
            return
        self.other = behind
        self.flow()

    def data_received(self, data: bytes) -> None:
        """Pass on at once where nothing holds it back."""
        link, other = self.link, self.other
        if link.mode == "open" and not self._waiting and other is not None:
            other.transport.write(data)
        elif link.mode != "half_open":
            delay_s = DELAY_S if link.mode == "slow" else 0.0
            self._waiting.append((asyncio.get_running_loop().time() + delay_s, data))
            self.flow()

    def flow(self) -> None:
        """Pass on what is due, in the order in which it came, and at last the end of it all."""
        if self.other is None or self.link.mode not in ("open", "slow") or self._timer is not None:
            return
        now = asyncio.get_running_loop().time()
        while self._waiting and self._waiting[0][0] <= now:
            self.other.transport.write(self._waiting.popleft()[1])
        if self._waiting:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_at(self._waiting[0][0], self._go_on)
        elif self._ended:
            self.link.sides.discard(self)
            self.other.transport.close()

    def _go_on(self) -> None:
        self._timer = None
        self.flow()

    def connection_lost(self, error: Exception | None) -> None:
        """This end is gone; the other learns of it after all bytes before, or not at all (half-open)."""
        self._ended = True
        if self.other is None:
            self.link.sides.discard(self)
        self.flow()

    def abort(self) -> None:
        """Gone at once, with all that was on its way."""
        self._waiting.clear()
        self.link.sides.discard(self)
        if self.transport is not None:
            self.transport.abort()


async def serve(targets: dict[str, int]) -> None:
    """Listen for every link until the standard input ends."""
    loop = asyncio.get_running_loop()
    links = {name: Link(target) for name, target in targets.items()}
    servers = {name: await loop.create_server(partial(Side, links[name]), LOOPBACK, 0) for name in links}
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print(
        json.dumps({name: server.sockets[0].getsockname()[1] for name, server in servers.items()}), flush=True
    )
    while line := await orders.readline():
        name, mode = line.decode().split()
        links[name].turn(mode)
        print("ok", flush=True)


if __name__ == "__main__":
    asyncio.run(serve(json.loads(sys.argv[1])))
