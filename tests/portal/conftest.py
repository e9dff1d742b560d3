"""The portal in front of a stand-in for the gateway."""

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from devstack.host.ports import LOOPBACK, free_port
from tests.portal.serving import portal, process


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    folder, port = tmp_path_factory.mktemp("portal"), free_port()
    argv = [sys.executable, str(Path(__file__).parent / "standin.py"), str(port)]
    with (
        process(argv, port, folder / "gateway.log"),
        portal(f"http://{LOOPBACK}:{port}", folder) as browser,
    ):
        yield browser


@pytest.fixture
def browser(_served: httpx.Client) -> httpx.Client:
    """Without anything kept of the test before."""
    _served.cookies.clear()
    return _served
