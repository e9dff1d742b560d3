"""Cells of both builds in turn, and their ratios with the spread of a run."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Protocol

from benchmarks.options import MANY, ONE

CELLS = (("redeem", ONE), ("redeem", MANY), ("pot", MANY), ("redeem", 32))
# What is told: the figure's key, the cell it is read from, and what of it.
FIGURES = (
    ("rate_8", ("redeem", MANY), "per_s"),
    ("cpu_8", ("redeem", MANY), "cpu_ms"),
    ("p50_1", ("redeem", ONE), "p50_ms"),
    ("p99_32", ("redeem", 32), "p99_ms"),
    ("rate_pot_8", ("pot", MANY), "per_s"),
)
Key = tuple[str, int]
Measured = dict[str, float]


class Side(Protocol):
    """Who measures a cell."""

    def measure(self, case: str, clients: int = 0) -> Measured:
        """One cell's numbers."""


@dataclass(frozen=True)
class Turn:
    """One cell of each build in the order A B B A: a machine that grows slower or faster favours neither."""

    key: Key
    this: tuple[Measured, Measured]
    other: tuple[Measured, Measured]

    def ratio(self, of: str) -> float:
        """This build's two cells over the other's."""
        return sum(cell[of] for cell in self.this) / sum(cell[of] for cell in self.other)


def take_turns(this: Side, other: Side, rounds: int, say: Callable[[str], None]) -> list[Turn]:
    """Every cell in every round."""
    turns = []
    for number in range(1, rounds + 1):
        for key in CELLS:
            first, second = this.measure(*key), other.measure(*key)
            third, fourth = other.measure(*key), this.measure(*key)
            turns.append(Turn(key, (first, fourth), (second, third)))
            say(f"[{number}/{rounds}] {_progress(turns[-1])}")
    return turns


def ratios(turns: Sequence[Turn]) -> dict[str, Any]:
    """Each figure's median ratio, this build ÷ the other, and under ``spread`` the least and the most."""
    found: dict[str, Any] = {}
    spread: dict[str, list[float]] = {}
    for name, key, of in FIGURES:
        seen = sorted(turn.ratio(of) for turn in turns if turn.key == key)
        found[name] = round(median(seen), 4)
        spread[name] = [round(seen[0], 4), round(seen[-1], 4)]
    return {**found, "spread": spread}


def lines(compared: dict[str, Any]) -> Iterator[str]:
    """The table that people read."""
    yield f"{'this build ÷ the other':28}{'ratio':>8}{'least':>8}{'most':>8}"
    for name, value in compared.items():
        if isinstance(value, float):
            least, most = compared["spread"].get(name, (value, value))
            yield f"{name:28}{value:8.3f}{least:8.3f}{most:8.3f}"


def _progress(turn: Turn) -> str:
    case, clients = turn.key
    rates = [f"{sum(cell['per_s'] for cell in cells) / 2:5.0f}" for cells in (turn.this, turn.other)]
    return f"{case:10}{clients:>4} clients  this build {rates[0]}/s  the other {rates[1]}/s"
