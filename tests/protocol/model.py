"""What should come of a history, without databases or a bus: a dict of pots and a few lines of arithmetic."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

# What a household is promised: by persons, or by the cap where that is less (conftest.py's programme).
PROMISED_CENTS = {
    ("hh_family", "sea"): 1000,
    ("hh_family", "museums"): 4000,
    ("hh_single", "sea"): 1000,
    ("hh_single", "museums"): 1000,
}
PAYS = {"sea": {"water_sports"}, "museums": {"water_sports", "museums"}}
LAST_DAYS = {"sea": date(2027, 9, 30), "museums": date(2027, 12, 31)}


@dataclass
class Pot:
    """What the funder gave, and whether it may still be spent. `cards` has heard of it or not (yet)."""

    household: str
    code: str
    credited_cents: int
    heard: bool = False
    closed: bool = False


@dataclass
class Redemption:
    """An accepted scan, and whether it still stands."""

    household: str
    provider: str
    category: str
    paid_cents: int
    day: date
    draws: dict[str, int] = field(default_factory=dict)
    cancelled: bool = False


@dataclass
class Card:
    """A card of a household; ``qr_text``, ``number`` and ``code`` as its voucher prints them."""

    id: str
    household: str
    qr_text: str
    number: str
    code: str
    replaces: str | None
    revoked: str | None = None


class Model:
    """The money as it should be once everything has arrived."""

    def __init__(self) -> None:
        self.pots: dict[str, Pot] = {}
        self.cards: dict[str, Card] = {}
        self.redemptions: dict[str, Redemption] = {}

    def note_credit(self, event: Mapping[str, Any]) -> None:
        """The wallet says that it credited a pot: the promised amount, and never a second time."""
        place = (event["household_id"], event["pot_code"])
        assert place not in {(pot.household, pot.code) for pot in self.pots.values()}, place
        assert event["amount_cents"] == PROMISED_CENTS[place]
        self.pots[event["pot_id"]] = Pot(*place, event["amount_cents"])

    def note_draws(self, event: Mapping[str, Any]) -> None:
        """`cards` says what it took: from open pots of this household that may pay this, to the cent."""
        redemption = self.redemptions[event["redemption_id"]]
        redemption.draws = {draw["pot_id"]: draw["amount_cents"] for draw in event["draws"]}
        assert sum(redemption.draws.values()) == event["paid_from_pot_cents"] == redemption.paid_cents
        for pot in (self.pots[pot_id] for pot_id in redemption.draws):
            assert (pot.household, pot.heard, pot.closed) == (redemption.household, True, False)
            assert redemption.category in PAYS[pot.code]
            assert redemption.day <= LAST_DAYS[pot.code]

    def hear_credit(self, pot_id: str) -> None:
        """`cards` heard of a credit: spendable, unless the household was cut off meanwhile."""
        pot = self.pots[pot_id]
        pot.heard = True
        pot.closed = pot.closed or self._is_cut_off(pot.household)

    def close_after(self, today: date) -> None:
        """The sweeper came by."""
        for pot in self.pots.values():
            pot.closed = pot.closed or (pot.heard and LAST_DAYS[pot.code] < today)

    def revoke(self, card_id: str, reason: str) -> None:
        """An officer revoked a card; the last one revoked for a bad reason takes the pots with it."""
        card = self.cards[card_id]
        card.revoked = reason
        if reason in ("error", "fraud") and self._is_cut_off(card.household):
            for pot in self.pots.values():
                pot.closed = pot.closed or (pot.heard and pot.household == card.household)

    def spent_cents(self) -> Mapping[str, int]:
        """By pot: what redemptions that stand took."""
        return self._sum(lambda redemption: redemption.draws)

    def owed_cents(self) -> Mapping[str, int]:
        """By provider: what redemptions that stand brought."""
        return self._sum(lambda redemption: {redemption.provider: redemption.paid_cents})

    def left_cents(self, pot_id: str) -> int:
        """What a pot holds in the end: nothing once closed, for then the rest went back to its funder."""
        pot = self.pots[pot_id]
        return 0 if pot.closed else pot.credited_cents - self.spent_cents()[pot_id]

    def _sum(self, parts_of: Any) -> Mapping[str, int]:
        sums: dict[str, int] = defaultdict(int)
        for redemption in self.redemptions.values():
            for key, cents in ({} if redemption.cancelled else parts_of(redemption)).items():
                sums[key] += cents
        return sums

    def _is_cut_off(self, household: str) -> bool:
        cards = [card for card in self.cards.values() if card.household == household]
        replaced = {card.replaces for card in cards}
        usable = [
            card
            for card in cards
            if card.revoked is None or (card.revoked in ("lost", "stolen") and card.id not in replaced)
        ]
        return not usable and any(card.revoked in ("error", "fraud") for card in cards)
