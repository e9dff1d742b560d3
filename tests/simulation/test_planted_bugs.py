"""The simulation sees bugs: each is planted in the real rules, and some history must be a violation."""

from itertools import chain

import pytest

from tests.simulation.planted import PLANTS, planted
from tests.simulation.search import Search, Violation
from tests.simulation.steps import Step

# Enough for each bug several times over: most are seen once in 150 histories, one of them needs 700.
SEEDS = range(1, 1501)
# The first of them that shows each bug; it is played before all others, which cost minutes and show nothing.
# Where a change of the rules has moved one, it is found again among all: write the new one here.
SEEN_AT = {
    "acknowledge_failures": 5,
    "acknowledge_with_the_first": 722,
    "close_at_once": 11,
    "count_by_order": 3,
    "deny_second_visits": 9,
    "forget_good_faith": 19,
    "forget_the_void": 4,
    "guard_off": 155,
    "inbox_off": 9,
    "judge_by_upload": 5,
    "keep_what_reaches_a_closed_pot": 95,
    "key_without_hash": 20,
    "limits_without_end": 10,
    "no_turn": 77,
    "publish_before_commit": 23,
    "raise_at_cancellation": 4,
    "release_before_announce": 60,
    "release_without_lowering": 4,
    "repeat_backwards_only": 26,
    "repeat_before_code": 3,
    "repeat_by_device": 13,
    "replay_as_if_it_stood": 69,
    "sell_on_upload_day": 5,
    "take_apart_in_vain": 35,
    "take_it_however_late": 17,
    "take_neighbours_along": 237,
}
# A visit of 5 s ago; a second one of the same moment, says the desk; and once more, of which a repeat?
THRICE = (
    Step("scan", (1, 0, 0, 0, 1, 16)),
    Step("scan again", (0, 1, 0, 1, 0, 0)),
    Step("scan again", (0, 1, 2, 1, 0, 0)),
)


def test_of_two_visits_of_one_moment_always_the_same_is_repeated(search: Search) -> None:
    assert search.run(1, THRICE) is None
    assert search.take_counts()["already counted"] == 1
    with planted("repeat_any_of_two", search.world):
        assert search.run(1, THRICE) is not None


@pytest.mark.parametrize("name", sorted(PLANTS.keys() - {"repeat_any_of_two"}))
def test_a_breach_of_the_protocol_is_found(search: Search, name: str) -> None:
    with planted(name, search.world):
        found = _first_violation(search, name)
        assert found is not None, f"{name} went unseen in {len(SEEDS)} histories"
        assert f"SEED={found.seed}" in str(found)


def test_a_failing_history_is_made_shorter(search: Search) -> None:
    with planted("inbox_off", search.world):
        found = _first_violation(search, "inbox_off")
        assert found is not None
        shortest = search.shrink(found)
        again = search.run(shortest.seed, shortest.steps)
    assert len(shortest.steps) < len(found.steps)
    assert again == shortest


def _first_violation(search: Search, name: str) -> Violation | None:
    return next(filter(None, map(search.run_seed, chain([SEEN_AT[name]], SEEDS))), None)
