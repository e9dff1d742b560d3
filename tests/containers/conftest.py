"""Builds the images, starts the compose files with fresh secrets, and takes all of it down with its data."""

import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from devstack.compose_env import compose_env, write_compose_env
from devstack.host.ports import free_port, wait_until
from tests.containers.stack import (
    COMPOSE_FILES,
    FOLDER,
    ROOT,
    Compose,
    ContainerPlatform,
    is_ready,
    unhealthy,
)

ENV_FILE = FOLDER / ".env"
# Two cores start fifteen containers and a broker.
HEALTHY_TIMEOUT_S = 240.0


@pytest.fixture(scope="session")
def container_ports() -> dict[str, int]:
    """Free ports of this host, all on the loopback interface."""
    return {name: free_port() for name in ("gateway", "portal", "prometheus", "bank", "family_quotient")}


@pytest.fixture(scope="session")
def docker_compose_command(container_ports: dict[str, int]) -> str:
    """`docker compose`, or `docker-compose` where the engine has no such plugin; with fresh secrets."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    programmes = ROOT / "tests" / "fixtures" / "programmes"
    text = compose_env(FOLDER, sandbox=True, ports=container_ports, extra_programmes=programmes)
    write_compose_env(ENV_FILE, text)
    has_plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return f"docker{'-' if has_plugin.returncode else ' '}compose --env-file {ENV_FILE}"


@pytest.fixture(scope="session")
def docker_compose_file() -> list[str]:
    """The files that are deployed, and the sandbox on top."""
    return COMPOSE_FILES


@pytest.fixture(scope="session")
def compose(docker_compose_command: str, docker_compose_project_name: str) -> Compose:
    """The same command as pytest-docker's, for what it has no words for."""
    files = [word for file in COMPOSE_FILES for word in ("-f", file)]
    return Compose(command=[*docker_compose_command.split(), *files, "-p", docker_compose_project_name])


@pytest.fixture(scope="session")
def docker_setup(compose: Compose) -> Iterator[list[str]]:
    """Build and start; what was started is taken down even when only half of it came up."""
    try:
        yield ["build", "up --detach"]
    finally:
        FOLDER.joinpath("containers.log").write_text(compose.run("logs", "--no-color", "--timestamps"))
        compose.run("down", "--volumes", "--timeout", "10")


@pytest.fixture(scope="session")
def docker_cleanup() -> list[str]:
    """Left to `docker_setup`."""
    return []


@pytest.fixture(scope="session")
def platform(docker_services: Any, compose: Compose, container_ports: dict[str, int]) -> ContainerPlatform:
    """The whole platform, healthy and ready."""
    started = ContainerPlatform(compose=compose, ports=container_ports)
    assert wait_until(lambda: not unhealthy(compose), HEALTHY_TIMEOUT_S, 1.0), unhealthy(compose)
    assert wait_until(lambda: is_ready(started), HEALTHY_TIMEOUT_S, 1.0), "the gateway is not ready"
    return started
