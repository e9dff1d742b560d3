"""What a reconciliation finds: kind, object, what was expected and what was found; ids and numbers only."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from chassis.log import get_logger

# A fault of a million rows is told as well by its first hundred and by its count.
TOLD_MAX = 100

log = get_logger()


@dataclass(frozen=True)
class Finding:
    """``expected`` and ``found`` are cents or, where things are counted, things."""

    kind: str
    object_id: str
    expected: int
    found: int


# None: a page was read, and whoever runs the reconciliation may rest or stop here.
Steps = Iterator[Finding | None]


@dataclass
class Tally:
    """How many of each kind, and the first of them."""

    counts: Counter[str] = field(default_factory=Counter)
    told: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Count it, and write it to the log while there are few of its kind."""
        self.counts[finding.kind] += 1
        if self.counts[finding.kind] > TOLD_MAX:
            return
        self.told.append(finding)
        log.error(
            "reconciliation_finding",
            kind=finding.kind,
            object_id=finding.object_id,
            expected=finding.expected,
            found=finding.found,
        )
