"""Two builds are measured in turn, and only what differs between them shows in their ratios."""

from collections.abc import Iterator
from itertools import count

import pytest

from benchmarks.against.builds import BuildFailed, check_out
from benchmarks.against.comparing import CELLS, lines, ratios, take_turns


class Machine:
    """Grows slower with every cell that is measured on it, whoever asks."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._slower: Iterator[float] = (1 - cell / 1000 for cell in count())

    def build(self, name: str, faster: float) -> "Build":
        return Build(self, name, faster)

    def measure(self, name: str, faster: float) -> dict[str, float]:
        self.asked.append(name)
        rate = 400 * faster * next(self._slower)
        return {"per_s": rate, "cpu_ms": 1000 / rate, "p50_ms": 900 / rate, "p99_ms": 4000 / rate}


class Build:
    def __init__(self, machine: Machine, name: str, faster: float) -> None:
        self._measure = lambda: machine.measure(name, faster)

    def measure(self, case: str, clients: int = 0) -> dict[str, float]:
        return self._measure()


def test_cells_are_measured_in_turn_so_that_a_machine_that_tires_favours_neither() -> None:
    machine = Machine()
    turns = take_turns(machine.build("this", 1.0), machine.build("other", 1.0), 2, lambda _: None)
    assert machine.asked == ["this", "other", "other", "this"] * len(CELLS) * 2
    found = ratios(turns)
    assert {
        name: found[name] for name in ("rate_8", "cpu_8", "p50_1", "p99_32", "rate_pot_8")
    } == pytest.approx(dict.fromkeys(("rate_8", "cpu_8", "p50_1", "p99_32", "rate_pot_8"), 1.0), abs=0.0005)


def test_a_build_that_is_twice_as_fast_is_told_so_with_the_spread() -> None:
    machine = Machine()
    found = ratios(take_turns(machine.build("this", 2.0), machine.build("other", 1.0), 3, lambda _: None))
    assert (found["rate_8"], found["p50_1"], found["cpu_8"]) == pytest.approx((2.0, 0.5, 0.5), abs=0.001)
    least, most = found["spread"]["rate_8"]
    assert least <= found["rate_8"] <= most
    assert sum(line.startswith(("rate_8", "p50_1")) for line in lines(found)) == 2


def test_a_revision_that_is_not_known_is_said(tmp_path: object) -> None:
    with pytest.raises(BuildFailed, match="no such revision"):
        check_out("no-such-revision", tmp_path)  # type: ignore[arg-type]
