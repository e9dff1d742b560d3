"""The portal in front of a stand-in for the gateway."""

import sys
from collections.abc import Iterator

import httpx
import pytest

from devstack.host.ports import LOOPBACK, free_port
from tests.portal.serving import portal, process


@pytest.fixture(scope="session")
def gateway_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the stand-in answers."""
    folder, port = tmp_path_factory.mktemp("gateway"), free_port()
    argv = [sys.executable, "-m", "tests.portal.standin", str(port)]
    with process(argv, port, folder / "gateway.log"):
        yield f"http://{LOOPBACK}:{port}"


@pytest.fixture(scope="session")
def _served(gateway_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    with portal(gateway_url, tmp_path_factory.mktemp("portal")) as browser:
        yield browser


@pytest.fixture
def browser(_served: httpx.Client) -> httpx.Client:
    """Without anything kept of the test before."""
    _served.cookies.clear()
    return _served
