"""Programmes, as the public API tells them."""

from typing import Any

from portal.api.client import Api


async def find_programmes(api: Api) -> list[dict[str, Any]]:
    """Every programme on sale or in use."""
    return list((await api.get("/programmes"))["programmes"])
