"""Each page as it looks: small and wide, French and English, light and dark, with and without scripts."""

import pytest

from tests.browser.conftest import Opening
from tests.browser.opening import VIEWS, View

pytestmark = pytest.mark.browser

# The picture's name, the address and the status.
PAGES = [
    ("home", "/", 200),
    ("listing", "/prestataires", 200),
    ("listing-mistake", "/prestataires?radius_km=far&category=museum", 422),
    ("provider", "/prestataires/prov_1", 200),
    ("accessibility", "/accessibilite", 200),
    ("sign-in", "/connexion", 200),
    ("sign-in-staff", "/connexion/equipe", 200),
    ("not-found", "/nulle-part", 404),
    ("wrong", "/prestataires/prov_broken", 500),
]
# 1280 px enlarged to 200 % and 400 %, as WCAG 1.4.4 and 1.4.10 ask.
ENLARGED = [View(width=640, zoom=2), View(width=320, zoom=4)]


@pytest.mark.parametrize("view", VIEWS, ids=str)
@pytest.mark.parametrize(("name", "path", "status"), PAGES, ids=[name for name, _, _ in PAGES])
def test_a_page_can_be_read(
    window: Opening, played_site: str, name: str, path: str, status: int, view: View
) -> None:
    visitor = window(played_site, view)
    visitor.open(path, status)
    visitor.look(name)


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_a_visitor_is_told_that_the_platform_is_away(window: Opening, lonely_site: str, view: View) -> None:
    visitor = window(lonely_site, view)
    visitor.open("/", 503)
    visitor.look("away")


@pytest.mark.parametrize("view", ENLARGED, ids=str)
@pytest.mark.parametrize(("name", "path", "status"), PAGES, ids=[name for name, _, _ in PAGES])
def test_an_enlarged_page_is_never_moved_sideways(
    window: Opening, played_site: str, name: str, path: str, status: int, view: View
) -> None:
    visitor = window(played_site, view)
    visitor.open(path, status)
    visitor.look(name)
