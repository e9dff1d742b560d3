"""A Prometheus of our own, with the rules that are deployed, watching a platform for the length of a test."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from devstack.host.packages import MONITORING, ensure_packages
from devstack.host.ports import LOOPBACK, free_port, wait_until
from tests.ops.watched import PROMETHEUS

READY_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Watching:
    """Where it answers."""

    url: str

    def ask(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant query, each with ``metric`` and ``value``; raises on an invalid one."""
        answer = httpx.get(f"{self.url}/api/v1/query", params={"query": expression}, trust_env=False)
        assert answer.status_code == 200, f"{expression}: {answer.text}"
        found: list[dict[str, Any]] = answer.json()["data"]["result"]
        return found

    def number(self, expression: str) -> float | None:
        """The only sample's value; None where there is none."""
        found = self.ask(expression)
        assert len(found) < 2, found
        return float(found[0]["value"][1]) if found else None

    def is_ready(self) -> bool:
        """Whether it serves."""
        try:
            return httpx.get(f"{self.url}/-/ready", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False


@contextmanager
def watching(ports: dict[str, list[int]], folder: Path) -> Iterator[Watching]:
    """Scrape every second; ``ports``: the metrics ports of each service's processes."""
    ensure_packages(MONITORING)
    folder.joinpath("prometheus.yml").write_text(_configuration(ports))
    port = free_port()
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
        "--log.level=warn",
    ]
    with folder.joinpath("prometheus.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
    try:
        started = Watching(f"http://{LOOPBACK}:{port}")
        is_up = wait_until(started.is_ready, READY_TIMEOUT_S, 0.1)
        assert is_up, folder.joinpath("prometheus.log").read_text()
        yield started
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)


def _configuration(ports: dict[str, list[int]]) -> str:
    deployed = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    rules = [str(PROMETHEUS / pattern) for pattern in deployed["rule_files"]]
    targets = [
        {"targets": [f"{LOOPBACK}:{port}" for port in of_service], "labels": {"service": service}}
        for service, of_service in ports.items()
    ]
    often = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    scrape = [{"job_name": "services", "static_configs": targets}]
    return yaml.safe_dump({"global": often, "rule_files": rules, "scrape_configs": scrape})
