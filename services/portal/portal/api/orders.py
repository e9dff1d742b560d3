"""Orders and their payment, as the public API has them."""

from typing import Any
from urllib.parse import quote

from portal.api.client import Api


async def place_order(api: Api, order: dict[str, Any], *, token: str | None, key: str) -> dict[str, Any]:
    """The order with its ``order_secret``; raises ApiProblem where a rule says no."""
    return await api.post("/orders", order, token=token, key=key)


async def check_order(api: Api, order: dict[str, Any], *, token: str | None) -> None:
    """Hold an order that may still lack much against the rules; raises ApiProblem."""
    await api.post("/orders/checks", order, token=token)


async def get_order(api: Api, order_id: str, *, token: str | None, secret: str | None) -> dict[str, Any]:
    """An order with its ``checks`` and its ``payment``."""
    return await api.get(f"/orders/{quote(order_id, safe='')}", token=token, order_secret=secret)


async def start_payment(
    api: Api, order_id: str, *, token: str | None, secret: str | None, key: str
) -> dict[str, Any]:
    """The open payment; ``redirect_url`` is the bank's page."""
    path = f"/orders/{quote(order_id, safe='')}/payment"
    return await api.post(path, token=token, order_secret=secret, key=key)
