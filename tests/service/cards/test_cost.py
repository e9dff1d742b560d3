"""What a scan costs the database: every statement and every transaction, counted; each is a round trip."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from chassis.ids import new_id
from contracts.refusals import Refusal
from tests.costs import COSTS, WHAT_TO_DO

POT_CENTS = 10_000


class Meter:
    """Counts what goes to the database while it is on."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def counting(self) -> Iterator[list[str]]:
        """The statements in order, savepoints among them, and how each transaction ended."""
        seen: list[str] = []

        def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
            seen.append(" ".join(text.split()))

        listeners = {
            "before_cursor_execute": statement,
            "commit": lambda *_: seen.append("COMMIT"),
            "rollback": lambda *_: seen.append("ROLLBACK"),
        }
        for name, listener in listeners.items():
            event.listen(self._engine, name, listener)
        try:
            yield seen
        finally:
            for name, listener in listeners.items():
                event.remove(self._engine, name, listener)


def test_a_scan_takes_exactly_these_statements(stage: Any) -> None:
    meter = Meter(stage.db.engine)
    # The first time, the connection learns the statements; from then on they cost one round trip each.
    for call in calls(stage, stage.card(), stage.publish()).values():
        call()
    counted = {}
    for what, call in calls(stage, stage.card(), stage.publish()).items():
        with meter.counting() as seen:
            call()
        ends = sum(word in ("COMMIT", "ROLLBACK") for word in seen)
        counted[what] = {"statements": len(seen) - ends, "round_trips": len(seen) + ends}
        print(f"{what:44} {len(seen) - ends} statements, {len(seen) + ends} round trips")
        print("".join(f"    {word[:110]}\n" for word in seen), end="")
    expected = {
        what: {"statements": cost.statements, "round_trips": cost.round_trips} for what, cost in COSTS.items()
    }
    assert counted == expected, WHAT_TO_DO


def calls(stage: Any, card: Any, offer_id: str) -> dict[str, Callable[[], Any]]:
    """Each kind of call, to be made in this order."""
    stage.credit(card, POT_CENTS)
    device, key = stage.device(), new_id("key")
    plain = stage.scan(card, offer_id)
    with_pot = stage.scan(card, offer_id, pay_cents=1_000)
    by_number = {**with_pot, "card": card.number, "card_code": card.card_code, "gross_cents": 4_200}
    too_much = stage.scan(card, offer_id, pay_cents=1_000_000, gross_cents=5_000_000)
    unknown = {**plain, "card": "OCY1:" + "A" * 26}

    def refused(call: Callable[[], Any]) -> Callable[[], None]:
        def refuse() -> None:
            with pytest.raises(Refusal):
                call()

        return refuse

    return {
        "a scan without the pot": lambda: stage.redeem(plain, device=device),
        "a scan with the pot": lambda: stage.redeem(with_pot, device=device, key=key),
        "a scan by number with the pot and its code": lambda: stage.redeem(by_number, device=device),
        "the same key again": lambda: stage.redeem(with_pot, device=device, key=key),
        "a second read": lambda: stage.redeem(with_pot, device=device),
        "a refused scan": refused(lambda: stage.redeem(too_much, device=device)),
        "an unknown card": refused(lambda: stage.redeem(unknown, device=device)),
        "a quote": lambda: stage.quote(stage.scan(card, offer_id, gross_cents=4_400), device=device),
        "a refused quote": refused(lambda: stage.quote(too_much, device=device)),
    }
