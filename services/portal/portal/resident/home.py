"""The first page: a holder's cards, and the orders that are on their way."""

import asyncio
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from portal.api import me
from portal.api.client import Api
from portal.pages import api_of, page
from portal.resident.naming import card_names
from portal.signed_in import holder

# Refusals that have a sentence of their own (`order.because.…`).
REASONS = (
    "document_missing",
    "not_resident",
    "identity_mismatch",
    "not_member",
    "photo_missing",
    "quotient_too_high",
    "duplicate_application",
)


async def show(request: Request) -> Response:
    """A page of orders, each with its card or what it waits for."""
    person, api = await holder(request), api_of(request)
    found = await me.find_orders(api, person.token, request.query_params.get("cursor"))
    names = await card_names(api)
    orders = await asyncio.gather(*(_whole(api, person.token, order) for order in found["orders"]))
    cursor = found["next_cursor"]
    return page(
        request,
        "resident/home.html",
        names=names,
        reasons=REASONS,
        with_card=[order for order in orders if order["card"]],
        without_card=[order for order in orders if not order["card"]],
        next_page=f"/mon-espace?{urlencode({'cursor': cursor})}" if cursor else None,
    )


async def _whole(api: Api, token: str, order: dict[str, Any]) -> dict[str, Any]:
    """With its checks and its payment, while it waits for them."""
    return order | await me.get_order(api, token, order["id"]) if order["state"] == "placed" else order
