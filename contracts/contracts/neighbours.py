"""The services as their callers see them: by name, each with its RPC."""

from typing import Protocol

from contracts.cards import CardsRpc
from contracts.identity import IdentityRpc
from contracts.notify import NotifyRpc
from contracts.offers import OffersRpc
from contracts.wallet import WalletRpc


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
