"""Orders that were placed with this browser: the secret that reads each is kept in the session."""

from typing import Any

from starlette.requests import Request

# The newest; a session is one cookie.
ORDERS_KEPT_MAX = 5


def keep_order(request: Request, order: dict[str, Any]) -> None:
    """Remember the secret of an order that was just placed."""
    older = [one for one in request.session.get("orders", []) if one[0] != order["id"]]
    request.session["orders"] = [[order["id"], order["order_secret"]], *older][:ORDERS_KEPT_MAX]


def secret_of(request: Request, order_id: str) -> str | None:
    """The secret of an order placed with this browser, else none."""
    return next((secret for known, secret in request.session.get("orders", []) if known == order_id), None)
