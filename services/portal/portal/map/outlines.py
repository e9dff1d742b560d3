"""The départements' outlines and the names of towns, read once when the process starts."""

import csv
import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from portal.map.projection import to_px, world_px
from portal.map.view import HEIGHT, WIDTH, View, fitting

_DATA = Path(__file__).parent / "data"
# Outlines are written in tenths of a pixel of this zoom and made as large as the view by a transformation.
_DRAWN_ZOOM = 8
_FINENESS = 10


@dataclass(frozen=True)
class Outline:
    """A département: its path, and the square of the world (degrees) that it lies in."""

    name: str
    path: str
    north: float
    south: float
    west: float
    east: float

    def is_in(self, view: View) -> bool:
        """Whether some of it may be seen."""
        left, top = view.px(self.north, self.west)
        right, bottom = view.px(self.south, self.east)
        return left <= WIDTH and right >= 0 and top <= HEIGHT and bottom >= 0


def transformation(view: View) -> str:
    """What brings the outlines to their place in the drawing."""
    (left, top), scale = view.corner, world_px(view.zoom) / (world_px(_DRAWN_ZOOM) * _FINENESS)
    return f"translate({-left:.1f} {-top:.1f}) scale({scale:g})"


def _read_outlines() -> list[Outline]:
    whole = json.loads((_DATA / "departements.geojson").read_text(encoding="utf-8"))
    return [_outline(feature) for feature in whole["features"]]


def _outline(feature: dict[str, Any]) -> Outline:
    rings = [ring for polygon in feature["geometry"]["coordinates"] for ring in polygon]
    longitudes, latitudes = zip(*(point for ring in rings for point in ring), strict=True)
    return Outline(
        feature["properties"]["name"],
        "".join(map(_path, rings)),
        north=max(latitudes),
        south=min(latitudes),
        west=min(longitudes),
        east=max(longitudes),
    )


def _path(ring: list[list[float]]) -> str:
    """Relative steps in whole numbers: a third of the text that absolute ones take."""
    points = [
        tuple(round(value * _FINENESS) for value in to_px(latitude, longitude, _DRAWN_ZOOM))
        for longitude, latitude in ring[:-1]
    ]
    steps = " ".join(f"{x - a} {y - b}" for (a, b), (x, y) in pairwise(points))
    return f"M{points[0][0]} {points[0][1]}l{steps}z"


def _read_towns() -> list[tuple[str, float, float]]:
    with (_DATA / "towns.csv").open(encoding="utf-8", newline="") as file:
        return [
            (row["name"], float(row["latitude"]), float(row["longitude"])) for row in csv.DictReader(file)
        ]


OUTLINES = _read_outlines()
TOWNS = _read_towns()
REGION = fitting([place for one in OUTLINES for place in ((one.north, one.west), (one.south, one.east))])
"""The view of all départements."""
