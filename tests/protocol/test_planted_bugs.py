"""The state machine sees bugs: each is planted in the real rules, and some history must break the books."""

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.protocol import planted
from tests.protocol.machine import Protocol
from tests.protocol.world import World

# Enough for each bug several times over; most are found within ten.
MAX_EXAMPLES = 150
MAX_EXAMPLES_WITHOUT_INBOX = 10


def search(machine: type[Protocol], world: World, max_examples: int = MAX_EXAMPLES) -> None:
    """Always the same histories, and no time spent on making the one that fails shorter."""
    run_state_machine_as_test(
        lambda: machine(world),  # type: ignore[arg-type]  # any factory will do
        settings=settings(
            max_examples=max_examples,
            stateful_step_count=30,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize(
    "plant",
    [
        planted.count_each_delivery,
        planted.raise_at_cancellation,
        planted.release_without_lowering,
        planted.keep_what_reaches_a_closed_pot,
        planted.forget_the_void,
    ],
    ids=lambda plant: plant.__name__,
)
def test_a_breach_of_the_protocol_is_found(
    world: World, plant: planted.Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        search(Protocol, world)


def test_a_scan_without_guard_is_found_even_if_the_table_would_let_it_pass(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.lower_without_guard(monkeypatch)
    with planted.unchecked(world), pytest.raises(AssertionError):
        search(Protocol, world)


def test_a_bus_that_loses_what_failed_is_found_once_it_is_quiet(world: World) -> None:
    class LosingProtocol(Protocol):
        acknowledges_failures = True

    with pytest.raises(AssertionError):
        search(LosingProtocol, world)


def test_without_the_inbox_the_rules_own_keys_still_keep_every_cent(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted.forget_what_was_heard(monkeypatch)
    search(Protocol, world, MAX_EXAMPLES_WITHOUT_INBOX)
