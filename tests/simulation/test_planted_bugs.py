"""The simulation sees bugs: each is planted in the real rules, and some history must be a violation."""

import pytest

from tests.simulation.planted import PLANTS, planted
from tests.simulation.search import Search
from tests.simulation.steps import Step

# Enough for each bug several times over: the rarest are seen once in 150 histories.
SEEDS = range(1, 1501)
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
        found = next(filter(None, (search.run_seed(seed) for seed in SEEDS)), None)
        assert found is not None, f"{name} went unseen in {len(SEEDS)} histories"
        assert f"SEED={found.seed}" in str(found)


def test_a_failing_history_is_made_shorter(search: Search) -> None:
    with planted("inbox_off", search.world):
        found = next(filter(None, (search.run_seed(seed) for seed in SEEDS)))
        shortest = search.shrink(found)
        again = search.run(shortest.seed, shortest.steps)
    assert len(shortest.steps) < len(found.steps)
    assert again == shortest
