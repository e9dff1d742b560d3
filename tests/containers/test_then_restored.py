"""After the story: all stops, and comes back from the copy and the archived log as the runbook says."""

import pytest

from devstack.host.ports import wait_until
from devstack.secrets import DATABASE_SERVICES
from tests.containers.stack import Compose, ContainerPlatform, is_ready, unhealthy

pytestmark = pytest.mark.containers

PATIENCE_S = 240.0


def test_the_platform_is_restored_as_the_runbook_says(platform: ContainerPlatform) -> None:
    compose = platform.compose
    before = platform.money_equation()
    compose.execute("postgres", "sh", "/etc/occygene/backup/container.sh", "backup")
    compose.run("stop")
    said = run_once(compose, "--no-deps", "postgres", "restore", "latest")
    assert "Restored: /var/lib/postgresql/18/docker." in said
    assert "begins anew" in run_once(compose, "--no-deps", "rabbitmq", "bash", "/etc/occygene/set_aside.sh")
    for service in DATABASE_SERVICES:
        run_once(compose, f"prepare-{service}")
        said = run_once(compose, f"prepare-{service}", "python", "-m", "chassis", "replay", service)
        assert "will be announced again" in said
    compose.run("up", "--detach")

    assert wait_until(lambda: not unhealthy(compose), PATIENCE_S, 1.0), unhealthy(compose)
    assert wait_until(lambda: is_ready(platform), PATIENCE_S, 1.0), "the gateway is not ready"
    assert wait_until(lambda: platform.money_equation()["on_the_way_cents"] == 0, PATIENCE_S, 1.0)
    assert platform.money_equation() == before


def run_once(compose: Compose, *arguments: str) -> str:
    """A container of its own for one command; what it printed."""
    return compose.run("run", "--rm", "-T", *arguments)
