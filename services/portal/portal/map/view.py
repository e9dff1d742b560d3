"""What the map shows: a centre and a zoom, as they stand in an address, and the ways to move."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, radians

from portal.map.projection import LATITUDE_MAX, to_degrees, to_px

# The drawing's own units, which are pixels of the tiles; a browser makes them as wide as the page allows.
WIDTH, HEIGHT = 480, 360
ZOOM_MIN, ZOOM_MAX = 5, 16
# A town and what is around it.
TOWN_ZOOM = 10
MARGIN_PX = 3
KM_A_DEGREE = 111.2
STEP = 0.5
_FORM = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]{1,6})?),(-?[0-9]{1,3}(?:\.[0-9]{1,6})?),([0-9]{1,2})")

Place = tuple[float, float]


@dataclass(frozen=True)
class View:
    """WGS 84 degrees of the middle, and the zoom of the tiles."""

    latitude: float
    longitude: float
    zoom: int

    def __str__(self) -> str:
        return f"{self.latitude:.4f},{self.longitude:.4f},{self.zoom}"

    @property
    def corner(self) -> tuple[float, float]:
        """The pixel of the world at the upper left."""
        x, y = to_px(self.latitude, self.longitude, self.zoom)
        return x - WIDTH / 2, y - HEIGHT / 2

    def px(self, latitude: float, longitude: float) -> tuple[float, float]:
        """Where a place stands in the drawing."""
        (x, y), (left, top) = to_px(latitude, longitude, self.zoom), self.corner
        return x - left, y - top

    def shows(self, latitude: float, longitude: float) -> bool:
        """Whether a place lies in the drawing."""
        x, y = self.px(latitude, longitude)
        return 0 <= x <= WIDTH and 0 <= y <= HEIGHT

    def zoomed(self, by: int) -> "View | None":
        """Nearer or farther; None where the map ends."""
        zoom = self.zoom + by
        return View(self.latitude, self.longitude, zoom) if ZOOM_MIN <= zoom <= ZOOM_MAX else None

    def moved(self, right: int, down: int) -> "View":
        """Half a drawing to a side."""
        x, y = to_px(self.latitude, self.longitude, self.zoom)
        latitude, longitude = to_degrees(x + right * WIDTH * STEP, y + down * HEIGHT * STEP, self.zoom)
        return View(latitude, max(-180.0, min(180.0, longitude)), self.zoom)


def read_view(text: str) -> View | None:
    """The view of an address; None where it is none."""
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    view = View(float(match[1]), float(match[2]), int(match[3]))
    is_on_map = abs(view.latitude) <= LATITUDE_MAX and abs(view.longitude) <= 180
    return view if is_on_map and ZOOM_MIN <= view.zoom <= ZOOM_MAX else None


def fitting(places: Iterable[Place]) -> View:
    """The nearest view that shows all of these places; there is one at least."""
    latitudes, longitudes = zip(*places, strict=True)
    north, south, west, east = max(latitudes), min(latitudes), min(longitudes), max(longitudes)
    for zoom in range(ZOOM_MAX, ZOOM_MIN - 1, -1):
        (left, top), (right, bottom) = to_px(north, west, zoom), to_px(south, east, zoom)
        if right - left <= WIDTH - 2 * MARGIN_PX and bottom - top <= HEIGHT - 2 * MARGIN_PX:
            break
    return View(*to_degrees((left + right) / 2, (top + bottom) / 2, zoom), zoom)


def around(place: Place, radius_km: float | None) -> View:
    """A place with what lies within the radius; without one, a town's surroundings."""
    if radius_km is None:
        return View(*place, TOWN_ZOOM)
    latitude, longitude = place
    up = radius_km / KM_A_DEGREE
    side = up / cos(radians(min(abs(latitude), 80)))
    return fitting([(latitude - up, longitude - side), (latitude + up, longitude + side)])
