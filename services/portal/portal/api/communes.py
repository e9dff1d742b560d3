"""Communes, by name or postal code."""

from typing import Any

from portal.api.client import Api, ApiProblem


async def find_communes(api: Api, search: str) -> list[dict[str, Any]]:
    """Communes whose name begins so, or with this postal code; none where nothing can be searched for."""
    try:
        return list((await api.get("/communes", {"search": search}))["communes"])
    except ApiProblem:
        return []
