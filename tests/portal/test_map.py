"""The listing's map and the place by name, as a visitor without JavaScript has them."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.portal.reading import Page, faults_of, read
from tests.portal.serving import portal
from tests.portal.standin_visitor import SITES

HTML_MAX = 60_000


def marks(page: Page) -> list[str]:
    return [one["href"] for one in page.all("a") if one.get("class") == "mark"]


def moves(page: Page) -> dict[str, str]:
    return {
        one["aria-label"]: one["href"] for one in page.all("a") if "view=" in one["href"] and "title" in one
    }


def test_the_map_counts_every_place_and_each_mark_has_a_name(browser: httpx.Client) -> None:
    answer = browser.get("/prestataires", headers={"Accept-Language": "fr"})
    page = read(answer.text)
    names = re.findall(r'class="mark"[^>]*><title>([^<]*)</title>', answer.text)
    assert len(names) == len(marks(page)) > 20
    # "34 lieux : agrandir", or one place's own name.
    assert sum(int(name.split()[0]) if name.endswith("agrandir") else 1 for name in names) == SITES
    assert len(answer.content) < HTML_MAX


def test_a_mark_leads_to_a_nearer_map_with_the_same_filters(browser: httpx.Client) -> None:
    page = read(browser.get("/prestataires?category=museum").text)
    nearer = next(href for href in marks(page) if "view=" in href)
    assert "category=museum" in nearer
    answer = browser.get(nearer)
    assert answer.status_code == 200
    assert faults_of(read(answer.text)) == []
    assert "hors de cette vue" in read(answer.text).text


def test_the_map_is_moved_by_plain_links(browser: httpx.Client) -> None:
    page = read(browser.get("/prestataires?view=43.6,1.44,10", headers={"Accept-Language": "fr"}).text)
    found = moves(page)
    assert set(found) == {
        *("Agrandir", "Réduire", "Toute la région"),
        *(f"Aller vers {way}" for way in ("l’ouest", "le nord", "le sud", "l’est")),
    }
    assert parse_qs(urlsplit(found["Agrandir"]).query)["view"] == ["43.6000,1.4400,11"]
    assert all(browser.get(address).status_code == 200 for address in found.values())


@pytest.mark.parametrize("typed", ["Toulouse", "toulouse", "31000", "Toulouse (31000)"])
def test_a_town_or_postal_code_is_a_place(browser: httpx.Client, typed: str) -> None:
    page = read(browser.get("/prestataires", params={"place": typed}).text)
    [field] = [one for one in page.all("input") if one["id"] == "place"]
    assert field["value"] == "Toulouse (31000)"
    assert "aria-invalid" not in field
    assert any(href.startswith("/prestataires?") and "43.6" in href for href in moves(page).values())


def test_several_towns_are_offered_as_links_that_keep_the_filters(browser: httpx.Client) -> None:
    page = read(browser.get("/prestataires?place=Saint&category=museum").text)
    offered = [one["href"] for one in page.all("a") if "place=Saint-Alban" in one["href"]]
    assert len(offered) == 2
    assert all("category=museum" in address for address in offered)
    assert "Quelle commune pour « Saint » ?" in page.text
    chosen = read(browser.get(offered[0]).text)
    assert [one["value"] for one in chosen.all("input") if one["id"] == "place"] == ["Saint-Alban (31140)"]
    assert marks(chosen)


def test_one_town_of_exactly_this_name_is_meant_though_others_begin_so(browser: httpx.Client) -> None:
    page = read(browser.get("/prestataires?place=saint-alban").text)
    assert [one["value"] for one in page.all("input") if one["id"] == "place"] == ["Saint-Alban (31140)"]


@pytest.mark.parametrize(
    ("typed", "said"),
    [("Lyon", "Aucune commune d’Occitanie"), ("Albiès", "Nous ne savons pas où se trouve Albiès")],
)
def test_a_town_that_is_not_known_or_nowhere_is_told_at_the_field(
    browser: httpx.Client, typed: str, said: str
) -> None:
    answer = browser.get("/prestataires", params={"place": typed})
    page = read(answer.text)
    [field] = [one for one in page.all("input") if one["id"] == "place"]
    assert answer.status_code == 422
    assert field["aria-invalid"] == "true"
    assert field["value"] == typed
    assert said in page.text
    assert faults_of(page) == []


def test_an_approximate_position_is_said_to_be_one(browser: httpx.Client) -> None:
    assert "Position approchée de Ascou" in read(browser.get("/prestataires?place=Ascou").text).text


def test_coordinates_of_older_links_and_of_the_browser_are_a_place(browser: httpx.Client) -> None:
    for name in ("near", "place"):
        page = read(browser.get(f"/prestataires?{name}=43.6,1.44").text)
        assert [one["value"] for one in page.all("input") if one["id"] == "place"] == ["43.6,1.44"]


def test_around_me_is_a_button_that_only_a_script_shows(browser: httpx.Client) -> None:
    answer = browser.get("/prestataires")
    page = read(answer.text)
    [button] = [one for one in page.all("button") if "data-around-me" in one]
    assert "hidden" in button
    [script] = page.all("script")
    assert script["type"] == "module"
    assert browser.get(script["src"]).headers["Content-Type"].startswith("text/javascript")
    assert "geolocation=(self)" in answer.headers["Permissions-Policy"]


def test_tiles_are_pictures_of_the_one_origin_that_the_policy_names(
    browser: httpx.Client, gateway_url: str, tmp_path: Path
) -> None:
    assert "img-src 'self';" in browser.get("/prestataires").headers["Content-Security-Policy"]
    tiles = {
        "MAP_TILES_URL": "https://tiles.example/{z}/{x}/{y}.png",
        "MAP_TILES_ATTRIBUTION": "© les contributeurs d’OpenStreetMap",
    }
    with portal(gateway_url, tmp_path, **tiles) as other:
        answer = other.get("/prestataires?view=43.6045,1.4442,15")
    page = read(answer.text)
    assert "img-src 'self' https://tiles.example;" in answer.headers["Content-Security-Policy"]
    assert "https://tiles.example/15/16515/11964.png" in [one["href"] for one in page.all("image")]
    assert "© les contributeurs d’OpenStreetMap" in page.text
