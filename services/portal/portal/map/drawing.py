"""A map as its template needs it: marks with where they lead, outlines, towns, tiles, and links to move."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from portal.map.clusters import Mark, Site, marks_of
from portal.map.outlines import OUTLINES, REGION, TOWNS, transformation
from portal.map.tiles import Tiles
from portal.map.view import HEIGHT, WIDTH, ZOOM_MAX, View, fitting

# Around sites that even the nearest map shows as one mark.
HERE_KM = "0.2"
# A number has room in its mark.
RADIUS_SINGLE, RADIUS_MOST = 8, 20


@dataclass(frozen=True)
class Shown:
    """A mark in the drawing: one site of ``name``, or ``count`` of them."""

    x: float
    y: float
    radius: int
    count: int
    name: str
    href: str


def draw(
    sites: Sequence[Site], view: View, address: str, kept: dict[str, str], tiles: Tiles
) -> dict[str, Any]:
    """The map of these sites; links lead to ``address`` with what is ``kept`` of the search.

    A mark of one provider leads to its page, one of several to a nearer map, and where there is none, to
    the listing of what is there. ``outside`` counts the sites that this view does not show.
    """

    def link(to: View | None) -> str | None:
        return f"{address}?{urlencode(kept | {'view': str(to)})}" if to else None

    seen = [site for site in sites if view.shows(site["latitude"], site["longitude"])]
    marks = [_shown(mark, view, address, kept) for mark in marks_of(seen, view.zoom)]
    return {
        "width": WIDTH,
        "height": HEIGHT,
        "marks": sorted(marks, key=lambda one: (one.y, one.x)),
        "outside": len(sites) - len(seen),
        "outlines": [one.path for one in OUTLINES if one.is_in(view)],
        "transformation": transformation(view),
        "towns": [(name, *view.px(*place)) for name, *place in TOWNS if view.shows(*place)],
        "tiles": list(tiles.under(view)),
        "attribution": tiles.attribution if tiles.address else "",
        "moves": {
            "in": link(view.zoomed(1)),
            "out": link(view.zoomed(-1)),
            "west": link(view.moved(-1, 0)),
            "north": link(view.moved(0, -1)),
            "south": link(view.moved(0, 1)),
            "east": link(view.moved(1, 0)),
            "region": link(REGION if view != REGION else None),
        },
    }


def _shown(mark: Mark, view: View, address: str, kept: dict[str, str]) -> Shown:
    (left, top), count = view.corner, len(mark.sites)
    radius = RADIUS_SINGLE if count == 1 else min(RADIUS_MOST, 10 + 3 * len(str(count)))
    return Shown(
        x=round(mark.x - left, 1),
        y=round(mark.y - top, 1),
        radius=radius,
        count=count,
        name=mark.sites[0]["provider_name"],
        href=_href(mark, view, address, kept),
    )


def _href(mark: Mark, view: View, address: str, kept: dict[str, str]) -> str:
    if len({site["provider_id"] for site in mark.sites}) == 1:
        return f"/prestataires/{quote(mark.sites[0]['provider_id'], safe='')}"
    nearer = fitting([(site["latitude"], site["longitude"]) for site in mark.sites])
    if view.zoom < ZOOM_MAX:
        to = View(nearer.latitude, nearer.longitude, max(nearer.zoom, view.zoom + 1))
        return f"{address}?{urlencode(kept | {'view': str(to)})}"
    here = f"{nearer.latitude:.4f},{nearer.longitude:.4f}"
    return f"{address}?{urlencode(kept | {'place': here, 'radius_km': HERE_KM})}"
