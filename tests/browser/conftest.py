"""Debian's Chromium, and the web site in front of a whole platform, of a stand-in, and of nobody."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from devstack.host.packages import BROWSING, ensure_packages
from devstack.host.ports import LOOPBACK, free_port
from devstack.host.programs import chromium
from devstack.stack import Stack
from tests.browser.opening import PICTURES, View, Window, opened
from tests.e2e.conftest import platform, world
from tests.portal import standin
from tests.portal.serving import portal, process

__all__ = ["platform", "world"]

Opening = Callable[[str, View], Window]


@pytest.fixture(scope="session")
def chromium_browser() -> Iterator[Browser]:
    """The system's Chromium: nothing is downloaded."""
    ensure_packages(BROWSING)
    shutil.rmtree(PICTURES, ignore_errors=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium())
        yield browser
        browser.close()


@pytest.fixture
def window(chromium_browser: Browser) -> Iterator[Opening]:
    """``window(site, View(width=360))``: somebody new comes to a site; all leave when the test ends."""
    with ExitStack() as open_windows:
        yield lambda site, view: open_windows.enter_context(opened(chromium_browser, site, view))


@pytest.fixture(scope="session")
def site(platform: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The web site of the whole platform: its address."""
    with portal(platform.gateway_url, tmp_path_factory.mktemp("portal")) as client:
        yield _address(client.base_url)


@pytest.fixture(scope="session")
def played_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The web site in front of the stand-in, for answers that the platform does not give at will."""
    folder, port = tmp_path_factory.mktemp("played"), free_port()
    argv = [sys.executable, str(Path(standin.__file__)), str(port)]
    with (
        process(argv, port, folder / "gateway.log"),
        portal(f"http://{LOOPBACK}:{port}", folder) as client,
    ):
        yield _address(client.base_url)


@pytest.fixture(scope="session")
def lonely_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The web site while no gateway answers."""
    nobody = f"http://{LOOPBACK}:{free_port()}"
    with portal(nobody, tmp_path_factory.mktemp("lonely")) as client:
        yield _address(client.base_url)


def _address(url: object) -> str:
    return str(url).rstrip("/")
