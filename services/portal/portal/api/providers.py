"""Providers, as the public API lists them."""

from typing import Any
from urllib.parse import quote

from portal.api.client import Api

# What one map may show: three pages of the API.
SITES_MAX = 3_000


async def find_providers(api: Api, search: dict[str, str]) -> dict[str, Any]:
    """A page of the listing: ``providers`` and ``next_cursor``; raises ApiProblem where a filter is wrong."""
    return await api.get("/providers", search)


async def find_sites(api: Api, search: dict[str, str]) -> list[dict[str, Any]]:
    """The sites that the listing's search matches, at most ``SITES_MAX``; raises ApiProblem."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None and len(found) < SITES_MAX:
        page = await api.get("/sites", search | ({"cursor": cursor} if cursor else {}))
        found += page["sites"]
        cursor = page["next_cursor"]
    return found


async def find_ideas(api: Api, search: dict[str, str]) -> dict[str, Any]:
    """A page of ``ideas`` for the day ``on``, and ``next_cursor``; raises ApiProblem for a wrong field."""
    return await api.get("/ideas", search)


async def get_provider(api: Api, provider_id: str) -> dict[str, Any]:
    """One provider with its sites and offers; raises ApiProblem where there is none."""
    return await api.get(f"/providers/{quote(provider_id, safe='')}")
