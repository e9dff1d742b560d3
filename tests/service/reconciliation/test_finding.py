"""The reconciliation finds one seeded fault of each kind, names its object, and finds nothing else."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

import cards.books
import cards.self_check
import notify.self_check
import wallet.self_check
from chassis.database.books import read_page
from chassis.database.engine import Database
from contracts import faults
from contracts.neighbours import Neighbours
from contracts.programmes import Programme
from contracts.refusals import Refusal
from tests.loosening import changeable, loosened
from tests.service.reconciliation.seeds import SEEDS
from tests.service.reconciliation.well import SERVICES, Ground, LocalServices, write_well
from wallet.reconciliation.findings import Finding
from wallet.reconciliation.run import SETTLED_AFTER, reconcile

Open = Callable[[str], Database]
# Two hours after everything happened.
LATER = datetime(2020, 7, 11, 14, tzinfo=UTC)
SOON = datetime(2020, 7, 11, 12, 5, tzinfo=UTC)
# What one service did and another has not heard of for five minutes.
LATE = (
    *("redemption_not_debited", "cancelled_not_reversed", "reversal_not_raised", "statistics_differ"),
    *("pot_not_credited", "credit_not_raised", "release_not_returned", "paid_order_without_card_or_refund"),
    "card_without_voucher",
)
RUNBOOK = Path(__file__).parents[3] / "docs" / "operations.md"


class Find:
    """``find()`` reconciles, ``page`` keys at a time, without what is younger than ``settled_after``."""

    def __init__(self, database: Open, amqp_uri: str, programmes: Mapping[str, Programme]) -> None:
        self._database, self._amqp_uri, self._programmes = database, amqp_uri, programmes

    def __call__(self, page: int | None = None, settled_after: timedelta = SETTLED_AFTER) -> list[Finding]:
        services = cast(Neighbours, LocalServices(self._database, self._amqp_uri, page))
        steps = reconcile(services, self._programmes, settled_after)
        return [found for found in steps if found is not None]


@pytest.fixture
def find(database: Open, ground: Ground, programmes: Mapping[str, Programme], clock: Any) -> Iterator[Find]:
    """Five databases in which all was well two hours ago."""
    clock.set(LATER)
    write_well(ground)
    with ExitStack() as stack:
        for service in SERVICES:
            stack.enter_context(changeable(ground(service)))
        yield Find(database, ground.amqp_uri, programmes)


@pytest.mark.parametrize("page", [None, 1, 2])
def test_where_all_is_well_nothing_is_found(find: Find, page: int | None) -> None:
    assert find(page) == []


@pytest.mark.parametrize("kind", faults.KINDS)
def test_one_seeded_fault_is_found_and_nothing_else(find: Find, ground: Ground, kind: str) -> None:
    seed = SEEDS[kind]
    with ExitStack() as stack:
        for service, name in seed.loosened:
            stack.enter_context(loosened(ground(service), name))
        seed.plant(ground)
        assert [(found.kind, found.object_id) for found in find()] == [(kind, seed.object_id)]


@pytest.mark.parametrize("page", [1, 2])
def test_faults_are_found_wherever_a_page_ends(find: Find, ground: Ground, page: int) -> None:
    kinds = ["message_unsent", "redemption_not_debited", "debit_without_redemption"]
    kinds += ["statistics_differ", "return_without_release", "card_without_voucher", "voucher_without_card"]
    for kind in kinds:
        SEEDS[kind].plant(ground)
    assert [found.kind for found in find(page)] == [
        *("message_unsent", "redemption_not_debited", "debit_without_redemption", "return_without_release"),
        *("card_without_voucher", "voucher_without_card", "statistics_differ"),
    ]


@pytest.mark.parametrize("kind", LATE)
def test_what_may_still_be_on_its_way_is_left_for_the_next_night(
    find: Find, ground: Ground, clock: Any, kind: str
) -> None:
    clock.set(SOON)
    SEEDS[kind].plant(ground)
    assert find() == []
    assert [found.kind for found in find(settled_after=timedelta())] == [kind]


def test_a_book_that_nobody_keeps_is_refused(database: Open) -> None:
    with pytest.raises(Refusal, match="not_found"):
        read_page(database("cards").transaction, cards.books.BOOKS, book="people", after="", until=None)


def test_every_kind_is_a_rule_of_its_service_and_every_rule_a_kind() -> None:
    own = {"cards": cards.self_check, "wallet": wallet.self_check, "notify": notify.self_check}
    for service, kinds in faults.SELF_CHECKED.items():
        rules = own[service].SELF_CHECKS if service in own else {}
        assert {*faults.OF_EVERY_SERVICE, *rules} == set(kinds), service
    assert SEEDS.keys() == set(faults.KINDS)


def test_every_kind_has_its_row_in_the_runbook() -> None:
    section = RUNBOOK.read_text().split("### The reconciliation found something")[1].split("\n### ")[0]
    assert re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE) == list(faults.KINDS)
