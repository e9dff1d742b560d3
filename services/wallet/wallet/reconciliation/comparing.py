"""Two services' books side by side: who caused something and who heard of it, matched by their common key.

The listener is read first, the owner after it: whatever the listener knows, the owner had committed before,
so traffic that goes on meanwhile looks like no fault. What the owner wrote lately may still be on its way to
the listener and is left for the next night.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.neighbours import Neighbours
from contracts.programmes import Programme
from wallet.reconciliation.findings import Finding, Steps
from wallet.reconciliation.pages import Page, Row, pages


@dataclass(frozen=True)
class Known:
    """What the rules go by: things before this moment have arrived everywhere, or never will."""

    settled_before: datetime
    programmes: Mapping[str, Programme]

    def is_settled(self, moment: str | None) -> bool:
        """Whether the moment (RFC 3339) is long enough ago; False for none."""
        return moment is not None and datetime.fromisoformat(moment) < self.settled_before


# A key's rows at its owner and at its listener, either of which may be missing.
Judge = Callable[[Known, str, list[Row], list[Row]], Iterator[Finding]]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """``owner`` and ``listener`` are service and book."""

    owner: tuple[str, str]
    listener: tuple[str, str]
    judge: Judge


def compare(services: Neighbours, known: Known, comparison: Comparison) -> Steps:
    """Walk both books along their keys; memory holds one page of each."""
    for heard in pages(services, *comparison.listener):
        yield None
        at_listener = _by_key(heard.rows)
        for owned in _within(services, comparison.owner, heard):
            yield None
            for key, rows in _by_key(owned.rows).items():
                yield from comparison.judge(known, key, rows, at_listener.pop(key, []))
        for key, rows in at_listener.items():
            yield from comparison.judge(known, key, [], rows)


def _within(services: Neighbours, owner: tuple[str, str], heard: Page) -> Iterator[Page]:
    return pages(services, *owner, after=heard.after, until=heard.until)


def _by_key(rows: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for key, *values in rows:
        found[key].append(values)
    return dict(found)
