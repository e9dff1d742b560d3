"""What an endpoint is handed: who calls, what was asked, and the services, bound to this call."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from flask import current_app

from chassis.caller import Caller
from chassis.tokens import Keys
from contracts.cards import CardsRpc
from contracts.identity import IdentityRpc
from contracts.notify import NotifyRpc
from contracts.offers import OffersRpc
from contracts.wallet import WalletRpc

EXTENSION = "occygene-gateway"


class Neighbours(Protocol):
    """The five services by name, for one call."""

    @property
    def identity(self) -> IdentityRpc:
        """People, checks, credentials."""

    @property
    def cards(self) -> CardsRpc:
        """Programmes, orders, cards, the scan."""

    @property
    def wallet(self) -> WalletRpc:
        """Payments and what is owed."""

    @property
    def offers(self) -> OffersRpc:
        """Providers, offers, statistics."""

    @property
    def notify(self) -> NotifyRpc:
        """Vouchers as documents."""

    def as_service(self) -> "Neighbours":
        """The same, called by the platform itself instead of the person."""


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
