"""What should come of a history, without database or bus: pots, cards, redemptions and arithmetic.

All amounts are positive cents. `verdicts` says what the model answers to a scan.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from tests.simulation.moments import LATE_WINDOW, civil_day

# What a household is promised: by persons, or by the cap where that is less (programme.py).
PROMISED_CENTS = {
    ("hh_family", "sea"): 1000,
    ("hh_family", "museums"): 4000,
    ("hh_single", "sea"): 1000,
    ("hh_single", "museums"): 1000,
    ("hh_late", "sea"): 1000,
    ("hh_late", "museums"): 1000,
    ("hh_renewed", "sea"): 1000,
    ("hh_renewed", "museums"): 1000,
}
# In the order in which they are spent: the one that ends first.
PAYS = {"sea": {"water_sports"}, "museums": {"water_sports", "museums"}}
LAST_DAYS = {"sea": date(2027, 9, 30), "museums": date(2027, 12, 31)}
CUTTING_REASONS = ("error", "fraud")


@dataclass(slots=True)
class Pot:
    """A pot: `wallet` holds the balance, `cards` may spend the allowance once it heard of it."""

    household: str
    code: str
    credited: int
    balance: int
    allowance: int = 0
    heard: bool = False
    closed_in_cards: bool = False
    closed_in_wallet: bool = False


@dataclass(slots=True)
class Redemption:
    """An accepted scan: it was heard of ``at``, the ``visit`` took place before or then, and limits count it
    for the ``person``; ``wallet`` says what became of its debit there."""

    card: str
    person: str
    provider: str
    site: str
    offer: str
    paid: int
    at: datetime
    visit: datetime
    draws: dict[str, int]
    cancelled: datetime | None = None
    wallet: str = "not debited"

    @property
    def day(self) -> date:
        """The civil day on which it counts."""
        return civil_day(self.visit)


@dataclass(slots=True)
class Card:
    """A person's card of a household, which lends it its pots; ``qr_text``, ``number`` and ``code`` as its
    voucher prints them."""

    id: str
    person: str
    household: str
    qr_text: str
    number: str
    code: str
    replaces: str | None
    first_day: date
    revoked: str | None = None
    revoked_at: datetime | None = None

    def was_cut(self, until: datetime) -> bool:
        """Whether it was revoked for error or fraud by then."""
        return self.revoked in CUTTING_REASONS and self.revoked_at is not None and self.revoked_at <= until


@dataclass(slots=True)
class Model:
    """The state that every table should show. ``keys`` maps caller and key to body, answer, redemption;
    ``people`` says whose each order is."""

    pots: dict[str, Pot] = field(default_factory=dict)
    cards: dict[str, Card] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    redemptions: dict[str, Redemption] = field(default_factory=dict)
    sales: Counter[tuple[str, str]] = field(default_factory=Counter)
    keys: dict[tuple[str, str], tuple[Mapping[str, Any], str | None, str]] = field(default_factory=dict)
    heard: set[tuple[str, str]] = field(default_factory=set)

    # --- what cards does ---

    def cancel(self, redemption_id: str, at: datetime) -> None:
        """Nothing is given back yet."""
        self.redemptions[redemption_id].cancelled = at

    def record(self, redemption_id: str, redemption: Redemption) -> None:
        """An accepted scan lowers the allowances."""
        assert redemption_id not in self.redemptions, f"{redemption_id} was recorded before"
        self.redemptions[redemption_id] = redemption
        for pot_id, cents in redemption.draws.items():
            self.pots[pot_id].allowance -= cents

    def due_to_close(self, at: datetime) -> dict[str, dict[str, str]]:
        """By reason, in the order in which the sweeper goes through them: pots that no visit can be heard of
        any more for; what is closed for the first is not closed for the second."""
        heard_until = at - LATE_WINDOW
        there = {id_: pot for id_, pot in self.pots.items() if pot.heard and not pot.closed_in_cards}
        spent = [id_ for id_, pot in there.items() if LAST_DAYS[pot.code] < civil_day(heard_until)]
        cut = [id_ for id_, pot in there.items() if self._is_cut_off(pot.household, heard_until)]
        return {
            "spend_until_passed": dict.fromkeys(spent, "spend_until_passed"),
            "card_revoked": {id_: "card_revoked" for id_ in cut if id_ not in spent},
        }

    def close(self, pot_ids: Iterable[str]) -> None:
        """What is left is the funder's, as soon as `wallet` hears of it."""
        for pot_id in pot_ids:
            pot = self.pots[pot_id]
            pot.allowance, pot.closed_in_cards = 0, True

    def revoke(self, card_id: str, reason: str, at: datetime) -> None:
        """No later visit is taken; the pots wait for those of before."""
        self.cards[card_id].revoked, self.cards[card_id].revoked_at = reason, at

    # --- what the services hear ---

    def hear(self, service: str, name: str, event: Mapping[str, Any]) -> None:
        """A service handled an event: the first time it has its effect, and never again."""
        if (service, event["event_id"]) in self.heard:
            return
        self.heard.add((service, event["event_id"]))
        if effect := getattr(self, f"_{service}_hears_{name}", None):
            effect(event)

    def note_credit(self, event: Mapping[str, Any]) -> None:
        """The wallet says that it credited a pot: the promised amount, and never a second time."""
        place = (event["household_id"], event["pot_code"])
        assert place not in {(pot.household, pot.code) for pot in self.pots.values()}, f"{place} twice"
        assert event["amount_cents"] == PROMISED_CENTS[place]
        self.pots[event["pot_id"]] = Pot(*place, event["amount_cents"], event["amount_cents"])

    def _cards_hears_pot_credited(self, event: Mapping[str, Any]) -> None:
        pot = self.pots[event["pot_id"]]
        pot.heard, pot.allowance = True, pot.credited

    def _cards_hears_debit_reversed(self, event: Mapping[str, Any]) -> None:
        redemption = self.redemptions[event["redemption_id"]]
        assert redemption.wallet in ("reversed", "void"), f"{event['redemption_id']} is {redemption.wallet}"
        for pot_id, cents in redemption.draws.items():
            if not self.pots[pot_id].closed_in_cards:
                self.pots[pot_id].allowance += cents

    def _wallet_hears_redemption_recorded(self, event: Mapping[str, Any]) -> None:
        redemption = self._redemption(event)
        if redemption.wallet == "not debited":
            redemption.wallet = "debited"
            self._move(redemption, -1)

    def _wallet_hears_redemption_cancelled(self, event: Mapping[str, Any]) -> None:
        redemption = self._redemption(event)
        assert redemption.cancelled, f"{event['redemption_id']} was never cancelled"
        if redemption.wallet == "debited":
            self._move(redemption, 1)
            redemption.wallet = "reversed"
        else:
            redemption.wallet = "void"

    def _wallet_hears_allowance_released(self, event: Mapping[str, Any]) -> None:
        pot = self.pots[event["pot_id"]]
        pot.balance -= event["amount_cents"]
        pot.closed_in_wallet = pot.closed_in_wallet or event["closes_pot"]

    def _offers_hears_redemption_recorded(self, event: Mapping[str, Any]) -> None:
        self._count(self._redemption(event), 1)

    def _offers_hears_redemption_cancelled(self, event: Mapping[str, Any]) -> None:
        self._count(self._redemption(event), -1)

    def _redemption(self, event: Mapping[str, Any]) -> Redemption:
        assert event["redemption_id"] in self.redemptions, f"{event['redemption_id']} was never recorded"
        return self.redemptions[event["redemption_id"]]

    def _move(self, redemption: Redemption, sign: int) -> None:
        for pot_id, cents in redemption.draws.items():
            self.pots[pot_id].balance += sign * cents

    def _count(self, redemption: Redemption, sign: int) -> None:
        place = f"{redemption.offer} {redemption.day}"
        self.sales[place, "redemptions"] += sign
        self.sales[place, "paid"] += sign * redemption.paid

    def _is_cut_off(self, household: str, until: datetime) -> bool:
        """Whether by then one card was revoked for error or fraud, and no other could be used or reissued."""
        cards = [card for card in self.cards.values() if card.household == household]
        replaced = {card.replaces for card in cards}
        usable = [
            card
            for card in cards
            if card.revoked_at is None
            or card.revoked_at > until
            or (card.revoked not in CUTTING_REASONS and card.id not in replaced)
        ]
        return not usable and any(card.was_cut(until) for card in cards)
