"""The web site in front of the whole platform: a visitor finds where the card is accepted."""

from collections.abc import Iterator

import httpx
import pytest

from devstack.stack import Stack
from tests.e2e.world import World
from tests.portal.reading import faults_of, read
from tests.portal.serving import portal


@pytest.fixture(scope="module")
def browser(platform: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with portal(platform.gateway_url, tmp_path_factory.mktemp("portal")) as opened:
        yield opened


def opened_page(browser: httpx.Client, path: str, status: int = 200) -> str:
    """The words of a page that everybody can read."""
    answer = browser.get(path)
    page = read(answer.text)
    assert answer.status_code == status
    assert faults_of(page) == []
    return page.text


def test_a_visitor_reads_the_programmes_and_finds_a_provider(world: World, browser: httpx.Client) -> None:
    desk = world.desk("Seen on the site")
    assert "Carte OCC’YGÈNE 2020" in opened_page(browser, "/")
    listed = read(
        browser.get("/prestataires?near=43.6045,1.4442&radius_km=1000&programme=occygene-2020").text
    )
    addresses = [one["href"] for one in listed.all("a") if one["href"].startswith("/prestataires/")]
    assert addresses
    assert "km" in listed.text
    provider = world.officer.get(f"/v1/providers/{desk['id']}")
    text = opened_page(browser, f"/prestataires/{desk['id']}")
    assert provider["name"] in text
    assert provider["sites"][0]["commune"] in text


def test_a_visitor_finds_a_provider_by_a_town_and_on_the_map(world: World, browser: httpx.Client) -> None:
    desk = world.desk("Seen on the map")
    site = world.officer.get(f"/v1/providers/{desk['id']}")["sites"][0]
    listed = read(browser.get("/prestataires", params={"place": "Toulouse", "radius_km": "1000"}).text)
    assert [one for one in listed.all("a") if one.get("class") == "mark"]
    view = f"{site['latitude']},{site['longitude']},16"
    near = read(browser.get("/prestataires", params={"view": view}).text)
    assert [one for one in near.all("a") if one.get("class") == "mark"]


def test_a_filter_that_the_platform_refuses_is_told_at_its_field(world: World, browser: httpx.Client) -> None:
    answer = browser.get("/prestataires?place=Toulouse&radius_km=2000")
    fields = {one["id"]: one for one in read(answer.text).all("input")}
    assert answer.status_code == 422
    assert fields["radius_km"]["aria-invalid"] == "true"
    assert fields["radius_km"]["value"] == "2000"
    assert fields["place"]["value"] == "Toulouse (31000)"
    assert faults_of(read(answer.text)) == []


def test_a_provider_that_is_not_there_has_no_page(world: World, browser: httpx.Client) -> None:
    assert "Page introuvable" in opened_page(browser, "/prestataires/prov_nobody", 404)
