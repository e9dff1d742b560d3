"""The application on a real port of a loop in this process, and pages that read its streams there."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import uvloop
from uvicorn import Config
from uvicorn.server import ServerState

from chassis.calls.tokens import Keys
from contracts.cards import RedemptionCancelled, RedemptionRecorded
from gateway.app import build_app
from gateway.call import Parts
from gateway.protocol import Connection
from gateway.streams.hub import Hub
from gateway.throttling import Throttle
from tests.server_sent import Told, told_by
from tests.unit.gateway.conftest import RecordingServices

PATIENCE_S = 20.0
OWN, PROVIDER = "acc_01k9zzzzzzzzzzzzzzzzzzzzzz", "prov_01k9zzzzzzzzzzzzzzzzzzzzzz"
ASKED_OF_HOLDER, ASKED_OF_PROVIDER = "cards.find_own_visit_changes", "cards.find_provider_visit_changes"
OWN_PATH, PROVIDER_PATH = "/v1/me/visits/stream", f"/v1/providers/{PROVIDER}/visits/stream"
NOON = "2020-07-10T12:00:00.000000Z"


def visit_id(number: int) -> str:
    return f"red_{number:026}"


def at(seconds: float) -> str:
    """So long after noon."""
    return f"2020-07-10T12:{int(seconds // 60):02}:{seconds % 60:09.6f}Z"


def recorded(number: int, seconds: float = 0.0, **fields: Any) -> RedemptionRecorded:
    said: dict[str, Any] = {
        "event_id": f"evt_{number}",
        "occurred_at": NOON,
        "redemption_id": visit_id(number),
        "programme": "occygene-2020",
        "card_type": "family",
        "card_id": "card_1",
        "household_id": "hou_1",
        "holder_id": "per_1",
        "provider_id": PROVIDER,
        "site_id": "site_1",
        "offer_id": "off_1",
        "adults": 1,
        "children": 0,
        "gross_cents": 1_000,
        "reduction_cents": 200,
        "net_cents": 800,
        "paid_from_pot_cents": 0,
        "due_cents": 800,
        "draws": [],
        "redeemed_at": at(seconds),
        "account_id": OWN,
    }
    return (RedemptionCancelled if "cancelled_at" in fields else RedemptionRecorded)(**{**said, **fields})


def listed(number: int, seconds: float = 0.0, change: str = "recorded") -> dict[str, Any]:
    """A change as `cards` lists it."""
    visit = {
        **dict.fromkeys(("card_id", "offer_id", "provider_id", "site_id"), "x"),
        **{f"{name}_cents": 0 for name in ("gross", "reduction", "net", "paid_from_pot", "due")},
        "id": visit_id(number),
        "occurred_at": at(seconds),
        "recorded_at": at(seconds),
        "revoked_meanwhile": False,
        "cancelled_at": None,
    }
    return {"change": change, "at": at(seconds), "visit": visit}


def answer(*changes: dict[str, Any], since: str = NOON, complete: bool = True) -> dict[str, Any]:
    return {"since": since, "changes": list(changes), "complete": complete}


@dataclass
class News:
    """Ready at once; ``meanwhile`` happens while a stream is being opened."""

    meanwhile: Callable[[], None] = lambda: None

    async def ready(self, timeout_s: float) -> None:
        self.meanwhile()


class Page:
    """A stream as a page reads it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.status, self.headers, self.last_id = 0, {}, ""  # type: dict[str, str]

    async def begun(self) -> Self:
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().splitlines()
        self.status = int(first.split()[1])
        self.headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        return self

    async def next(self) -> Told | None:
        while lines := [line async for line in self._lines()]:
            if told := told_by(lines):
                self.last_id = told.id or self.last_id
                return told
        return None

    async def _lines(self) -> AsyncIterator[str]:
        while line := (await self.reader.readline()).decode().rstrip("\n"):
            yield line

    async def visit(self) -> tuple[str, str]:
        told = await self.next()
        assert told
        return told.name, told.data["id"]

    async def rest(self) -> list[Told]:
        found = []
        while told := await self.next():
            found.append(told)
        return found

    def leave(self) -> None:
        self.writer.close()


@dataclass
class Served:
    """``services`` stand behind it; ``headers`` are its caller's."""

    port: int
    hub: Hub
    news: News
    services: RecordingServices
    state: ServerState
    headers: dict[str, str] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)

    async def asked(self, request: bytes, *, narrow: bool = False) -> Page:
        link = socket.socket()
        if narrow:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        link.setblocking(False)
        await asyncio.get_running_loop().sock_connect(link, ("127.0.0.1", self.port))
        # What a page does not read stays where it is counted.
        reader, writer = await asyncio.open_connection(sock=link, limit=4_096)
        writer.write(request)
        self.pages.append(Page(reader, writer))
        return await self.pages[-1].begun()

    async def page(
        self,
        path: str = OWN_PATH,
        headers: dict[str, str] | None = None,
        *,
        last_id: str = "",
        method: str = "GET",
        narrow: bool = False,
        behind: bytes = b"",
    ) -> Page:
        """Answered; where that is a stream, its first words have been read."""
        sent = {**self.headers, **(headers or {}), **({"Last-Event-ID": last_id} if last_id else {})}
        lines = [f"{method} {path} HTTP/1.1", "Host: here", *(f"{name}: {v}" for name, v in sent.items())]
        page = await self.asked("\r\n".join([*lines, "", ""]).encode() + behind, narrow=narrow)
        if page.status == 200 and method == "GET":
            first = await page.next()
            assert first
            assert (first.name, first.id) == ("", page.last_id)
        return page

    async def problem(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        page = await self.page(*args, **kwargs)
        found: dict[str, Any] = json.loads(await page.reader.readexactly(int(page.headers["content-length"])))
        page.leave()
        return found | {"retry_after": page.headers.get("retry-after")}

    async def until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def served(public_keys: str, hub: Hub, headers: dict[str, str]) -> AsyncIterator[Served]:
    services, news, state, loop = RecordingServices(), News(), ServerState(), asyncio.get_running_loop()
    services.answers = dict.fromkeys((ASKED_OF_HOLDER, ASKED_OF_PROVIDER), answer())
    hub.news = news
    app = build_app(Parts(services, Keys(public_keys), hub), "http://here", Throttle(scale=1_000_000))
    config = Config(app, http=Connection, ws="none", lifespan="off", log_config=None, access_log=False)
    server = await loop.create_server(lambda: Connection(config, state, {}, loop), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    made = Served(port, hub, news, services, state, headers)
    try:
        yield made
    finally:
        server.close()
        for page in made.pages:
            page.leave()
        await made.until(lambda: not state.connections)


def played(
    story: Callable[[Served], Coroutine[Any, Any, None]], public_keys: str, headers: dict[str, str], hub: Hub
) -> None:
    """Play it, within our patience."""

    async def play() -> None:
        async with asyncio.timeout(PATIENCE_S), served(public_keys, hub, headers) as made:
            await story(made)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(play())
