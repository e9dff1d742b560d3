"""A visitor's way through the whole platform: from the cards to a place that takes them."""

import pytest

from tests.browser.conftest import Opening
from tests.browser.opening import VIEWS, View
from tests.e2e.world import World

pytestmark = pytest.mark.browser

NAME = "Les Barques du Canal"


@pytest.fixture(scope="module")
def desk(world: World) -> str:
    world.desk(NAME)
    return NAME


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_a_visitor_finds_where_the_card_is_accepted(
    window: Opening, site: str, desk: str, view: View
) -> None:
    visitor = window(site, view)
    page = visitor.open("/")
    visitor.look("visitor-1-cards")
    page.locator(".card a").first.click()
    page.wait_for_url("**/prestataires?programme=*")
    page.locator("#near").fill("43.2130,2.3510")
    page.locator("#radius_km").fill("500")
    page.locator("main form button").click()
    page.wait_for_url("**near=*")
    visitor.look("visitor-2-listing")
    page.get_by_role("link", name=desk).click()
    assert page.locator("h1").inner_text() == desk
    visitor.look("visitor-3-provider")


def test_a_visitor_changes_the_language_and_keeps_the_filters(window: Opening, site: str, desk: str) -> None:
    page = window(site, View(width=360)).open("/prestataires?near=43.2130,2.3510&radius_km=500")
    page.locator("nav a[hreflang=en]").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("#radius_km").input_value() == "500"
    page.get_by_role("link", name=desk).click()
    assert page.locator("html").get_attribute("lang") == "en"


def test_a_mistake_in_a_filter_is_told_at_its_field(window: Opening, site: str) -> None:
    page = window(site, View()).open("/prestataires")
    page.locator("#near").fill("43.2130,2.3510")
    page.locator("#radius_km").fill("loin")
    page.keyboard.press("Enter")
    mistake = page.locator("#radius_km-mistake")
    assert mistake.inner_text()
    assert "radius_km-mistake" in (page.locator("#radius_km").get_attribute("aria-describedby") or "")
    assert page.locator("#near").input_value() == "43.2130,2.3510"
