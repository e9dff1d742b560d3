"""Streams of server-sent events, passed on from the API to pages that follow what happens."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from portal.api.client import ApiProblem, GatewayAway
from portal.pages import api_of

EVENT_STREAM = "text/event-stream"
# Open streams of one process: half of its connections, so that pages are always answered.
STREAMS_MAX = 1_000
FULL_RETRY_AFTER_S = 10


class Streams:
    """Those of this process; they end when it stops, and pages come again elsewhere."""

    def __init__(self) -> None:
        self.open = 0
        self.stopping = asyncio.Event()

    def stop(self) -> None:
        """End them all."""
        self.stopping.set()


async def pass_on(request: Request, path: str, token: str) -> Response:
    """The stream of the API at ``path``, from where the page stands (``Last-Event-ID``).

    What the API refuses is answered by its status alone: a script reads it.
    """
    streams: Streams = request.app.state.streams
    if streams.open >= STREAMS_MAX:
        return Response(status_code=503, headers={"Retry-After": str(FULL_RETRY_AFTER_S)})
    if request.method == "HEAD":
        return Response(media_type=EVENT_STREAM)
    last_id = request.headers.get("last-event-id", "")
    pieces = api_of(request).stream(path, token=token, last_id=last_id if last_id.isascii() else None)
    streams.open += 1
    try:
        first = await anext(pieces, b"")
    except BaseException as error:
        streams.open -= 1
        if isinstance(error, ApiProblem):
            return Response(status_code=error.status)
        if isinstance(error, GatewayAway):
            return Response(status_code=503)
        raise
    return _Stream(streams, first, pieces)


class _Stream(Response):
    """An answer that ends when the API, the page or this process hangs up."""

    media_type = EVENT_STREAM

    def __init__(self, streams: Streams, first: bytes, pieces: AsyncGenerator[bytes]) -> None:
        # nginx would keep it until it is long.
        super().__init__(headers={"X-Accel-Buffering": "no"})
        del self.headers["Content-Length"]
        self._streams, self._first, self._pieces = streams, first, pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on piece by piece."""
        ways = [self._pass(send), _hung_up(receive), self._streams.stopping.wait()]
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._streams.open -= 1
        await send({"type": "http.response.body", "body": b""})

    async def _pass(self, send: Send) -> None:
        async with aclosing(self._pieces):
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await send({"type": "http.response.body", "body": self._first, "more_body": True})
            with suppress(GatewayAway):
                async for piece in self._pieces:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _hung_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
