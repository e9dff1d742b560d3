"""The state machine: whatever people, the clock and the bus do, in whatever order, the books are right."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.protocol import acts
from tests.protocol.history import AFTER_ALL, History
from tests.protocol.model import Card
from tests.protocol.world import Died, World

AFTER_THE_SEA = datetime(2027, 10, 1, 8, tzinfo=UTC)
# From within the window of a repeat (20 s) to past the time in which a device may undo (5 min).
PAUSES = [timedelta(seconds=2), timedelta(seconds=30), timedelta(minutes=6), timedelta(days=31)]
# Late in the story for most histories: a card that expired does little more.
ENDS = [None, None, None, None, AFTER_THE_SEA, AFTER_THE_SEA, AFTER_ALL]
MAX_ORDERS = 4
# One cent, parts, all of the sea pot, that and a bit of the other, and more than a single person has.
PAY_CENTS = [1, 250, 700, 1000, 1500, 1500, 3000]

which = st.integers(0, 30)
scans = st.fixed_dictionaries(
    {
        "site": st.sampled_from(acts.SITES),
        "pay_cents": st.sampled_from(PAY_CENTS),
        "typed": st.sampled_from([False, False, True]),
        "dies": st.sampled_from([False, False, True]),
    }
)
undoers = st.sampled_from(["device", "officer"])


class Protocol(RuleBasedStateMachine):
    """``which`` chooses among what there is, modulo how much there is."""

    # A bus that acknowledges what failed loses it; a test plants this.
    acknowledges_failures = False

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        self.history = History(world)
        self.orders = 0

    # --- cards ---

    @initialize()
    def have_a_family_with_a_card(self) -> None:
        self.order_card("hh_family")
        self.history.deliver_all()

    @precondition(lambda self: self.orders < MAX_ORDERS)
    @rule(household=st.sampled_from(sorted(acts.MEMBERS)))
    def order_another_card(self, household: str) -> None:
        self.order_card(household)

    def order_card(self, household: str) -> None:
        self.orders += 1
        self.history.begin()
        self.history.attempt(lambda: acts.order_card(self.world, household), refused="orders_not_open")

    @precondition(lambda self: self.history.model.cards)
    @rule(
        which=which,
        reason=st.sampled_from(["lost", "lost", "stolen", "error", "fraud"]),
        reissued=st.sampled_from([True, True, False]),
    )
    def revoke_card(self, which: int, reason: str, reissued: bool) -> None:
        """And have a new one made, if it may be."""
        self.history.begin()
        card_id = self._card(which).id
        revoked = self.history.attempt(
            lambda: acts.revoke(self.world, card_id, reason), refused="card_already_revoked"
        )
        if revoked:
            self.history.model.revoke(card_id, reason)
            self.history.check()
        if reissued:
            self.history.attempt(lambda: acts.reissue(self.world, card_id))

    # --- scans ---

    # Three rules, so that a history without any scan is rare.

    @precondition(lambda self: self.history.model.cards)
    @rule(which=which, wanted=st.lists(scans, min_size=1, max_size=3))
    def scan_at_sea(self, which: int, wanted: list[dict[str, Any]]) -> None:
        for scan in wanted:
            self._scan("off_sea", which, scan)

    @precondition(lambda self: self.history.model.cards)
    @rule(which=which, wanted=st.lists(scans, min_size=1, max_size=2))
    def scan_at_museum(self, which: int, wanted: list[dict[str, Any]]) -> None:
        for scan in wanted:
            self._scan("off_museum", which, scan)

    @precondition(lambda self: self.history.model.cards)
    @rule(which=which, offer_id=st.sampled_from(sorted(acts.OFFERS)), scan=scans, by=undoers)
    def scan_and_undo(self, which: int, offer_id: str, scan: dict[str, Any], by: str) -> None:
        redemption_id = self._scan(offer_id, which, scan)
        if redemption_id:
            self.history.cancel(redemption_id, by=by)

    def _scan(self, offer_id: str, which: int, scan: dict[str, Any]) -> str | None:
        """Where the process dies, the desk sees "try again" and does."""
        self.history.begin()
        asked = self.history.ask(self._card(which), {**scan, "offer_id": offer_id})
        if scan["dies"]:
            self.history.redeem_and_die(asked)
        return self.history.redeem(asked)

    @precondition(lambda self: self.history.asked)
    @rule(which=which, as_quote=st.sampled_from([False, False, True]))
    def send_scan_again(self, which: int, as_quote: bool) -> None:
        """With its key; or without any effect, as a quote."""
        self.history.begin()
        asked = _pick(self.history.asked, which)
        if as_quote:
            self.history.attempt(lambda: acts.quote(self.world, asked[0], asked[2]))
        else:
            self.history.redeem(asked)

    @precondition(lambda self: self.history.model.redemptions)
    @rule(which=which, by=undoers)
    def cancel(self, which: int, by: str) -> None:
        self.history.begin()
        self.history.cancel(_pick(self.history.model.redemptions, which), by=by)

    def _card(self, which: int) -> Card:
        """One that was not revoked, while there is one: the others are mostly refused."""
        cards = self.history.model.cards.values()
        card: Card = _pick([card for card in cards if not card.revoked] or cards, which)
        return card

    # --- time ---

    @rule(pause=st.sampled_from(PAUSES))
    def let_time_pass(self, pause: timedelta) -> None:
        self.history.let_pass(self.history.moment + pause)

    @rule(end=st.sampled_from(ENDS))
    def close_spent_pots(self, end: datetime | None) -> None:
        self.history.let_pass(end or self.history.moment)
        self.history.close_spent_pots()

    # --- the bus ---

    @precondition(lambda self: self.world.waiting)
    @rule(picks=st.lists(which, min_size=1, max_size=5), again=st.booleans())
    def deliver(self, picks: list[int], again: bool) -> None:
        self.history.begin()
        for pick in picks:
            if self.world.waiting:
                self.history.deliver(_pick(self.world.waiting, pick), again=again)

    @precondition(lambda self: self.world.heard)
    @rule(which=which)
    def deliver_once_more(self, which: int) -> None:
        self.history.begin()
        self.history.deliver(_pick(self.world.heard, which), again=True)

    @precondition(lambda self: self.world.waiting)
    @rule(which=which)
    def fail_to_deliver(self, which: int) -> None:
        """The handler did its work and its process died before the commit: the message waits on."""
        self.history.begin()
        message = _pick(self.world.waiting, which)
        with suppress(Died):
            self.world.deliver(message, dies=True)
        self.world.counts["deliveries failed"] += 1
        if self.acknowledges_failures:
            self.world.waiting.remove(message)

    # --- what must hold ---

    @invariant()
    def books_are_right(self) -> None:
        # What was checked by the last delivery or scan has not moved since.
        if not self.history.is_sound:
            self.history.check()

    def teardown(self) -> None:
        if self.history.is_sound:
            self.history.check_end()


def _pick(items: Any, which: int) -> Any:
    there = list(items)
    return there[which % len(there)]
