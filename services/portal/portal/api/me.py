"""What belongs to whoever has signed in: orders with their mails, and visits."""

from typing import Any
from urllib.parse import quote

from portal.api.client import Api

ORDERS_A_PAGE = 10
VISITS_A_CALL = 100
# Where a visit is looked for: more than a family makes in the 60 days in which it may dispute one.
CALLS_MAX = 5
VISIT_STREAM = "/me/visits/stream"


async def find_orders(api: Api, token: str, cursor: str | None) -> dict[str, Any]:
    """A page of the holder's orders, newest first: ``orders`` and ``next_cursor``."""
    asked = {"limit": str(ORDERS_A_PAGE)} | ({"cursor": cursor} if cursor else {})
    return await api.get("/me/orders", asked, token=token)


async def get_order(api: Api, token: str, order_id: str) -> dict[str, Any]:
    """An order with its checks and its payment."""
    return await api.get(_order(order_id), token=token)


async def send_voucher_again(api: Api, token: str, key: str, order_id: str) -> None:
    """Mail the voucher to the address that holds now."""
    await api.post(_order(order_id, "/voucher-mails"), token=token, key=key)


async def request_email_change(api: Api, token: str, key: str, order_id: str, email: str) -> None:
    """Have a code mailed to another address."""
    await api.post(_order(order_id, "/email-changes"), {"email": email}, token=token, key=key)


async def confirm_email_change(api: Api, token: str, key: str, order_id: str, code: str) -> None:
    """Give the order the address that the code was mailed to."""
    await api.post(_order(order_id, "/email-changes/confirm"), {"code": code}, token=token, key=key)


async def find_visit(api: Api, token: str, visit_id: str) -> dict[str, Any] | None:
    """One of the holder's visits; None where it is not among the last 500."""
    asked = {"limit": str(VISITS_A_CALL)}
    for _ in range(CALLS_MAX):
        found = await api.get("/me/visits", asked, token=token)
        for visit in found["redemptions"]:
            if visit["id"] == visit_id:
                return dict(visit)
        if found["next_cursor"] is None:
            return None
        asked["cursor"] = found["next_cursor"]
    return None


async def dispute_visit(api: Api, token: str, key: str, visit_id: str, note: str) -> dict[str, Any]:
    """Say that it was somebody else."""
    path = f"/me/visits/{quote(visit_id, safe='')}/dispute"
    return await api.post(path, {"note": note or None}, token=token, key=key)


def _order(order_id: str, of: str = "") -> str:
    return f"/orders/{quote(order_id, safe='')}{of}"
