"""Programmes: the editions of card schemes."""

from typing import Any

from contracts.access import access_of
from contracts.refusals import Refusal
from gateway.call import Call, ask
from gateway.endpoint import Resource
from gateway.schemas.programmes import ProgrammeAnswer, ProgrammesAnswer

programmes = Resource("programmes", "The editions of card schemes and their card types.")


@programmes.get("/programmes", access=access_of("cards.find_programmes"), answer=ProgrammesAnswer)
async def find_programmes(call: Call) -> Any:
    """Every programme on sale or in use."""
    return {"programmes": await ask(call.services.cards.find_programmes)}


@programmes.get("/programmes/<slug:code>", access=access_of("cards.get_programme"), answer=ProgrammeAnswer)
async def get_programme(call: Call, code: str) -> Any:
    """One programme."""
    try:
        return await ask(call.services.cards.get_programme, code=code)
    except Refusal as refusal:
        # In an order's body an unknown programme is a wrong field; in a path it is a page that is not there.
        raise Refusal("not_found") if refusal.code == "programme_unknown" else refusal from None
