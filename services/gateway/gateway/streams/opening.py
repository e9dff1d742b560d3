"""Opening a stream: who may, where it goes on, what was missed."""

import asyncio
from collections.abc import Callable
from typing import Any, cast

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from chassis.metrics import counter
from contracts.cards import VisitChanges
from gateway.asked import Asked
from gateway.call import Call, ask
from gateway.problems import Problem
from gateway.protocol import Connection
from gateway.reading import LAST_ID_HEADER, checked
from gateway.rules import INSTANT, broken
from gateway.streams.hub import Listener
from gateway.streams.place import PATTERN, Place, read_place
from gateway.streams.telling import Change, change_from

EVENT_STREAM = "text/event-stream"
# For the first one of all, which connects; with the call behind it less than a caller waits.
READY_TIMEOUT_S = 1.0

_resumed = counter("visit_streams_resumed_total", "Streams that went on from an id, by outcome.", ["outcome"])


class StreamAnswer(Response):
    """An answer without end, on a connection of its own."""

    media_type = EVENT_STREAM

    def __init__(self, listener: Listener, begin: Callable[[asyncio.Transport], None]) -> None:
        # nginx would keep it until it is long.
        super().__init__(headers={"Connection": "close", "X-Accel-Buffering": "no"})
        del self.headers["Content-Length"]
        self._listener, self._begin = listener, begin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the connection over."""
        connection = cast(Connection, scope["connection"])
        if not connection.may_stream(scope):
            self._listener.left()
            return
        self._begin(connection.hand_over(self, self._listener))
        if connection.is_stopping:
            self._listener.stop()


async def open_stream(call: Call, whom: str, changes: Callable[..., VisitChanges], **asked: Any) -> Response:
    """Follow ``whom``: listen first, then ask `cards`, who judges whose visits they are, for what was missed.

    Raises as any call does.
    """
    since, marks = _read_last_id(call.asked)
    if call.asked.method == "HEAD":
        await ask(changes, since=since, **asked)
        return Response(media_type=EVENT_STREAM)
    if not call.asked.scope["connection"].may_stream(call.asked.scope):
        raise Problem("bad_request", detail="send nothing behind a request for a stream")
    assert call.asked.token is not None, "its scope was asked for"
    expires_at = call.parts.keys.expires_at(call.asked.token)
    listener = call.parts.hub.admit(whom, call.caller, expires_at, call.asked.call_id)
    try:
        await call.parts.hub.ready(READY_TIMEOUT_S)
        found = await ask(changes, since=since, **asked)
    except BaseException:
        listener.left()
        raise
    return StreamAnswer(listener, _beginning(listener, found, since, marks))


def _read_last_id(asked: Asked) -> tuple[str | None, frozenset[str]]:
    last_id = asked.header(LAST_ID_HEADER)
    if last_id is None:
        return None, frozenset()
    try:
        return read_place(checked(LAST_ID_HEADER, last_id, PATTERN))
    except ValueError as error:
        raise Problem("invalid_field", errors=[broken(LAST_ID_HEADER, INSTANT)]) from error


def _beginning(
    listener: Listener, found: VisitChanges, since: str | None, marks: frozenset[str]
) -> Callable[[asyncio.Transport], None]:
    """A page that goes on is told what has no mark; any other reads the list, and is told what comes."""
    listed = [change_from(change) for change in found["changes"]]
    is_gap = since is not None and not found["complete"]
    goes_on = since is not None and not is_gap
    missed: list[Change] = [one for one in listed if goes_on and one.told[1] not in marks]
    told = [one.told for one in listed if not goes_on or one.told[1] in marks]
    place = Place(found["since"]).after(*told) if told else Place(found["since"])
    if since is not None:
        _resumed.labels("gap" if is_gap else "complete").inc()

    def begin(transport: asyncio.Transport) -> None:
        listener.begin(transport, place, missed, is_gap=is_gap)

    return begin
