"""The simulation sees bugs: each is planted in the real rules, and some history must be a violation."""

import pytest

from tests.simulation.planted import PLANTS, planted
from tests.simulation.search import Search

# Enough for each bug several times over: the rarest are seen once in 150 histories.
SEEDS = range(1, 1501)


@pytest.mark.parametrize("name", PLANTS)
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
