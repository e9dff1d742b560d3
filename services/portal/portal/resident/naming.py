"""The names of what cards and visits say by ids."""

import asyncio
from collections.abc import Iterable
from typing import Any

from portal.api.client import Api, ApiProblem
from portal.api.programmes import find_programmes
from portal.api.providers import get_provider

Both = dict[str, str]


async def card_names(api: Api) -> dict[tuple[str, str], Both]:
    """Programme and card type → what the card is called, in both languages."""
    return {
        (programme["code"], kind["code"]): kind["label"]
        for programme in await find_programmes(api)
        for kind in programme["card_types"]
    }


async def with_places(api: Api, visits: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each visit with its ``provider``'s name and its ``offer``'s title; None where they are gone."""
    listed = list(visits)
    ids = sorted({visit["provider_id"] for visit in listed})
    found = dict(zip(ids, await asyncio.gather(*(_provider(api, one) for one in ids)), strict=True))
    return [visit | _place(found[visit["provider_id"]], visit["offer_id"]) for visit in listed]


async def _provider(api: Api, provider_id: str) -> dict[str, Any] | None:
    try:
        return await get_provider(api, provider_id)
    except ApiProblem:
        return None


def _place(provider: dict[str, Any] | None, offer_id: str) -> dict[str, Any]:
    offers = provider["offers"] if provider else []
    titles = [offer["title"] for offer in offers if offer["id"] == offer_id]
    return {"provider": provider["name"] if provider else None, "offer": titles[0] if titles else None}
