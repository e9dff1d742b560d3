"""The map: projection, views, marks, outlines and tiles."""

import random
from itertools import combinations
from math import dist, pi
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.map.clusters import APART_PX, marks_of
from portal.map.drawing import draw
from portal.map.outlines import OUTLINES, REGION
from portal.map.projection import to_degrees, to_px
from portal.map.tiles import Tiles
from portal.map.view import HEIGHT, WIDTH, ZOOM_MAX, ZOOM_MIN, View, around, fitting, read_view

TOULOUSE = (43.6045, 1.4442)


def sites(number: int, seed: int = 1) -> list[dict[str, Any]]:
    drawn = random.Random(seed)
    return [
        {
            "id": f"sit_{one}",
            "provider_id": f"prv_{one}",
            "provider_name": f"Lieu {one}",
            "latitude": drawn.gauss(43.7, 0.5),
            "longitude": drawn.gauss(2.3, 0.9),
        }
        for one in range(number)
    ]


def test_the_projection_is_that_of_every_tile_server() -> None:
    assert to_px(0, 0, 0) == pytest.approx((128, 128))
    assert to_px(85.0511287798, -180, 3) == pytest.approx((0, 0), abs=1e-6)
    # The example of EPSG guidance note 7-2 for method 1024, in metres from the equator and Greenwich.
    x, y = to_px(24 + 22 / 60 + 54.433 / 3600, -(100 + 20 / 60), 15)
    metre, half = 2 * pi * 6378137 / (256 << 15), (256 << 15) / 2
    assert ((x - half) * metre, (half - y) * metre) == pytest.approx((-11169055.58, 2800000.00), abs=0.01)
    # The Capitole's tile, by the formula of the OpenStreetMap wiki: ln(tan + sec).
    assert tuple(int(value // 256) for value in to_px(*TOULOUSE, 15)) == (16515, 11964)


def test_degrees_come_back_from_pixels() -> None:
    for latitude, longitude in ((43.6045, 1.4442), (-33.9, 151.2), (0, 0), (84.9, -179.9)):
        assert to_degrees(*to_px(latitude, longitude, 12), 12) == pytest.approx((latitude, longitude))


@pytest.mark.parametrize("zoom", range(ZOOM_MIN, ZOOM_MAX + 1))
def test_every_site_is_in_exactly_one_mark_and_no_two_marks_lie_on_each_other(zoom: int) -> None:
    all_sites = sites(1_500)
    marks = marks_of(all_sites, zoom)
    inside = [site["id"] for mark in marks for site in mark.sites]
    assert sorted(inside) == sorted(site["id"] for site in all_sites)
    assert sum(len(mark.sites) for mark in marks) == 1_500
    assert all(dist((one.x, one.y), (other.x, other.y)) >= APART_PX for one, other in combinations(marks, 2))


def test_sites_of_one_place_are_one_mark_even_in_the_nearest_view() -> None:
    here = [{**site, "latitude": 43.6, "longitude": 1.44} for site in sites(5)]
    [mark] = marks_of(here, ZOOM_MAX)
    assert len(mark.sites) == 5


def test_a_view_is_read_as_it_was_written_and_nothing_else_is() -> None:
    assert read_view(str(View(43.6045, 1.4442, 9))) == View(43.6045, 1.4442, 9)
    for text in ("", "43,1", "43,1,4", "43,1,17", "86,1,9", "43,181,9", "nan,1,9", "43,1,9,9", "43;1;9"):
        assert read_view(text) is None, text


def test_a_view_that_fits_shows_every_place_and_no_nearer_one_does() -> None:
    places = [(site["latitude"], site["longitude"]) for site in sites(50)]
    view = fitting(places)
    assert all(view.shows(*place) for place in places)
    nearer = view.zoomed(1)
    assert nearer is not None
    assert not all(nearer.shows(*place) for place in places)
    assert fitting([TOULOUSE]).zoom == ZOOM_MAX


def test_a_place_is_shown_with_all_that_is_within_its_radius() -> None:
    view = around(TOULOUSE, 20)
    assert view.shows(TOULOUSE[0] + 0.175, TOULOUSE[1])
    assert view.shows(TOULOUSE[0], TOULOUSE[1] - 0.24)
    assert around(TOULOUSE, 40).zoom < view.zoom


def test_a_map_is_moved_by_half_of_it_and_ends_at_its_zooms() -> None:
    view = View(*TOULOUSE, 10)
    assert view.px(*TOULOUSE) == pytest.approx((WIDTH / 2, HEIGHT / 2))
    assert view.moved(1, 0).px(*TOULOUSE) == pytest.approx((0, HEIGHT / 2), abs=1e-6)
    assert view.moved(0, 1).px(*TOULOUSE) == pytest.approx((WIDTH / 2, 0), abs=1e-6)
    assert View(*TOULOUSE, ZOOM_MAX).zoomed(1) is None
    assert View(*TOULOUSE, ZOOM_MIN).zoomed(-1) is None


def test_all_departements_are_in_the_first_view_and_only_those_near_it_in_a_nearer_one() -> None:
    assert len(OUTLINES) == 13
    assert all(
        REGION.shows(latitude, longitude)
        for one in OUTLINES
        for latitude, longitude in ((one.north, one.west), (one.south, one.east))
    )
    assert "Haute-Garonne" in {one.name for one in OUTLINES if one.is_in(View(*TOULOUSE, 12))}
    assert len([one for one in OUTLINES if one.is_in(View(*TOULOUSE, 12))]) < 13


def test_a_drawing_counts_every_site_and_leads_nearer_or_to_the_provider() -> None:
    all_sites, view = sites(400), View(43.7, 2.3, 8)
    drawn = draw(all_sites, view, "/prestataires", {"category": "museum"}, Tiles())
    assert sum(mark.count for mark in drawn["marks"]) + drawn["outside"] == 400
    assert drawn["outside"] > 0
    for mark in drawn["marks"]:
        if mark.count == 1:
            assert mark.href.startswith("/prestataires/prv_")
        else:
            query = parse_qs(urlsplit(mark.href).query)
            assert query["category"] == ["museum"]
            nearer = read_view(query["view"][0])
            assert nearer is not None
            assert nearer.zoom > view.zoom
    assert drawn["tiles"] == []


def test_what_no_map_can_tell_apart_is_listed_and_one_provider_is_shown_at_once() -> None:
    here = [{**site, "latitude": 43.6, "longitude": 1.44} for site in sites(3)]
    [mark] = draw(here, View(43.6, 1.44, ZOOM_MAX), "/prestataires", {}, Tiles())["marks"]
    assert parse_qs(urlsplit(mark.href).query) == {"place": ["43.6000,1.4400"], "radius_km": ["0.2"]}
    own = [{**site, "provider_id": "prv_1"} for site in here]
    [mark] = draw(own, View(43.6, 1.44, 9), "/prestataires", {}, Tiles())["marks"]
    assert mark.href == "/prestataires/prv_1"


def test_tiles_cover_the_drawing_and_come_from_one_origin() -> None:
    tiles = Tiles("https://tiles.example/a/{z}/{x}/{y}.png")
    found = list(tiles.under(View(*TOULOUSE, 15)))
    assert "https://tiles.example/a/15/16515/11964.png" in [address for address, _, _ in found]
    assert min(x for _, x, _ in found) <= 0
    assert max(x for _, x, _ in found) + 256 >= WIDTH
    assert min(y for _, _, y in found) <= 0
    assert max(y for _, _, y in found) + 256 >= HEIGHT
    assert tiles.origin == "https://tiles.example"
    assert tiles.problems() == Tiles().problems() == []


@pytest.mark.parametrize(
    "address",
    [
        "tiles",
        "ftp://t/{z}/{x}/{y}",
        "https://t.example/{z}/{x}.png",
        "https://t.example; script-src */{z}/{x}/{y}",
    ],
)
def test_an_address_that_is_none_of_tiles_is_told_at_the_start(address: str) -> None:
    assert len(Tiles(address).problems()) == 1
