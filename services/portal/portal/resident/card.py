"""A card: its QR code to be scanned, what its pot has left, its visits and what they saved."""

import asyncio
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from portal.api import cards
from portal.api.client import File
from portal.pages import api_of, page
from portal.resident.naming import card_names, with_places
from portal.signed_in import holder


async def show(request: Request) -> Response:
    """The card's page; a card of somebody else has none."""
    person, api, card_id = await holder(request), api_of(request), request.path_params["card_id"]
    cursor = request.query_params.get("cursor")
    card = await cards.get_card(api, person.token, card_id)
    pots, savings, found, names = await asyncio.gather(
        cards.get_pots(api, person.token, card_id),
        cards.get_savings(api, person.token, card_id),
        cards.find_visits(api, person.token, card_id, cursor),
        card_names(api),
    )
    older = found["next_cursor"]
    return page(
        request,
        "resident/card.html",
        card=card,
        name=names.get((card["programme"], card["card_type"])),
        pots=pots["pots"],
        savings=savings,
        visits=await with_places(api, found["redemptions"]),
        # What is new stands on the first page only.
        is_newest=cursor is None,
        next_page=f"{request.url.path}?{urlencode({'cursor': older})}" if older else None,
    )


async def show_qr(request: Request) -> Response:
    """The QR code, for this holder's page only."""
    person = await holder(request)
    return _file(await cards.get_qr(api_of(request), person.token, request.path_params["card_id"]))


async def show_voucher(request: Request) -> Response:
    """The voucher to print or to keep."""
    person = await holder(request)
    return _file(await cards.get_voucher(api_of(request), person.token, request.path_params["card_id"]))


def _file(file: File) -> Response:
    return Response(file.content, media_type=file.media_type)
