"""The office: orders cards for families, corrects addresses, accepts checks as an officer, revokes a card."""

import random
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks import world as w
from demo import people
from demo.acts.ordering import body
from tests.chaos.correcting import Corrections
from tests.chaos.journal import Note
from tests.chaos.phone import Phone
from tests.chaos.stage import HOT_CARDS, Scene

PAUSE_S = 3.0
REVOKED_SHARE, MISTYPED_SHARE = 0.4, 0.4
# Three people whom the local CAF/MSA API knows.
MAELYS = {"birth_name": "D'Hers", "sex": "F", "birth_place": {"country": "99100", "insee": "12202"}}
MEMBERS = [people.person("Zoé", "D'Hers", "2014-10-11"), people.person("Gabin", "D'Hers", "2018-07-26")]


@dataclass
class Office:
    """A partner's and an officer's phone; ``waiting`` are orders whose checks are not all decided."""

    scene: Scene
    partner: Phone
    officer: Phone
    random: random.Random
    corrections: Corrections
    waiting: list[str] = field(default_factory=list)
    placed: int = 0
    revoked: list[int] = field(default_factory=list)

    def work(self) -> None:
        """Order, decide what can be decided, confirm an address, revoke now and then."""
        self._order()
        self.decide()
        self.corrections.confirm()
        if self.random.random() < REVOKED_SHARE and len(self.revoked) < HOT_CARDS // 2:
            self._revoke()
        time.sleep(PAUSE_S)

    def decide(self) -> None:
        """Accept every check that waits for an officer; orders without any are left alone from then on."""
        self.waiting = [order_id for order_id in self.waiting if not self._decided(order_id)]

    def _order(self) -> None:
        self.placed += 1
        holder = people.holder(
            "Maëlys", "D'Hers", "1991-02-03", f"famille{self.placed}@example.org", people.RODEZ, **MAELYS
        )
        request = body("family_bonus", holder, MEMBERS)
        note = self.partner.ask("order", "/v1/orders", request, f"order-{self.placed:04d}")
        if note.status == 201:
            self.waiting.append(note.said["id"])
            if self.random.random() < MISTYPED_SHARE:
                self.corrections.ask(note.said["id"], f"famille{self.placed}.corrige@example.org")

    def _decided(self, order_id: str) -> bool:
        order = self._order_now(order_id)
        if order is None or not order["checks"]:
            return False
        for check in order["checks"]:
            if check["waiting_for"] == "officer":
                self._accept(check["id"])
        return all(check["state"] == "accepted" for check in order["checks"])

    def _order_now(self, order_id: str) -> dict[str, Any] | None:
        """As it stands; None where it cannot be read now, or its checks were not opened yet."""
        note = self.officer.ask("read", f"/v1/orders/{order_id}", {}, "", method="GET")
        return note.said if note.status == 200 else None

    def _accept(self, check_id: str) -> Note:
        path = f"/v1/checks/{check_id}/decision"
        # Each order is for the same family: from the second on its pot waits for an officer who says why.
        decision = {"outcome": "accepted", "note": "Une famille d’essai, autant de fois qu’il faut"}
        return self.officer.ask("accept", path, decision, f"accept-{check_id}")

    def _revoke(self) -> None:
        """A card at which many desks scan: its pot goes back to the funder in the middle of it."""
        card = self.scene.world.pot_card(self.random.randrange(HOT_CARDS))
        if card not in self.revoked:
            self.revoked.append(card)
            path = f"/v1/cards/{w.an_id('card', card)}/revocation"
            self.officer.ask("revoke", path, {"reason": "error"}, f"revoke-{card}")
