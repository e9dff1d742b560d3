"""The platform in the background: one process that keeps it running, started by `up` and ended by `down`."""

import logging
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from devstack.environment import base_environment
from devstack.errors import DevstackError, tail
from devstack.folders import STATE_FILE, owner, read_state
from devstack.host.installed import GIVEN_PREFIXES
from devstack.host.leaving import leave_when_told
from devstack.host.pids import read_records, stop_recorded
from devstack.host.ports import wait_until
from devstack.host.processes import Command, is_alive, send_signal, start_process, wait_gone
from devstack.secrets import GATEWAY, PORTAL, SERVICES
from devstack.services import http_status, refuse_taken_port
from devstack.stack import Stack

UP_TIMEOUT_S = 300.0
DOWN_TIMEOUT_S = 60.0


def up(
    folder: Path,
    gateway_port: int,
    services: Sequence[str],
    environ: dict[str, str],
    brokers: int = 1,
    portal_port: int = 0,
) -> None:
    """Start the platform in the background and wait until it is ready; DevstackError with what to do."""
    folder.mkdir(parents=True, exist_ok=True)
    if owner(folder):
        raise DevstackError(f"The platform already runs in {folder}. `make down` stops it.")
    for name, port in ((GATEWAY, gateway_port), (PORTAL, portal_port)):
        refuse_taken_port(name, port)
    log_file = folder / "devstack.log"
    log_file.unlink(missing_ok=True)
    given = {name: value for name, value in environ.items() if name.startswith(GIVEN_PREFIXES)}
    options = ["--folder", str(folder), "--gateway-port", str(gateway_port)]
    options += ["--brokers", str(brokers), "--portal-port", str(portal_port)]
    command = Command(
        name="devstack",
        argv=[sys.executable, "-m", "devstack", "serve", *options, *services],
        environment={**base_environment(), **given},
        folder=folder,
        log_file=log_file,
    )
    running = start_process(command)
    wait_until(lambda: not running.is_alive() or (folder / STATE_FILE).exists(), UP_TIMEOUT_S)
    if not (folder / STATE_FILE).exists():
        running.stop()
        stop_recorded(folder)
        raise DevstackError(f"The platform did not start:\n{tail(log_file)}")


def serve(
    folder: Path, gateway_port: int, services: Sequence[str], brokers: int = 1, portal_port: int = 0
) -> None:
    """Run the platform until SIGTERM; the folder's data is kept for the next time."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stdout)
    leave_when_told(0)
    running = services or SERVICES
    with Stack.start(
        folder,
        gateway_port=gateway_port,
        portal_port=portal_port,
        services=running,
        keep_data=True,
        archive=True,
        brokers=brokers,
    ):
        while True:
            time.sleep(3600)


def down(folder: Path) -> list[str]:
    """Stop exactly what was started in the folder; the names of what was stopped."""
    names = [record.name for record in read_records(folder) if is_alive(record.id)]
    if keeper := owner(folder):
        send_signal(keeper, signal.SIGTERM)
        wait_gone([keeper], DOWN_TIMEOUT_S)
    stop_recorded(folder)
    (folder / STATE_FILE).unlink(missing_ok=True)
    return names


def status(folder: Path) -> str:
    """One line per process, and whether the gateway is ready."""
    wiring = read_state(folder)
    lines = [
        f"{record.name:18} {'runs' if is_alive(record.id) else 'ended':6} pid {record.id.pid}"
        for record in read_records(folder)
    ]
    ready = http_status(wiring.gateway_port, "/readyz") == 200
    lines.append(f"{wiring.gateway_url} {'is ready' if ready else 'is NOT ready'}")
    return "\n".join(lines)
