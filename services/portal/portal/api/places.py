"""Communes, as the public API finds them."""

from typing import Any

from portal.api.client import Api

COMMUNES_MAX = 50


async def find_communes(api: Api, search: str) -> list[dict[str, Any]]:
    """Those whose name or postal code begins so, at most ``COMMUNES_MAX``; raises ApiProblem."""
    return list((await api.get("/communes", {"search": search, "limit": str(COMMUNES_MAX)}))["communes"])
