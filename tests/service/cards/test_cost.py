"""What a scan costs the database: every statement and every transaction, counted; each is a round trip."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Engine, event

from chassis.ids import new_id
from contracts.refusals import Refusal

POT_CENTS = 10_000

# Statements and transactions of each kind of call; a transaction's BEGIN and its end are not among the
# statements.
EXPECTED = {
    "a scan without the pot": (6, 1),
    "a scan with the pot": (6, 1),
    "a scan by number with the pot and its code": (9, 1),
    "the same key again": (2, 1),
    "a second read": (4, 1),
    "a refused scan": (4, 2),
    "an unknown card": (4, 2),
    "a quote": (2, 1),
    "a refused quote": (3, 2),
}
WHAT_TO_DO = (
    "What a scan costs the database has changed. If that was meant, change this table and the count in the "
    "README and in services/cards/README.md; if not, look for a statement that was added to the scan's "
    "transaction (an ORM flush, a lazy load, a second read)."
)


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
    counted = {}
    for what, call in calls(stage, stage.card(), stage.publish()).items():
        with meter.counting() as seen:
            call()
        ends = sum(word in ("COMMIT", "ROLLBACK") for word in seen)
        counted[what] = (len(seen) - ends, ends)
        print(f"{what:44} {len(seen) - ends} statements, {ends} transaction(s)")
        print("".join(f"    {word[:110]}\n" for word in seen), end="")
    assert counted == EXPECTED, WHAT_TO_DO


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
