"""Where a page stands in what becomes of visits, as ``id:`` says it and `Last-Event-ID` brings it back.

Changes reach each gateway out of turn: two scans commit in another order than they began, and bundles
overtake each other. A moment alone would lose one or tell one twice. So a place says since when what was told
is listed, and lists it, by marks; it means the same in every process.
"""

import re
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from chassis.clock import read_rfc3339, rfc3339

# From the moment that a change says to its arrival here; `cards.following` looks back as far.
ON_THE_WAY = timedelta(seconds=60)
# Of a desk's busiest minute. Beyond them the oldest are taken as told.
MARKS_MAX = 120
MARK_CHARS = 7
PATTERN = (
    rf"^(20[0-9-]{{8}}T[0-9:]{{8}}[.][0-9]{{6}}Z)~(?:[a-z][0-9a-z]{{{MARK_CHARS - 1}}}){{0,{MARKS_MAX}}}$"
)


class Place(NamedTuple):
    """``told`` are moments and marks of what was told from ``since`` on; moments are RFC 3339 in UTC with
    microseconds, so that they compare as text."""

    since: str
    told: tuple[tuple[str, str], ...] = ()

    def after(self, *changes: tuple[str, str]) -> "Place":
        """The place once these are told too, in whatever turn."""
        newest = max(at for at, _ in changes)
        since = max(self.since, rfc3339(read_rfc3339(newest) - ON_THE_WAY))
        told = sorted(one for one in (*self.told, *changes) if one[0] >= since)
        if len(told) > MARKS_MAX:
            told = told[-MARKS_MAX:]
            since = told[0][0]
        return Place(since, tuple(told))

    def written(self) -> str:
        """As ``id:`` says it."""
        return f"{self.since}~{''.join(mark for _, mark in self.told)}"


def mark_of(change: str, visit_id: str) -> str:
    """A change in few letters: of an id's random end, one in a thousand million is the same."""
    return change[0] + visit_id[1 - MARK_CHARS :]


def read_place(text: str) -> tuple[str, frozenset[str]]:
    """``since`` and the marks of `Place.written`; raises ValueError for anything else."""
    if not re.fullmatch(PATTERN, text):
        raise ValueError("no place")
    since, _, marks = text.partition("~")
    cut: Iterable[int] = range(0, len(marks), MARK_CHARS)
    return rfc3339(read_rfc3339(since)), frozenset(marks[at : at + MARK_CHARS] for at in cut)
