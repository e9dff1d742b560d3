"""Clients at a provider's desk: they redeem, upload late, read a card twice, cancel, use a key again."""

import itertools
import random
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from benchmarks import world as w
from chassis.clock import now
from tests.chaos.journal import Note
from tests.chaos.phone import PATIENCE_S, Phone
from tests.chaos.stage import CUT_CARDS, HOT_CARDS, LATE_WINDOW, Scene

# A desk takes a moment between two families: without it the machine would do nothing but scans.
PAUSE_S = 0.02
REMEMBERED = 200
# How often each act is chosen, of a hundred.
WEIGHTS = {
    "redeem": 40,
    "pay": 32,
    "cancel": 8,
    "replay": 6,
    "reuse": 3,
    "read again": 5,
    "second visit": 3,
    "cut": 3,
}
HOT_SHARE, IMPATIENT_SHARE, LATE_SHARE = 0.2, 0.04, 0.2
# As old as a visit may be when it is asked for the first time, and still be in time when it is answered.
LATEST = LATE_WINDOW - timedelta(seconds=PATIENCE_S + 30)
A_SECOND = timedelta(seconds=1)
# A family of the many pays for an entrance, one of the few for a week: their pots run dry.
PAY_CENTS_MAX, MUCH_CENTS = 2_400, 10_000
# Twice the same price within seconds at the same desk would be "already counted".
_prices = itertools.count()


@dataclass
class Desk:
    """One client with two devices; ``done`` are its last scans that were accepted on the first one,
    ``redemptions`` how many it had in all."""

    scene: Scene
    number: int
    phone: Phone
    other: Phone
    random: random.Random
    redemptions: int = 0
    done: list[Note] = field(default_factory=list)

    def work(self) -> None:
        """One act, whichever comes."""
        act = self.random.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        if act in ("redeem", "pay") or not self.done:
            self._scan(pays=act == "pay")
        elif act == "cut":
            self._scan_cut()
        elif act == "read again":
            # Also an old one: what says when it took place is known again however late.
            first = self.random.choice((self.done[-1], self.random.choice(self.done)))
            self._redeem(self.other, first.request, "read again")
        elif act == "second visit":
            self._redeem(self.other, {**self.done[-1].request, "second_visit": True})
        elif act == "cancel":
            self._cancel()
        elif act == "replay":
            first = self.random.choice(self.done)
            self.phone.ask("replay", first.path, first.request, first.key)
        else:
            first = self.random.choice(self.done)
            other = {**first.request, "gross_cents": first.request["gross_cents"] + 1}
            self.phone.ask("reuse", first.path, other, first.key)
        time.sleep(PAUSE_S)

    def _scan(self, *, pays: bool) -> None:
        hot = self.random.random() < HOT_SHARE
        request = scan_request(self.scene, self._card(hot, pays), self.number)
        if pays:
            request["gross_cents"] += MUCH_CENTS if hot else 0
            request["pay_cents"] = self.random.randint(1, MUCH_CENTS if hot else PAY_CENTS_MAX)
        if self.random.random() < LATE_SHARE:
            request["occurred_at"] = (now() - self.random.random() * LATEST).isoformat()
        self._redeem(self.phone, request)

    def _scan_cut(self) -> None:
        """A visit of just before the card was revoked, paid by its pot; or, once it is too late, of now."""
        card, revoked_at = self.scene.cut_card(self.random.randrange(CUT_CARDS))
        request = scan_request(self.scene, card, self.number)
        request["pay_cents"] = self.random.randint(1, PAY_CENTS_MAX)
        if now() - revoked_at < LATEST:
            request["occurred_at"] = (revoked_at - A_SECOND).isoformat()
        self._redeem(self.phone, request)

    def _redeem(self, phone: Phone, request: dict[str, Any], act: str = "redeem") -> None:
        impatient = self.random.random() < IMPATIENT_SHARE
        note = phone.ask(act, "/v1/redemptions", request, self._key(), impatient=impatient)
        if note.status == 201 and not note.said["already_counted"]:
            self.redemptions += 1
            self.done = [*self.done[-REMEMBERED:], note] if phone is self.phone else self.done

    def _cancel(self) -> None:
        first = self.done.pop(self.random.randrange(len(self.done)))
        self.phone.ask("cancel", f"/v1/redemptions/{first.said['id']}/cancellation", {}, self._key())

    def _card(self, hot: bool, pays: bool) -> int:
        world = self.scene.world
        number = self.random.randrange(HOT_CARDS if hot else world.cards)
        return world.pot_card(number) if pays else number

    def _key(self) -> str:
        return str(UUID(int=self.random.getrandbits(128), version=4))


def scan_request(scene: Scene, card: int, provider: int) -> dict[str, Any]:
    """The body of a scan that is accepted, unlike any other in its price."""
    return {
        "card": scene.world.qr_text(card),
        "offer_id": w.offer_id(provider),
        "party": {"adults": w.ADULTS, "children": w.CHILDREN},
        "gross_cents": w.MINIMUM_GROSS_CENTS + next(_prices),
    }
