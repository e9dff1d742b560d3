"""Who follows visits in this process: whoever is followed → the listeners; one timer beats for them all."""

import asyncio
import socket
from collections import Counter, OrderedDict
from math import ceil
from typing import Protocol

from chassis.calls.caller import Caller
from chassis.calls.client import RpcUnavailable
from chassis.clock import now
from chassis.log import get_logger
from chassis.metrics import counter, gauge
from contracts.cards import RedemptionRecorded
from gateway.problems import Problem
from gateway.protocol import LINGER_S as STOP_LINGER_S
from gateway.streams.place import Place
from gateway.streams.telling import BEAT, Change, change_of, ending, gap, opening, telling

# Open streams of one process (`STREAMS_MAX`); a listener costs some 7 KB.
STREAMS_MAX = 10_000
# Of one caller: a family's phones, a ticket desk's screens.
STREAMS_PER_CALLER_MAX = 10
# What a listener has not taken, here and in the kernel (which doubles it). All that is told of what was
# missed fits; whoever is further behind is dropped.
UNTAKEN_BYTES_MAX = 192 * 1024
KERNEL_BYTES = 16 * 1024
# Changes that come while a stream is being opened.
WAITING_MAX = 200
# A listener is sent something this often, so that proxies keep it and one who is gone is noticed.
BEAT_S = 15
# In each of these turns some are: all at once would keep scans waiting.
TURN_S = 0.1
# What was sent and is not acknowledged for so long ends the connection (Linux, milliseconds).
GONE_MS = 30_000
# For what was written, and the last words, to be taken.
LINGER_S = 30
FULL_RETRY_AFTER_S = 10

log = get_logger()
_open = gauge("visit_streams", "Pages that follow visits by a stream of this process.")
_ended = counter("visit_streams_ended_total", "Streams that ended, by why.", ["reason"])
_told = counter("visit_stream_events_total", "Changes of visits written to streams.")
_gaps = counter("visit_stream_gaps_total", "Times that streams were told to read the list again.")


class News(Protocol):
    """Where changes come from (`chassis.loop.news.LoopNews`)."""

    async def ready(self, timeout_s: float) -> None:
        """What is announced after this is told; raises RpcUnavailable."""


class Listener:
    """One stream. Until it begins, what comes for it waits."""

    __slots__ = (
        "_has_gap",
        "_hub",
        "_place",
        "_transport",
        "_waiting",
        "call_id",
        "caller",
        "ends_at",
        "programmes",
        "whom",
    )

    def __init__(self, hub: "Hub", whom: str, caller: Caller, ends_at: float, call_id: str) -> None:
        self._hub, self.whom, self.ends_at, self.call_id = hub, whom, ends_at, call_id
        self.caller, self.programmes = caller.subject, caller.programmes
        self._transport: asyncio.Transport | None = None
        self._waiting: list[Change] | None = []
        self._has_gap = False
        self._place = Place("")

    def begin(
        self, transport: asyncio.Transport, place: Place, missed: list[Change], *, is_gap: bool
    ) -> None:
        """Say where it stands, what it missed, and what has come since."""
        if transport.is_closing():
            self.left()
            return
        waiting, self._waiting = self._waiting or [], None
        self._transport, self._place = transport, place
        _narrow(transport)
        transport.write(opening(place))
        if is_gap or self._has_gap:
            self.tell_gap()
        for change in (*missed, *waiting):
            self.tell(change)

    def tell(self, change: Change) -> None:
        """Once: what the bus brings again, or the list has told, it has been told."""
        if self._waiting is not None:
            self._has_gap |= len(self._waiting) == WAITING_MAX
            self._waiting += [] if self._has_gap else [change]
        elif change.told not in self._place.told and self._is_keeping_up():
            self._place = self._place.after(change.told)
            self._write(telling(change, self._place))
            _told.inc()

    def tell_gap(self) -> None:
        """The list is to be read again."""
        if self._waiting is not None:
            self._has_gap = True
        elif self._is_keeping_up():
            self._write(gap())
            _gaps.inc()

    def beat(self, at: float) -> None:
        """A sign of life, unless it has not taken the last one yet."""
        if self._transport is None:
            return
        if self.ends_at <= at:
            self._end("expired")
        elif self._transport.get_write_buffer_size() == 0:
            self._write(BEAT)

    def stop(self) -> None:
        """The gateway stops."""
        self._end("stopping")

    def left(self) -> None:
        """The connection has ended, or has never begun."""
        self._hub.forget(self, "left")

    def _is_keeping_up(self) -> bool:
        """Whether it may be told more; else it ends here."""
        assert self._transport is not None, "it has begun"
        if self.ends_at <= now().timestamp():
            self._end("expired")
        elif self._transport.get_write_buffer_size() > UNTAKEN_BYTES_MAX:
            self._end("dropped")
        return not self._transport.is_closing()

    def _write(self, event: bytes) -> None:
        assert self._transport is not None, "it has begun"
        self._transport.write(event)

    def _end(self, why: str) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        transport.write(ending(why, self._place))
        transport.close()
        linger_s = STOP_LINGER_S if why == "stopping" else LINGER_S
        asyncio.get_running_loop().call_later(linger_s, transport.abort)
        self._hub.forget(self, why)


