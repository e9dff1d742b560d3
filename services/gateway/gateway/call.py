"""What an endpoint is handed: who calls, what was asked, and the services, bound to this call."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, ParamSpec, Protocol, TypeVar, cast

from chassis.calls.caller import Caller
from chassis.calls.tokens import Keys
from contracts.neighbours import Neighbours
from gateway.asked import Asked
from gateway.streams.hub import Hub

Asks = ParamSpec("Asks")
Answer = TypeVar("Answer")


class Binder(Protocol):
    """Services that can be bound to a call (`chassis.calls.client.Services`)."""

    def bind(self, **headers: Any) -> Any:
        """The services as `Neighbours`, with the caller's token and the call's id on every RPC."""


@dataclass(frozen=True)
class Parts:
    """What the application is made of."""

    services: Binder
    keys: Keys
    hub: Hub = field(default_factory=Hub)


@dataclass(frozen=True)
class Call:
    """One call of the API. ``body`` and ``query`` are validated; ``key`` is the idempotency key."""

    asked: Asked
    caller: Caller
    services: Neighbours
    parts: Parts
    key: str = ""
    order_secret: str | None = None
    body: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)


async def ask(method: Callable[Asks, Answer], *args: Asks.args, **kwargs: Asks.kwargs) -> Answer:
    """A service's answer: ``await ask(call.services.cards.get_card, card_id=…)``.

    The contracts say what is asked and answered, and are the same for services that call each other and wait;
    on this loop each of their methods answers with something to be awaited.
    """
    return await cast(Awaitable[Answer], method(*args, **kwargs))
