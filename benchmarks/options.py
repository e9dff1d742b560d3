"""What to measure: read from the environment once, with everything that is wrong named at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CASES = ("redeem", "pot", "replay", "refusal", "quote")
CLIENTS = (1, 8, 32)
# The targets are said for this many clients, and for one.
MANY, ONE = 8, 1
FOLDER = Path("var/bench")
MAX_CARDS = 5_000_000


class OptionsError(Exception):
    """One line for each variable that is wrong."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """``seconds`` is the length of a cell; ``unread``, the processes, ``hot_…`` and ``grow_to`` add cells
    (docs/performance.md). ``against`` is another revision, which is measured beside this tree."""

    cards: int = 10_000
    past: int = 0
    rounds: int = 3
    seconds: float = 4.0
    cases: tuple[str, ...] = CASES
    unread: int = 0
    cards_processes: int = 1
    gateway_processes: int = 1
    hot_provider: bool = False
    hot_card: bool = False
    receipts: bool = False
    grow_to: int = 0
    against: str = ""
    folder: Path = FOLDER


def read_options(environ: Mapping[str, str]) -> Options:
    """``CARDS``, ``PAST``, ``ROUNDS`` … as in the class, in capitals; raises OptionsError."""
    reader = _Reader(environ)
    options = Options(
        cards=reader.whole("CARDS", Options.cards, 100, MAX_CARDS),
        past=reader.whole("PAST", Options.past, 0, MAX_CARDS),
        rounds=reader.whole("ROUNDS", Options.rounds, 1, 20),
        seconds=float(reader.whole("SECONDS", int(Options.seconds), 1, 120)),
        cases=reader.cases("CASES"),
        unread=reader.whole("UNREAD", Options.unread, 0, 1_000_000),
        cards_processes=reader.whole("CARDS_PROCESSES", Options.cards_processes, 1, 8),
        gateway_processes=reader.whole("GATEWAY_PROCESSES", Options.gateway_processes, 1, 8),
        hot_provider=bool(reader.whole("HOT_PROVIDER", 0, 0, 1)),
        hot_card=bool(reader.whole("HOT_CARD", 0, 0, 1)),
        receipts=bool(reader.whole("RECEIPTS", 0, 0, 1)),
        grow_to=reader.whole("GROW_TO", 0, 0, MAX_CARDS),
        against=environ.get("AGAINST", ""),
    )
    if reader.problems:
        raise OptionsError("\n".join(reader.problems))
    return options


class _Reader:
    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def whole(self, name: str, default: int, minimum: int, maximum: int) -> int:
        text = self._environ.get(name) or str(default)
        if text.isdecimal() and minimum <= int(text) <= maximum:
            return int(text)
        self.problems.append(f"{name} must be a whole number from {minimum} to {maximum}, not {text!r}")
        return default

    def cases(self, name: str) -> tuple[str, ...]:
        """Comma-separated; `redeem` is always measured, since the ratios and the capacity need it."""
        asked = self._environ.get(name)
        if not asked:
            return CASES
        names = [part.strip() for part in asked.split(",")]
        if unknown := [part for part in names if part not in CASES]:
            self.problems.append(f"{name}: there is no {', '.join(unknown)}; there are: {', '.join(CASES)}")
        return tuple(case for case in CASES if case in {"redeem", *names})
