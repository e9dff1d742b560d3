"""A page is light enough for a slow phone in the hills."""

import pytest

from tests.browser.conftest import Opening
from tests.browser.opening import View
from tests.browser.test_pages import PAGES

pytestmark = pytest.mark.browser

# Uncompressed, so that no proxy's settings are counted on.
HTML_MAX_BYTES = 60_000
FIRST_VISIT_MAX_BYTES = 200_000


@pytest.mark.parametrize(("name", "path", "status"), PAGES, ids=[name for name, _, _ in PAGES])
def test_a_first_visit_is_light(window: Opening, played_site: str, name: str, path: str, status: int) -> None:
    visitor = window(played_site, View())
    visitor.open(path, status)
    weights = {one.url: len(one.body()) for one in visitor.answers}
    assert weights[played_site + path] < HTML_MAX_BYTES
    assert sum(weights.values()) < FIRST_VISIT_MAX_BYTES
