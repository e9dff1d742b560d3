"""From a step's picks to an act: who does what, to which of the things that there are."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.calls.caller import Caller
from chassis.events.bundles import EVENTS_MAX
from tests.simulation import acts
from tests.simulation.bus import MOODS, Message
from tests.simulation.model import Card, Model
from tests.simulation.moments import A_WHILE, SEEN, SEEN_AGAIN, SEEN_REVOKED
from tests.simulation.steps import Step
from tests.simulation.world import Asked, World

GROSS_CENTS = 10_000
# Nothing, one cent, parts, all of the sea pot, that and a bit of the other, more than a single person has.
PAY_CENTS = (0, 1, 250, 700, 700, 1000, 1500, 1500, 3000)
# Often the same one, so that the limit of three uses a month is reached.
SITES = (*("sit_1",) * 6, "sit_2", "sit_3")
REASONS = ("lost", "lost", "stolen", "error", "fraud")
MAX_ORDERS = 2
EVENTS_PER_MESSAGE = (1, 2, EVENTS_MAX)


@dataclass(frozen=True)
class Act:
    """What is done, what it is about, and the call that does it; it changes the ``sides`` named."""

    what: str
    about: Any
    do: Callable[[], Any]
    sides: tuple[str, ...] = ("cards",)


class Planner:
    """What was asked of `cards` so far, so that it can be asked again."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked: list[Asked] = []
        self.orders = 0

    def plan(self, model: Model, step: Step) -> Act | None:
        """The act, or None where there is nothing to do it to."""
        planned: Act | None = getattr(self, "_" + step.what.replace(" ", "_"))(model, *step.picks)
        return planned

    def _scan(
        self, model: Model, which: int, offer: int, site: int, pay: int, typed: int, when: int
    ) -> Act | None:
        card = _card(model, which)
        if card is None:
            return None
        seen = _pick(SEEN, when)(self.world.moment)
        return self._scan_at(_pick(SITES, site), card, seen, offer, pay, typed)

    def _scan_familiar(
        self, model: Model, which: int, offer: int, _: int, pay: int, typed: int, when: int
    ) -> Act | None:
        """Where the card's person was before and about when, so that limits are reached."""
        standing = [one for one in model.redemptions.values() if not one.cancelled]
        if not standing:
            return None
        before = _pick(standing, which)
        seen = before.visit - A_WHILE if when % 4 else None
        return self._scan_at(before.site, model.cards[before.card], seen, offer, pay, typed)

    def _scan_revoked(
        self, model: Model, which: int, offer: int, site: int, pay: int, typed: int, when: int
    ) -> Act | None:
        """A card that is no good now, seen about when it was revoked."""
        revoked = [(card, card.revoked_at) for card in model.cards.values() if card.revoked_at]
        if not revoked:
            return None
        card, revoked_at = _pick(revoked, which)
        seen = revoked_at + _pick(SEEN_REVOKED, when)
        return self._scan_at(_pick(SITES, site), card, seen, offer, pay, typed)

    def _scan_at(self, site: str, card: Card, seen: datetime | None, offer: int, pay: int, typed: int) -> Act:
        offer_id = _pick(sorted(acts.OFFERS), offer)
        body = {
            **_read(card, typed),
            "offer_id": offer_id,
            "party": {"adults": 1, "children": 0},
            "gross_cents": GROSS_CENTS,
            "pay_cents": _pick(PAY_CENTS, pay),
            "occurred_at": seen and seen.isoformat(),
            "second_visit": False,
        }
        return self._ask(acts.device(offer_id, site, typed // 12), body)

    def _scan_again(
        self, model: Model, which: int, newest: int, at: int, typed: int, when: int, _: int
    ) -> Any:
        """The same visit, read on whichever device of the site and however; or the desk says that it is a
        second one."""
        if not self.asked:
            return None
        caller, _, body = self.asked[-1] if newest % 4 else _pick(self.asked, which)
        again = {**body, **_read(card_of(model, body), typed), "second_visit": at // 2 % 4 == 0}
        if body["occurred_at"]:
            seen = datetime.fromisoformat(body["occurred_at"]) + _pick(SEEN_AGAIN, when)
            again["occurred_at"] = seen.isoformat()
        return self._ask(acts.device(body["offer_id"], caller.site_id, at), again)

    def _scan_other(self, model: Model, which: int, newest: int, at: int, typed: int, *_: int) -> Act | None:
        """Another card of the same person at the same site: the limit is theirs."""
        if not self.asked:
            return None
        caller, _, body = self.asked[-1] if newest % 4 else _pick(self.asked, which)
        first = card_of(model, body)
        others = [card for card in model.cards.values() if card.person == first.person and card is not first]
        if not others:
            return None
        other = {**body, **_read(_pick(others, which), typed)}
        return self._ask(acts.device(body["offer_id"], caller.site_id, at), other)

    def _ask(self, caller: Caller, body: dict[str, Any]) -> Act:
        asked = (caller, f"scan_{len(self.asked)}", body)
        self.asked.append(asked)
        return self._redeem(asked)

    def _resend(self, _: Model, which: int, newest: int, *__: int) -> Act | None:
        if not self.asked:
            return None
        return self._redeem(self.asked[-1] if newest % 2 else _pick(self.asked, which))

    def _reuse_key(self, _: Model, which: int, *__: int) -> Act | None:
        if not self.asked:
            return None
        caller, key, body = _pick(self.asked, which)
        return self._redeem((caller, key, {**body, "pay_cents": body["pay_cents"] + 1}))

    def _redeem(self, asked: Asked) -> Act:
        return Act("scan", asked, lambda: acts.redeem(self.world, asked))

    def _quote(self, _: Model, which: int, *__: int) -> Act | None:
        if not self.asked:
            return None
        asked = _pick(self.asked, which)
        return Act("quote", asked, lambda: acts.quote(self.world, asked[0], asked[2]))

    def _cancel(self, model: Model, which: int, by: int, *_: int) -> Act | None:
        if not model.redemptions:
            return None
        redemption_id = _pick(model.redemptions, which)
        offer_id = model.redemptions[redemption_id].offer
        caller = acts.device(offer_id, acts.SITES[0]) if by % 2 else acts.OFFICER
        return Act("cancel", (redemption_id, caller), lambda: acts.cancel(self.world, caller, redemption_id))

    def _revoke(self, model: Model, which: int, reason: int, *_: int) -> Act | None:
        card = _card(model, which)
        if card is None:
            return None
        about = (card.id, _pick(REASONS, reason))
        return Act("revoke", about, lambda: acts.revoke(self.world, *about))

    def _reissue(self, model: Model, which: int, *_: int) -> Act | None:
        revoked = [card for card in model.cards.values() if card.revoked]
        if not revoked:
            return None
        card_id = _pick(revoked, which).id
        return Act("reissue", card_id, lambda: acts.reissue(self.world, card_id))

    def _order(self, _: Model, household: int, *__: int) -> Act | None:
        self.orders += 1
        if self.orders > MAX_ORDERS:
            return None
        return order_act(self.world, _pick(acts.ORDERS, household))

    def _sweep(self, *_: Any) -> Act:
        return Act("sweep", None, lambda: acts.close_pots(self.world))

    def _deliver(self, _: Model, which: int, batch: int, stumbles: int, *__: int) -> Act | None:
        waiting = self.world.bus.waiting
        if not waiting:
            return None
        message = _pick(waiting, which)
        messages = together(message, waiting) if batch % 3 else [message]
        ids = [event_id for message in messages for event_id in message.event_ids]
        return self.deliver(messages, None if stumbles % 4 else _pick(ids, stumbles // 4))

    def _deliver_again(self, _: Model, which: int, *__: int) -> Act | None:
        return self.deliver([_pick(self.world.bus.heard, which)]) if self.world.bus.heard else None

    def deliver(self, messages: Sequence[Message], stumbles: str | None = None) -> Act:
        """Let a service hear messages of one event, and fail once at the one of this id."""
        side, bus = self.world.sides[messages[0].service], self.world.bus
        return Act("deliver", tuple(messages), lambda: side.hear(messages, bus, stumbles), (side.name,))

    def _relay(self, _: Model, which: int, mood: int, size: int, *__: int) -> Act:
        name = _pick(["cards", "cards", "wallet"], which)
        return self.relay(name, _pick(MOODS, mood), _pick(EVENTS_PER_MESSAGE, size))

    def relay(self, name: str, mood: str = "well", events_per_message: int = 1) -> Act:
        """Let a service publish; the bus takes it as its mood is."""

        def do() -> None:
            self.world.bus.mood = mood
            self.world.sides[name].relay(self.world.bus, events_per_message)

        return Act("relay", (name, mood), do, ())


def order_act(world: World, whose: tuple[str, str]) -> Act:
    """Order a card for a household's person."""
    return Act("order", whose, lambda: acts.order_card(world, *whose))


def together(message: Message, waiting: Sequence[Message]) -> list[Message]:
    """The message and all that wait in the same queue."""
    return [m for m in waiting if (m.service, m.name) == (message.service, message.name)]


def card_of(model: Model, body: Mapping[str, Any]) -> Card:
    """Whose QR text was read, or number typed."""
    return next(card for card in model.cards.values() if body["card"] in (card.qr_text, card.number))


def _read(card: Card, how: int) -> dict[str, Any]:
    """The QR code, or the number typed; mostly with its code."""
    if how % 3:
        return {"card": card.qr_text, "card_code": None}
    return {"card": card.number, "card_code": card.code if how // 3 % 4 else None}


def _card(model: Model, which: int) -> Card | None:
    """Mostly the first that was not revoked: so that much happens to one, and others are there too."""
    cards = list(model.cards.values())
    usable = [card for card in cards if not card.revoked] or cards
    if which % 8 == 0:
        return _pick(cards, which // 16) if cards else None
    return _pick(usable[:1] if which % 4 else usable, which // 16) if usable else None


def _pick(items: Any, which: int) -> Any:
    there = list(items)
    return there[which % len(there)]
