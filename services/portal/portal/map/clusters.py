"""Sites that would lie on each other become one mark with their number."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from math import dist
from typing import Any

from portal.map.projection import to_px

CELL_PX = 48
# So that a finger finds each of two marks.
APART_PX = 38

Site = dict[str, Any]


@dataclass(frozen=True)
class Mark:
    """Sites at one point of the drawing; ``x``, ``y`` are pixels of the world."""

    x: float
    y: float
    sites: tuple[Site, ...]


def marks_of(sites: Iterable[Site], zoom: int) -> list[Mark]:
    """Every site in exactly one mark, no two marks nearer than ``APART_PX``; the largest first.

    The grid lies on the world, not on the drawing: a map that is moved shows the same marks.
    """
    cells: dict[tuple[int, int], list[Site]] = defaultdict(list)
    for site in sites:
        x, y = to_px(site["latitude"], site["longitude"], zoom)
        cells[int(x // CELL_PX), int(y // CELL_PX)].append(site)
    kept: list[Mark] = []
    for mark in sorted((_mark(inside, zoom) for inside in cells.values()), key=_size, reverse=True):
        near = [i for i, one in enumerate(kept) if dist((one.x, one.y), (mark.x, mark.y)) < APART_PX]
        if near:
            one = kept[near[0]]
            kept[near[0]] = Mark(one.x, one.y, one.sites + mark.sites)
        else:
            kept.append(mark)
    return kept


def _mark(sites: list[Site], zoom: int) -> Mark:
    places = [to_px(site["latitude"], site["longitude"], zoom) for site in sites]
    x, y = (sum(values) / len(places) for values in zip(*places, strict=True))
    return Mark(x, y, tuple(sites))


def _size(mark: Mark) -> tuple[int, float, float]:
    return len(mark.sites), mark.x, mark.y
