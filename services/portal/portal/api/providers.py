"""Providers, as the public API lists them."""

from typing import Any
from urllib.parse import quote

from portal.api.client import Api


async def find_providers(api: Api, search: dict[str, str]) -> dict[str, Any]:
    """A page of the listing: ``providers`` and ``next_cursor``; raises ApiProblem where a filter is wrong."""
    return await api.get("/providers", search)


async def get_provider(api: Api, provider_id: str) -> dict[str, Any]:
    """One provider with its sites and offers; raises ApiProblem where there is none."""
    return await api.get(f"/providers/{quote(provider_id, safe='')}")
