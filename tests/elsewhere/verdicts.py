"""What became of each play, as the table that ends a run."""

from collections.abc import Iterable
from dataclasses import dataclass

LEFT_OUT, FAILED, PASSED = "LEFT OUT", "FAILED", "passed"
HEADINGS = ("suite", "Python", "RabbitMQ", "PostgreSQL", "play", "", "seconds", "last words")


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One row: `versions` of Python, RabbitMQ and PostgreSQL, unknown where the root was not made."""

    suite: str
    play: str
    became: str
    versions: tuple[str, ...] = ("–", "–", "–")
    seconds: float = 0.0
    words: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """As the table shows them."""
        return (self.suite, *self.versions, self.play, self.became, f"{self.seconds:.0f}", self.words)


def table(verdicts: Iterable[Verdict]) -> str:
    """Columns of equal width, a line for each play."""
    rows = [HEADINGS, *(verdict.cells for verdict in verdicts)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
