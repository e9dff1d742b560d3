"""The platform of deploy/compose.yaml and compose.sandbox.yaml, as tests and the story see it."""

import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from devstack.clock import Clock
from devstack.host.ports import LOOPBACK

ROOT = Path(__file__).resolve().parents[2]
# Secrets, and what containers and host share.
FOLDER = ROOT / "var" / "tests-containers"
COMPOSE_FILES = [str(ROOT / "deploy" / name) for name in ("compose.yaml", "compose.sandbox.yaml")]
SERVICES = ("identity", "cards", "wallet", "offers", "notify", "gateway")


@dataclass(frozen=True, kw_only=True)
class Compose:
    """The compose command of this run, with its files and project."""

    command: list[str]

    def run(self, *arguments: str, given: str | None = None) -> str:
        """Run a subcommand; what it printed. Raises CalledProcessError."""
        return subprocess.run(
            [*self.command, *arguments], check=True, stdout=subprocess.PIPE, text=True, input=given
        ).stdout

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine knows of each container, by the service's name in the compose files."""
        ids = self.run("ps", "--all", "--quiet").split() if self._is_v2() else self.run("ps", "-q").split()
        found = json.loads(docker("inspect", *ids))
        return {one["Config"]["Labels"]["com.docker.compose.service"]: one for one in found}

    def execute(self, service: str, *command: str, given: str | None = None) -> str:
        """Run a command in a service's container, as its user."""
        return self.run("exec", "-T", service, *command, given=given)

    def _is_v2(self) -> bool:
        return self.command[0] == "docker"


@dataclass(frozen=True, kw_only=True)
class ContainerPlatform:
    """The running platform, as the story sees it."""

    compose: Compose = field(repr=False)
    ports: dict[str, int]

    @property
    def gateway_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['gateway']}"

    @property
    def bank_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['bank']}"

    @property
    def family_quotient_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['family_quotient']}"

    @property
    def prometheus_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports['prometheus']}"

    @property
    def mail_folder(self) -> Path:
        return FOLDER / "mails"

    @property
    def clock(self) -> Clock:
        return Clock(FOLDER / "clock" / "offset")

    def create_officer(self, email: str) -> str:
        """Make an officer with identity's own tool; the one-time password."""
        return self.compose.execute(
            "identity", "python", "-m", "identity.create_officer", "--email", email
        ).split()[-1]

    def money_equation(self) -> dict[str, Any]:
        """What wallet's nightly check finds of the money equation."""
        said = self.compose.execute("wallet", "python", "-m", "wallet.reconcile", "--equation")
        found: dict[str, Any] = json.loads(said.splitlines()[-1])
        return found


def docker(*arguments: str) -> str:
    """Run the engine's client; what it printed."""
    return subprocess.run(["docker", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def unhealthy(compose: Compose) -> dict[str, Any]:
    """State of each container that is not healthy, by service; one-shot containers count when they failed."""
    return {
        name: container["State"].get("Health", container["State"])
        for name, container in compose.containers().items()
        if not is_well(container["State"])
    }


def is_well(state: dict[str, Any]) -> bool:
    """Healthy; or ended with 0, where the container has no health check because it was there to end."""
    if "Health" in state:
        return bool(state["Running"] and state["Health"]["Status"] == "healthy")
    return bool(state["Status"] == "exited" and state["ExitCode"] == 0)


def is_ready(platform: ContainerPlatform) -> bool:
    """Whether the gateway reaches the broker and all services."""
    try:
        return httpx.get(f"{platform.gateway_url}/readyz", timeout=10).status_code == 200
    except httpx.HTTPError:
        return False
