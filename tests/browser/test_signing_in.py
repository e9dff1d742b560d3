"""Signing in with a code from a mail, and what a wrong one looks like."""

import pytest

from tests.browser.conftest import Opening
from tests.browser.opening import VIEWS, View

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_a_wrong_code_is_told_and_another_can_be_typed(window: Opening, played_site: str, view: View) -> None:
    visitor = window(played_site, view)
    page = visitor.open("/connexion")
    page.locator("#email").fill("lea@famille.example.org")
    page.keyboard.press("Enter")
    page.locator("#code").wait_for()
    visitor.look("sign-in-code")
    page.locator("#code").fill("000000")
    page.keyboard.press("Enter")
    page.get_by_role("alert").wait_for()
    visitor.look("sign-in-refused")
    assert page.locator("[autofocus]:focus").count() == 1
    assert page.locator("#code").is_editable()
