"""Places: the communes of Occitanie, by what people type."""

from typing import Any

from contracts.access import OPEN
from contracts.places import find_places
from gateway.call import Call
from gateway.endpoint import Resource
from gateway.schemas.places import CommunesAnswer, CommunesQuery

places = Resource("places", "Where people look for something to do.")


@places.get("/communes", access=OPEN, query=CommunesQuery, answer=CommunesAnswer)
async def find_communes(call: Call) -> Any:
    """Communes of Occitanie by the start of their name or postal code."""
    limit = call.query["limit"]
    found = find_places(call.query["search"], limit + 1)
    return {"communes": found[:limit], "more": len(found) > limit}
