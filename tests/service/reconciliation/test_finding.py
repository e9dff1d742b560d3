"""The reconciliation finds one seeded fault of each kind, names its object, and finds nothing else."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

import cards.self_check
import notify.self_check
import wallet.self_check
from chassis.database import Database
from contracts import faults
from contracts.neighbours import Neighbours
from contracts.programmes import Programme
from tests.service.reconciliation.loosening import changeable, loosened
from tests.service.reconciliation.seeds import SEEDS
from tests.service.reconciliation.well import SERVICES, LocalServices, write_well
from wallet.reconciliation.findings import Finding
from wallet.reconciliation.run import reconcile

Find = Callable[[], list[Finding]]
# Two hours after everything happened.
LATER = datetime(2020, 7, 11, 14, tzinfo=UTC)
RUNBOOK = Path(__file__).parents[3] / "docs" / "operations.md"


@pytest.fixture
def find(
    database: Callable[[str], Database],
    owner: Callable[[str], Database],
    programmes: Mapping[str, Programme],
    clock: Any,
) -> Iterator[Find]:
    """Reconcile five databases in which all was well."""
    clock.set(LATER)
    write_well(owner)
    services = cast(Neighbours, LocalServices(database))
    with ExitStack() as stack:
        for service in SERVICES:
            stack.enter_context(changeable(owner(service)))
        yield lambda: [found for found in reconcile(services, programmes) if found is not None]


def test_where_all_is_well_nothing_is_found(find: Find) -> None:
    assert find() == []


@pytest.mark.parametrize("kind", faults.KINDS)
def test_one_seeded_fault_is_found_and_nothing_else(
    find: Find, owner: Callable[[str], Database], kind: str
) -> None:
    seed = SEEDS[kind]
    with ExitStack() as stack:
        for service, name in seed.loosened:
            stack.enter_context(loosened(owner(service), name))
        seed.plant(owner)
        assert [(found.kind, found.object_id) for found in find()] == [(kind, seed.object_id)]


def test_every_kind_is_a_rule_of_its_service_and_every_rule_a_kind() -> None:
    own = {"cards": cards.self_check, "wallet": wallet.self_check, "notify": notify.self_check}
    for service, kinds in faults.SELF_CHECKED.items():
        rules = own[service].SELF_CHECKS if service in own else {}
        assert {*faults.OF_EVERY_SERVICE, *rules} == set(kinds), service
    assert SEEDS.keys() == set(faults.KINDS)


def test_every_kind_has_its_row_in_the_runbook() -> None:
    section = RUNBOOK.read_text().split("### The reconciliation found something")[1].split("\n### ")[0]
    assert re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE) == list(faults.KINDS)
