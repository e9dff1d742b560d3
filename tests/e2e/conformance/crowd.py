"""A small populated platform: callers of every kind, and what each owns, made through the public API."""

from dataclasses import dataclass, field
from typing import Any

from demo.api import Api, Visitor
from demo.stage import Stage

# A Saturday on which orders are open, cards are valid and the pot pays.
MOMENT = (2020, 7, 11, 14, 0)
AN_HOUR_BEFORE = (2020, 7, 11, 13, 0)
Ids = dict[str, str]


@dataclass
class Crowd:
    """``mine`` is what the named callers own and no test changes, ``others`` is somebody else's, ``spare`` is
    for tests that change things; all by the names of path parameters.
    ``credentials`` is what a partner asks for a token with."""

    stage: Stage
    callers: dict[str, Visitor]
    mine: Ids = field(default_factory=dict)
    others: Ids = field(default_factory=dict)
    spare: dict[str, list[str]] = field(default_factory=dict)
    offers: Ids = field(default_factory=dict)
    credentials: dict[str, str] = field(default_factory=dict)

    @property
    def api(self) -> Api:
        """Makes further visitors."""
        return self.stage.api

    def order(self, name: str) -> dict[str, Any]:
        """The answer to an order, with its secret."""
        return self.stage.cast.orders[name]

    def voucher(self, name: str) -> dict[str, str]:
        """Number, code and QR text of a card."""
        return self.stage.cast.vouchers[name]

    def authorization(self, caller: str) -> dict[str, str]:
        """The headers of a caller; nobody in particular has none."""
        visitor = self.callers[caller]
        if visitor.sign_in is None:
            return {}
        visitor._token = visitor._token or visitor.sign_in()
        return {"Authorization": f"Bearer {visitor._token}"}


def scan_body(card: str, offer_id: str, adults: int = 2, children: int = 1, **other: Any) -> dict[str, Any]:
    """A quote or redemption at 12 € an adult and 7 € a child."""
    gross = max(3000, adults * 1200 + children * 700)
    party = {"adults": adults, "children": children}
    return {"card": card, "offer_id": offer_id, "party": party, "gross_cents": gross, **other}
