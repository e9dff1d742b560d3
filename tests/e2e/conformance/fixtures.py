"""The fixtures of the tests of bad input; they stand in `conftest`, so that all modules share them."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from devstack.stack import Stack
from tests.e2e.conformance.bodies import right_bodies
from tests.e2e.conformance.building import build_crowd
from tests.e2e.conformance.crowd import MOMENT, Crowd
from tests.e2e.conformance.document import Document
from tests.e2e.conformance.tables import contents
from tests.e2e.conformance.wire import Wire
from tests.e2e.quiet import wait_until_quiet


@pytest.fixture(scope="session")
def built_crowd(platform: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    built = build_crowd(platform, tmp_path_factory.mktemp("conformance"))
    yield built
    built.api.close()


@pytest.fixture(scope="module")
def crowd(built_crowd: Crowd) -> Crowd:
    """Callers of every kind and what they own, at their moment, all of them signed in."""
    built_crowd.stage.move_to(*MOMENT)
    for caller in built_crowd.callers:
        built_crowd.authorization(caller)
    return built_crowd


@pytest.fixture(scope="module")
def api_document(platform: Stack) -> Document:
    """The document that the running gateway serves."""
    return Document(httpx.get(f"{platform.gateway_url}/v1/openapi.json").json())


@pytest.fixture(scope="module")
def bodies(crowd: Crowd) -> dict[str, Any]:
    """One right body, every field given, for every call that takes one."""
    return {name: found[0] for name, found in right_bodies(crowd, crowd.mine["site_id"]).items()}


@pytest.fixture(scope="module")
def wire(platform: Stack) -> Iterator[Wire]:
    """A connection to the gateway."""
    with Wire(platform.gateway_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def nothing_half_done(platform: Stack, crowd: Crowd) -> Iterator[None]:
    """Whatever a module's tests were refused, not one row of any service has changed."""
    wait_until_quiet(platform)
    before = contents(platform)
    yield
    wait_until_quiet(platform)
    after = contents(platform)
    changed = {name: (before[name][0], after[name][0]) for name in before if before[name] != after[name]}
    assert not changed, f"rows before and after: {changed}"
