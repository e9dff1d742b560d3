"""The platform as a whole, without its services: parts start together, and nothing outlives it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.background import down, up
from devstack.errors import DevstackError
from devstack.folders import STATE_FILE
from devstack.host.pids import read_records
from devstack.host.ports import wait_until
from devstack.host.processes import descendants, is_alive
from devstack.programmes import PROJECT
from devstack.servers.backing import is_given, wipe_data
from devstack.services import http_status
from devstack.stack import Stack

KEEPS_A_STACK = """
import sys, time
from pathlib import Path
from devstack.stack import Stack
with Stack.start(Path(sys.argv[1]), durable=False, services=()):
    time.sleep(600)
"""


@pytest.fixture
def abandoned_folder(tmp_path: Path) -> Iterator[Path]:
    """A platform whose keeper was killed with -9, so that everything else still runs."""
    keeper = subprocess.Popen([sys.executable, "-c", KEEPS_A_STACK, str(tmp_path)], cwd=PROJECT)
    try:
        assert wait_until(lambda: keeper.poll() is not None or (tmp_path / STATE_FILE).exists(), timeout_s=60)
    finally:
        keeper.kill()
        keeper.wait()
    yield tmp_path
    down(tmp_path)
    wipe_data(tmp_path)


def test_down_stops_what_a_killed_keeper_left_running(abandoned_folder: Path) -> None:
    records = read_records(abandoned_folder)
    left = [record.id for record in records]
    left += [child for process in left for child in descendants(process.pid)]
    nodes = [] if is_given(os.environ) else ["epmd", "rabbitmq", "postgresql"]
    names = [*nodes, "bank", "family_quotient", "mailbox"]
    assert [record.name for record in records if is_alive(record.id)] == names

    assert down(abandoned_folder) == names
    assert [process for process in left if is_alive(process)] == []
    assert down(abandoned_folder) == []


def test_a_gateway_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(DevstackError, match=f"Port {port} is taken by another program"):
            up(tmp_path, port, (), {})
    assert read_records(tmp_path) == []


def test_a_sandbox_part_can_be_killed_and_started_again(tmp_path: Path) -> None:
    with Stack.start(tmp_path, durable=False, services=()) as stack:
        port = stack.wiring.bank_port
        assert http_status(port, "/healthz") == 200
        stack.kill("bank")
        assert http_status(port, "/healthz") is None
        stack.start_service("bank")
        assert http_status(port, "/healthz") == 200
        with pytest.raises(DevstackError, match="already runs"):
            Stack.start(tmp_path, services=())
    assert read_records(tmp_path) == []
