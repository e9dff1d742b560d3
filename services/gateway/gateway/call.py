"""What an endpoint is handed: who calls, what was asked, and the services, bound to this call."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import current_app

from chassis.caller import Caller
from chassis.tokens import Keys
from contracts.neighbours import Neighbours

EXTENSION = "occygene-gateway"


class Binder(Protocol):
    """Services that can be bound to a call (`chassis.client.Services`)."""

    def bind(self, **headers: Any) -> Any:
        """The services as `Neighbours`, with the caller's token and the call's id on every RPC."""


@dataclass(frozen=True)
class Parts:
    """What the application is made of."""

    services: Binder
    keys: Keys


@dataclass(frozen=True)
class Call:
    """One call of the API. ``body`` and ``query`` are validated; ``key`` is the idempotency key."""

    caller: Caller
    services: Neighbours
    key: str = ""
    order_secret: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)


def parts() -> Parts:
    """The application's parts."""
    found: Parts = current_app.extensions[EXTENSION]
    return found
