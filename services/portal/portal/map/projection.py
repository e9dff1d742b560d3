"""Web Mercator (EPSG:3857): degrees of WGS 84 to pixels of the whole world at a zoom, and back."""

from math import asinh, atan, degrees, pi, radians, sinh, tan

TILE_PX = 256
# Where the square world ends.
LATITUDE_MAX = 85.0511287798


def world_px(zoom: int) -> int:
    """How wide and high the world is."""
    return TILE_PX << zoom


def to_px(latitude: float, longitude: float, zoom: int) -> tuple[float, float]:
    """Right of the antimeridian and down from the north, in pixels."""
    held = max(-LATITUDE_MAX, min(LATITUDE_MAX, latitude))
    size = world_px(zoom)
    return (longitude + 180) / 360 * size, (1 - asinh(tan(radians(held))) / pi) / 2 * size


def to_degrees(x: float, y: float, zoom: int) -> tuple[float, float]:
    """Latitude and longitude of a pixel."""
    size = world_px(zoom)
    return degrees(atan(sinh(pi * (1 - 2 * y / size)))), x / size * 360 - 180
