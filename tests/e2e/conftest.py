"""One platform for all end-to-end tests: every service a process of its own, reached through the gateway."""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest

from demo.stage import PARIS
from devstack.stack import Stack
from tests.e2e.conformance.fixtures import api_document, bodies, built_crowd, crowd, nothing_half_done, wire
from tests.e2e.overhearing import Overheard
from tests.e2e.world import World

__all__ = ["api_document", "bodies", "built_crowd", "crowd", "nothing_half_done", "wire"]

ROOT = Path(__file__).resolve().parents[2]
PROGRAMMES = ROOT / "tests" / "fixtures" / "programmes"
SUMMER = datetime(2020, 7, 10, 10, 0, tzinfo=PARIS)

# The story finds an untouched platform. What a killed process had begun to mail comes when its lease ends,
# while the other tests run; what is left behind is looked at when all of them are done.
_ORDER = {
    "test_story": 0,
    "test_kills": 1,
    "test_what_is_left_behind": 3,
    "test_audit": 3,
    "test_nothing_is_told": 4,
}


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest) -> Iterator[Stack]:
    """The whole platform on a summer's morning in 2020, with a programme that no code knows."""
    folder = ROOT / "var" / "e2e" / str(os.getpid())
    with Stack.start(folder, durable=False, extra_programmes=PROGRAMMES) as stack:
        stack.clock.set_time(SUMMER)
        yield stack
    if not request.session.testsfailed:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def overheard() -> Iterator[Overheard]:
    """What people say to the gateway, and hear from it, of what nobody else may read."""
    ear = Overheard()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpx.Client, "send", ear.listening(httpx.Client.send))
        yield ear


@pytest.fixture(scope="session")
def world(platform: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """An officer, partners, and short words for what the tests need over and over."""
    with World.opened(platform, tmp_path_factory.mktemp("documents")) as opened:
        yield opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the end-to-end tests into the order above, at the places that they have."""
    folder = Path(__file__).parent
    places = [place for place, item in enumerate(items) if folder in item.path.parents]
    ordered = sorted((items[place] for place in places), key=lambda item: _ORDER.get(item.path.stem, 2))
    for place, item in zip(places, ordered, strict=True):
        items[place] = item