class Hub:
    """The listeners of this process."""

    def __init__(self, streams_max: int = STREAMS_MAX) -> None:
        self._max = streams_max
        self.news: News | None = None
        # Who waits longest for a beat comes first.
        self._all: OrderedDict[Listener, None] = OrderedDict()
        self._by_whom: dict[str, set[Listener]] = {}
        self._by_caller: Counter[str] = Counter()
        self._turn: asyncio.TimerHandle | None = None

    def admit(self, whom: str, caller: Caller, ends_at: float, call_id: str) -> Listener:
        """Who follows ``whom``, a holder's account or a provider; raises Problem beyond the limits."""
        if len(self._all) >= self._max:
            raise Problem("streams_full", headers={"Retry-After": str(FULL_RETRY_AFTER_S)})
        if self._by_caller[caller.subject] >= STREAMS_PER_CALLER_MAX:
            raise Problem("too_many_streams", headers={"Retry-After": str(FULL_RETRY_AFTER_S)})
        listener = Listener(self, whom, caller, ends_at, call_id)
        self._all[listener] = None
        self._by_whom.setdefault(whom, set()).add(listener)
        self._by_caller[caller.subject] += 1
        _open.set(len(self._all))
        if self._turn is None:
            self._turn = asyncio.get_running_loop().call_later(TURN_S, self._beat)
        return listener

    async def ready(self, timeout_s: float) -> None:
        """Changes reach the listeners from here on; raises RpcUnavailable."""
        if self.news is None:
            raise RpcUnavailable("news")
        await self.news.ready(timeout_s)

    def forget(self, listener: Listener, why: str) -> None:
        """It has ended."""
        if listener not in self._all:
            return
        del self._all[listener]
        others = self._by_whom[listener.whom]
        others.discard(listener)
        if not others:
            del self._by_whom[listener.whom]
        self._by_caller[listener.caller] -= 1
        if not self._by_caller[listener.caller]:
            del self._by_caller[listener.caller]
        _open.set(len(self._all))
        _ended.labels(why).inc()
        log.info("stream_ended", reason=why, caller=listener.caller, call_id=listener.call_id)

    def tell(self, event: RedemptionRecorded) -> None:
        """Whoever follows the visit's holder or provider is told, staff of some programmes of theirs only."""
        followed = [
            listener
            for whom in (event.account_id, event.provider_id)
            for listener in self._by_whom.get(whom or "", ())
            if not listener.programmes or event.programme in listener.programmes
        ]
        if followed:
            change = change_of(event)
            for listener in followed:
                listener.tell(change)

    def tell_gap(self) -> None:
        """Events were missed, nobody knows whose."""
        log.warning("visit_streams_gap", streams=len(self._all))
        for listener in list(self._all):
            listener.tell_gap()

    def _beat(self) -> None:
        at = now().timestamp()
        for _ in range(ceil(len(self._all) * TURN_S / BEAT_S)):
            listener = next(iter(self._all), None)
            if listener is None:
                break
            self._all.move_to_end(listener)
            listener.beat(at)
        self._turn = asyncio.get_running_loop().call_later(TURN_S, self._beat) if self._all else None


def _narrow(transport: asyncio.Transport) -> None:
    """The kernel would take megabytes for one who reads nothing."""
    sock = transport.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, GONE_MS)
