"""What a scan costs the database: every statement, and every round trip as it is seen on the wire."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chassis.database.engine import Database
from chassis.ids import new_id
from contracts.refusals import Refusal
from devstack.servers.backing import Backing
from tests.costs import COSTS, WHAT_TO_DO
from tests.wire import Tap, tapping

POT_CENTS = 10_000
# What begins and ends a transaction is no statement of ours. Values stand in quotes, and are taken out.
STATEMENT = re.compile(r"\b(?:EXECUTE|SELECT|INSERT|UPDATE|DELETE|SAVEPOINT|RELEASE)\b")
QUOTED = re.compile(r"'(?:[^']|'')*'")


@pytest.fixture
def tap(stage: Any, backing: Backing) -> Iterator[Tap]:
    """On the wire of the stage's database."""
    with tapping(backing.database_urls["cards"]) as tap:
        db = Database(tap.url, name="test-tapped", pool_size=1)
        stage.db, untapped = db, stage.db
        yield tap
        stage.db = untapped
        db.close()


def test_a_scan_takes_exactly_these_statements(stage: Any, tap: Tap) -> None:
    # The first time, the connection learns the statements; from then on they cost what they cost.
    for call in calls(stage, stage.card(), stage.publish()).values():
        call()
    counted = {}
    for what, call in calls(stage, stage.card(), stage.publish()).items():
        tap.queries.clear()
        call()
        sent = [QUOTED.sub("''", query) for query in tap.queries]
        statements = sum(len(STATEMENT.findall(query)) for query in sent)
        counted[what] = {"statements": statements, "round_trips": len(sent)}
        print(f"{what:44} {statements} statements, {len(sent)} round trips")
        print("".join(f"    {query[:110]}\n" for query in sent), end="")
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
