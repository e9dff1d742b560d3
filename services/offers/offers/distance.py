"""How far a site is, without an extension: a box that the index serves, then the great circle."""

from dataclasses import dataclass
from math import cos, degrees, radians
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, cast, func
from sqlalchemy.orm import InstrumentedAttribute

# The mean radius: at most 0.5 % from the ellipsoid's distance, and nobody walks as the crow flies.
EARTH_RADIUS_KM = 6371.0088
# Near a pole a box of longitudes says nothing.
MAX_BOXED_LATITUDE = 85.0


@dataclass(frozen=True)
class Point:
    """Where somebody is; WGS 84 degrees."""

    latitude: float
    longitude: float


Column = InstrumentedAttribute[float]


def metres_to(point: Point, latitude: Column, longitude: Column) -> ColumnElement[int]:
    """Return the great-circle distance in whole metres (haversine), which sorts the same on every page."""
    half_dlat = func.radians(latitude - point.latitude) / 2
    half_dlon = func.radians(longitude - point.longitude) / 2
    chord = func.power(func.sin(half_dlat), 2) + cos(radians(point.latitude)) * func.cos(
        func.radians(latitude)
    ) * func.power(func.sin(half_dlon), 2)
    # Rounding may lift the chord of two antipodes above 1, where asin has no value.
    angle: ColumnElement[Any] = 2 * func.asin(func.sqrt(func.least(1.0, chord)))
    return cast(func.round(angle * (EARTH_RADIUS_KM * 1000)), BigInteger)


def in_box_around(point: Point, radius_km: float, latitude: Column, longitude: Column) -> ColumnElement[bool]:
    """Return the condition that a site lies in a box that contains the circle."""
    # A hair more than the radius: the box must never cut what the circle keeps.
    reach = degrees(radius_km / EARTH_RADIUS_KM) * 1.001 + 1e-6
    north, south = point.latitude + reach, point.latitude - reach
    box: ColumnElement[bool] = latitude.between(south, north)
    widest = max(abs(north), abs(south))
    if widest > MAX_BOXED_LATITUDE:
        return box
    # Meridians are closest together at the box's edge that is farther from the equator.
    reach_lon = reach / cos(radians(widest))
    return and_(box, longitude.between(point.longitude - reach_lon, point.longitude + reach_lon))
