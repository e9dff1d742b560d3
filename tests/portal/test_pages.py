"""Pages for visitors, without a browser and without JavaScript."""

import re
from pathlib import Path

import httpx
import pytest

from devstack.host.ports import LOOPBACK, free_port
from portal.session import COOKIE
from tests.portal.reading import faults_of, read
from tests.portal.serving import portal
from tests.portal.standin import EVIL

HTML_MAX = 60_000
# Page and status.
PAGES = {
    "/": 200,
    "/prestataires": 200,
    "/prestataires?near=43.6,3.87&radius_km=20&category=museum&open_on=2020-07-14": 200,
    "/prestataires?radius_km=far": 422,
    "/prestataires/prov_1": 200,
    "/prestataires/nobody": 404,
    "/prestataires/prov_broken": 500,
    "/accessibilite": 200,
    "/nowhere": 404,
}


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize(("path", "status"), PAGES.items())
def test_a_page_can_be_read_by_everybody(
    browser: httpx.Client, path: str, status: int, language: str
) -> None:
    answer = browser.get(path, headers={"Accept-Language": language})
    page = read(answer.text)
    assert answer.status_code == status
    assert faults_of(page) == []
    assert page.all("html")[0]["lang"] == answer.headers["Content-Language"] == language
    assert len(answer.content) < HTML_MAX
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_from_elsewhere_and_runs_no_script(browser: httpx.Client, path: str) -> None:
    answer = browser.get(path)
    page = read(answer.text)
    loaded = [one["href"] for one in page.all("link")] + [one["src"] for one in page.all("img", "iframe")]
    assert all(address.startswith("/static/") for address in loaded)
    assert page.all("script", "style") == []
    assert [a for _, a in page.tags if "style" in a or any(name.startswith("on") for name in a)] == []
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_unknown_visitor_reads_french(browser: httpx.Client) -> None:
    page = read(browser.get("/", headers={"Accept-Language": "de"}).text)
    assert "Carte famille 15,00 €" in page.text
    assert "Carte famille bonus Gratuit" in page.text
    assert (
        "70,00 € par personne (300,00 € au plus par foyer), à dépenser jusqu’au 15 novembre 2020" in page.text
    )


def test_the_language_that_was_switched_to_stays(browser: httpx.Client) -> None:
    french = browser.get("/prestataires?category=museum", headers={"Accept-Language": "fr"})
    [switch] = [one["href"] for one in read(french.text).all("a") if one.get("hreflang") == "en"]
    assert "category=museum" in switch
    assert read(browser.get(switch).text).all("html")[0]["lang"] == "en"
    page = read(browser.get("/", headers={"Accept-Language": "fr"}).text)
    assert page.all("html")[0]["lang"] == "en"
    assert "€15.00" in page.text


def test_the_session_is_sealed_and_out_of_reach_of_scripts(browser: httpx.Client) -> None:
    cookie = browser.get("/?lang=en").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "language" not in cookie


def test_a_cookie_that_we_did_not_seal_is_no_session(browser: httpx.Client) -> None:
    browser.cookies.set(COOKIE, "forged")
    answer = browser.get("/", headers={"Accept-Language": "fr"})
    assert answer.status_code == 200
    assert answer.headers["Content-Language"] == "fr"


def test_a_name_with_a_script_in_it_is_only_read(browser: httpx.Client) -> None:
    answer = browser.get("/prestataires", params={"near": f'"{EVIL}'})
    assert EVIL not in answer.text
    assert EVIL in read(answer.text).text
    assert read(answer.text).all("script") == []


def test_the_listing_goes_on_with_the_same_filters(browser: httpx.Client) -> None:
    page = read(browser.get("/prestataires?category=museum").text)
    [following] = [one["href"] for one in page.all("a") if one.get("rel") == "next"]
    assert "category=museum" in following
    last = read(browser.get(following).text)
    assert [one for one in last.all("a") if one.get("rel") == "next"] == []
    assert "20 lieux sur cette page" in last.text
    assert "à 12,3 km" in last.text


def test_a_filter_that_the_api_refuses_has_its_rule_at_the_field_and_stays_typed(
    browser: httpx.Client,
) -> None:
    page = read(browser.get("/prestataires?radius_km=far&near=43,3").text)
    fields = {one["id"]: one for one in page.all("input")}
    assert fields["radius_km"]["value"] == "far"
    assert fields["radius_km"]["aria-invalid"] == "true"
    assert fields["radius_km"]["aria-describedby"] == "radius_km-mistake"
    assert fields["near"]["value"] == "43,3"
    assert "doit être un nombre" in page.text


def test_a_providers_page_says_what_the_card_brings_and_when(browser: httpx.Client) -> None:
    text = read(browser.get("/prestataires/prov_1").text).text
    assert "30 % de réduction" in text.replace("\u202f", " ").replace("\xa0", " ")
    assert "Du 1er avril au 31 octobre" in text
    assert "3 enfants au plus" in text
    assert "34000 Montpellier" in text
    assert text.count("Descente") == 1


def test_the_stylesheet_may_be_kept_for_ever(browser: httpx.Client) -> None:
    [address] = [one["href"] for one in read(browser.get("/").text).all("link") if one["rel"] == "stylesheet"]
    answer = browser.get(address)
    assert answer.headers["Content-Type"].startswith("text/css")
    assert "immutable" in answer.headers["Cache-Control"]
    assert not re.search(rb"url\(|@import", answer.content)


def test_without_a_gateway_a_page_says_so_and_how_to_go_on(tmp_path: Path) -> None:
    with portal(f"http://{LOOPBACK}:{free_port()}", tmp_path) as browser:
        answer = browser.get("/prestataires/prov_1")
        page = read(answer.text)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
        assert "Votre carte, elle, reste valable." in page.text
        assert "/prestataires/prov_1" in [one["href"] for one in page.all("a")]
        assert faults_of(page) == []
        assert browser.get("/accessibilite").status_code == 200
        assert browser.get("/healthz").status_code == 200


def test_pages_are_measured_by_route_and_not_by_address(browser: httpx.Client) -> None:
    browser.get("/prestataires/prov_77")
    metrics = httpx.get(browser.headers["X-Metrics"], trust_env=False).text
    assert 'page="/prestataires/{provider_id}"' in metrics
    assert "prov_77" not in metrics
