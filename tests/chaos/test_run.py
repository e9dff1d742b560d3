"""A short run: some faults, in an order that the seed alone decides, and nothing lost."""

import json
from itertools import islice
from pathlib import Path

import pytest

from tests.chaos.__main__ import run
from tests.chaos.options import Options, OptionsError, read_options
from tests.chaos.striking import draw
from tests.chaos.strokes import CLUSTER, STROKES

# Its first faults end quickly and leave no mail in a dead process's hands, whose lease would be waited for.
SEED, SECONDS = 46, 12


def test_every_fault_comes_once_before_any_comes_again() -> None:
    names = [name for turn in islice(draw(1, []), 2 * len(STROKES)) for name in turn]
    assert sorted(names[: len(STROKES)]) == sorted(STROKES)
    assert names == [name for turn in islice(draw(1, []), 2 * len(STROKES)) for name in turn]
    assert names != [name for turn in islice(draw(2, []), 2 * len(STROKES)) for name in turn]


def test_with_several_brokers_their_nodes_are_what_is_struck() -> None:
    names = [name for turn in islice(draw(1, [], CLUSTER), len(CLUSTER)) for name in turn]
    assert sorted(names) == sorted(CLUSTER)


def test_what_is_asked_wrongly_is_named_at_once() -> None:
    with pytest.raises(OptionsError) as wrong:
        read_options({"DURATION": "5", "SEED": "x", "PLANTED": "no_such_bug", "BROKERS": "2"})
    assert len(str(wrong.value).splitlines()) == 4
    assert read_options({"DURATION": "60", "SEED": "7"}) == Options(seed=7, duration_s=60)
    assert read_options({"SEED": "7", "BROKERS": "3"}) == Options(seed=7, brokers=3, duration_s=600)


def test_a_short_run_loses_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = run(Options(seed=SEED, duration_s=SECONDS, folder=tmp_path))
    said = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert code == 0, said
    assert said["redemptions"] > 0
    assert said["faults"] > 0
    assert (said["lost"], said["doubled"], said["drift_cents"], said["unanswered"]) == (0, 0, 0, 0)
