"""The services that are asked when a message is sent."""

from typing import Protocol

from contracts.cards import CardsRpc
from contracts.identity import IdentityRpc
from contracts.offers import OffersRpc


class Neighbours(Protocol):
    """Called in the platform's own name, never in a person's."""

    @property
    def identity(self) -> IdentityRpc:
        """Who the holder is and where to write."""

    @property
    def cards(self) -> CardsRpc:
        """What the voucher prints."""

    @property
    def offers(self) -> OffersRpc:
        """What the place is called."""
