"""One history: what is done to the services is done to the model too, and after it the books are read."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from chassis.caller import Caller
from contracts.programmes.days import local_day
from contracts.refusals import Refusal
from tests.protocol import acts
from tests.protocol.books import Books, check_books
from tests.protocol.model import Card, Model, Redemption
from tests.protocol.world import Died, Message, World

FIRST_DAY = datetime(2027, 6, 1, 8, tzinfo=UTC)
AFTER_ALL = datetime(2028, 1, 2, 8, tzinfo=UTC)
GROSS_CENTS = 10_000

Asked = tuple[Caller, str, dict[str, Any]]


class History:
    """The world, the model beside it, and what was asked of `cards` so far.

    ``is_sound`` once the books were right after the last thing that happened: a history that failed has
    no end worth looking at.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.model = Model()
        self.moment = FIRST_DAY
        self.asked: list[Asked] = []
        self.is_sound = True
        self._answers: dict[tuple[str, str], str] = {}
        world.empty()
        world.set_clock(self.moment)
        acts.publish_offers(world)

    def begin(self) -> None:
        """Something happens now, at the history's own moment, however long it took to come here."""
        self.is_sound = False
        self.world.set_clock(self.moment)

    def let_pass(self, moment: datetime) -> None:
        """It is later."""
        self.moment = max(self.moment, moment)
        self.begin()

    def attempt(self, act: Callable[[], Any], *, refused: str | None = None) -> bool:
        """Do it, or be refused: for the one reason given, or for any."""
        try:
            act()
        except Refusal as refusal:
            self.world.counts[f"refused: {refusal.code}"] += 1
            if refused not in (None, refusal.code):
                raise
            return False
        self.take_in()
        return True

    def ask(self, card: Card, scan: Mapping[str, Any]) -> Asked:
        """A scan's caller, key and body, not sent yet."""
        body = {
            "card": card.number if scan["typed"] else card.qr_text,
            "card_code": card.code if scan["typed"] else None,
            "offer_id": scan["offer_id"],
            "party": {"adults": 1, "children": 0},
            "gross_cents": GROSS_CENTS,
            "pay_cents": scan["pay_cents"],
        }
        asked = (acts.device(scan["offer_id"], scan["site"]), f"key_{len(self.asked)}", body)
        self.asked.append(asked)
        return asked

    def redeem_and_die(self, asked: Asked) -> None:
        """The scan does all its work, and its process dies before the commit."""
        with suppress(Died, Refusal):
            acts.redeem(self.world, *asked, dies=True)
        self.check()

    def redeem(self, asked: Asked) -> str | None:
        """Send a scan, for the first time or again; the redemption's id if it was accepted."""
        caller, key, body = asked
        try:
            answer = acts.redeem(self.world, caller, key, body)
        except Refusal as refusal:
            self.world.counts[f"refused: {refusal.code}"] += 1
            if (caller.subject, key) in self._answers:
                raise
            return None
        told = json.dumps(answer)
        assert self._answers.setdefault((caller.subject, key), told) == told
        redemption_id = str(answer["id"])
        if redemption_id in self.model.redemptions:
            self.world.counts["answered again"] += 1
        else:
            self.model.redemptions[redemption_id] = self._redemption(caller, body)
        self.take_in()
        self.check()
        return redemption_id

    def cancel(self, redemption_id: str, *, by: str) -> None:
        """The desk or an officer undoes a redemption; only the desk may come too late."""
        redemption = self.model.redemptions[redemption_id]
        offer_id = next(o for o, (provider, _) in acts.OFFERS.items() if provider == redemption.provider)
        caller = acts.device(offer_id, acts.SITES[0]) if by == "device" else acts.OFFICER
        refused = "cancellation_too_late" if by == "device" else "never"
        if self.attempt(lambda: acts.cancel(self.world, caller, redemption_id), refused=refused):
            redemption.cancelled = True

    def close_spent_pots(self) -> None:
        """The sweeper comes by."""
        acts.close_spent_pots(self.world)
        self.model.close_after(self._today())
        self.take_in()

    def deliver(self, message: Message, *, again: bool) -> None:
        """Let a message be heard; one that is to come ``again`` is not acknowledged yet."""
        self.is_sound = False
        took_effect = self.world.deliver(message)
        if took_effect and message.name == "pot_credited":
            self.model.hear_credit(message.payload["pot_id"])
        self.world.counts["duplicates"] += not took_effect
        if not again:
            self.world.waiting.remove(message)
            self.world.heard.append(message)
        self.take_in()
        self.check()

    def deliver_all(self) -> None:
        """Until the bus is quiet, the newest first."""
        while self.world.waiting:
            self.deliver(self.world.waiting[-1], again=False)

    def take_in(self) -> None:
        """Tell the model what the services have announced."""
        self.is_sound = False
        for name, event in self.world.collect():
            self._note(name, event)

    def check(self) -> Books:
        """What holds while anything may be on its way."""
        self.is_sound = False
        books = check_books(self.world)
        for pot_id, cents in self.model.spent_cents().items():
            assert cents <= self.model.pots[pot_id].credited_cents, "no pot pays more than it was given"
        self.is_sound = True
        return books

    def check_end(self) -> None:
        """Everything arrives; and when the programme is over, what was not spent is the funder's again."""
        self.deliver_all()
        self._check_quiet()
        self.let_pass(AFTER_ALL)
        self.close_spent_pots()
        self.deliver_all()
        self._check_quiet()
        assert all(pot.closed for pot in self.model.pots.values())

    def _check_quiet(self) -> None:
        """Nothing is on its way: the wallet agrees with the model on every cent."""
        books, spent = self.check(), self.model.spent_cents()
        assert books.on_the_way == 0
        assert books.pots.keys() == self.model.pots.keys()
        for pot_id, expected in self.model.pots.items():
            pot, left = books.pots[pot_id], self.model.left_cents(pot_id)
            assert (pot.balance, pot.allowance) == (left, left)
            assert pot.returned == expected.credited_cents - left - spent[pot_id]
            assert pot.closed_in_cards == pot.closed_in_wallet == expected.closed
        balances = {account: cents for account, cents in books.entries.items() if cents}
        owed = {f"provider_payable:{provider}": -cents for provider, cents in self.model.owed_cents().items()}
        assert {a: c for a, c in balances.items() if a.startswith("provider_payable:")} == owed
        held_cents = sum(self.model.left_cents(pot_id) for pot_id in self.model.pots)
        assert balances.get(f"funder:{self.world.programme.code}", 0) == held_cents + sum(spent.values())

    def _redemption(self, caller: Caller, body: Mapping[str, Any]) -> Redemption:
        cards = self.model.cards.values()
        household = next(card.household for card in cards if body["card"] in (card.qr_text, card.number))
        _, category = acts.OFFERS[body["offer_id"]]
        return Redemption(household, str(caller.provider_id), category, body["pay_cents"], self._today())

    def _note(self, name: str, event: Mapping[str, Any]) -> None:
        if name == "card_validated":
            self.model.cards[event["card_id"]] = acts.read_card(self.world, event["card_id"])
        elif name == "pot_credited":
            self.model.note_credit(event)
        elif name == "redemption_recorded":
            self.model.note_draws(event)
            self.world.counts[f"paid from {len(event['draws'])} pots"] += 1
        elif name == "allowance_released":
            self.world.counts[f"released: {event['reason']}"] += 1

    def _today(self) -> Any:
        return local_day(self.moment, self.world.programme.timezone)
