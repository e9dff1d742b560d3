"""With a keyboard alone: everything is reached, in sight, and it shows where one is."""

from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Opening
from tests.browser.opening import View

pytestmark = pytest.mark.browser

PATHS = ["/", "/prestataires", "/prestataires/prov_1", "/connexion", "/connexion/equipe", "/accessibilite"]
REACHABLE = "a[href], button, input:not([type=hidden]), select, textarea"
# The focused element: its place among those that can be reached, its outline, and whether it is in the window.
FOCUSED = """reachable => {
    const one = document.activeElement, style = getComputedStyle(one), box = one.getBoundingClientRect();
    return {
        place: [...document.querySelectorAll(reachable)].indexOf(one),
        outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
        seen: box.width > 0 && box.left >= 0 && box.right <= innerWidth
            && box.bottom > 0 && box.top < innerHeight,
        html: one.outerHTML.slice(0, 120),
    };
}"""


def focused(page: Page) -> dict[str, Any]:
    """Where the keyboard is."""
    found: dict[str, Any] = page.evaluate(FOCUSED, REACHABLE)
    return found


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("path", PATHS)
def test_everything_is_reached_by_tab_in_order_and_shows_it(
    window: Opening, played_site: str, path: str, width: int
) -> None:
    page = window(played_site, View(width=width)).open(path)
    reached: list[int] = []
    # A day's field has a part for day, month and year each.
    while (here := _next(page))["place"] >= 0:
        assert here["outline"] >= 2, here
        assert here["seen"], here
        reached += [] if here["place"] in reached[-1:] else [here["place"]]
    assert reached == list(range(page.locator(REACHABLE).count()))


def _next(page: Page) -> dict[str, Any]:
    page.keyboard.press("Tab")
    return focused(page)


@pytest.mark.parametrize("has_scripts", [True, False])
def test_the_first_stop_leads_past_the_menu(window: Opening, played_site: str, has_scripts: bool) -> None:
    page = window(played_site, View(has_scripts=has_scripts)).open("/prestataires")
    page.keyboard.press("Tab")
    assert page.locator(":focus").get_attribute("href") == "#content"
    page.keyboard.press("Enter")
    page.wait_for_url("**#content")
    page.keyboard.press("Tab")
    assert page.locator("main :focus").get_attribute("id") == "category"
