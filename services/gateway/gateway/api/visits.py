"""Following visits as they take place: streams of server-sent events."""

from typing import Any

from starlette.responses import Response

from contracts.access import access_of
from gateway.call import Call
from gateway.endpoint import Resource
from gateway.reading import LAST_ID_HEADER
from gateway.streams.opening import EVENT_STREAM, open_stream
from gateway.streams.place import PATTERN

visits = Resource("visits", "What becomes of visits, told as it happens.")

EXAMPLE = """\
retry: 2000
id: 2020-07-10T08:00:00.000000Z~

id: 2020-07-10T08:00:00.000000Z~r8w3kz1
event: recorded
data: {"id":"red_01ecvj3f4h6wq0m2n8x5t8w3kz1", …}

:

"""
STREAM_DOC: dict[str, Any] = {
    "description": "Events are `recorded` and `cancelled`, with the visit as `data` (RedemptionAnswer); "
    "`gap`: some may be missing, read the list again; `dropped`: the client did not keep up; `ended`: the "
    "token has ended or the gateway stops. Send the last `id` as `Last-Event-ID` to go on: what was missed "
    "comes first, nothing comes twice. A comment every 15 s keeps the connection.",
    "parameters": [
        {
            "in": "header",
            "name": LAST_ID_HEADER,
            "schema": {"type": "string", "pattern": PATTERN},
            "description": "The last `id` of the stream of before, in whatever process it was.",
        }
    ],
    "responses": {
        "200": {
            "description": "OK",
            "content": {EVENT_STREAM: {"schema": {"type": "string"}, "example": EXAMPLE}},
        }
    },
}


@visits.get("/me/visits/stream", access=access_of("cards.find_own_visit_changes"), doc=STREAM_DOC)
async def stream_own_visits(call: Call) -> Response:
    """A holder's own visits, as they take place."""
    return await open_stream(call, call.caller.subject, call.services.cards.find_own_visit_changes)


@visits.get(
    "/providers/<id:provider_id>/visits/stream",
    access=access_of("cards.find_provider_visit_changes"),
    doc=STREAM_DOC,
)
async def stream_provider_visits(call: Call, provider_id: str) -> Response:
    """The visits at a provider, as they take place."""
    return await open_stream(
        call, provider_id, call.services.cards.find_provider_visit_changes, provider_id=provider_id
    )
