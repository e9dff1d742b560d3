"""A rolling restart of a running platform: process after process; its keeper starts again what has ended."""

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from devstack.errors import DevstackError
from devstack.host.pids import Record, read_records
from devstack.host.ports import wait_until
from devstack.host.processes import is_alive, stop_process
from devstack.services import http_status
from devstack.supervisor import READY_TIMEOUT_S


@dataclass(frozen=True, kw_only=True)
class Restarted:
    """``stopped_s`` is from SIGTERM to the end, ``away_s`` from there until its successor was ready."""

    name: str
    stopped_s: float
    away_s: float


def restart_one_by_one(folder: Path, services: Collection[str]) -> Iterator[Restarted]:
    """Replace each process of these services; the next is touched when the successor of the last is ready.

    Raises DevstackError where one does not come back.
    """
    for record in read_records(folder):
        # The second process of a service is called cards-2.
        if record.name.partition("-")[0] in services and is_alive(record.id):
            yield _restart(folder, record)


def _restart(folder: Path, record: Record) -> Restarted:
    began = time.monotonic()
    stop_process(record.id, record.stop_signal)
    ended = time.monotonic()
    if not wait_until(lambda: _is_back(folder, record), READY_TIMEOUT_S):
        raise DevstackError(f"{record.name} was stopped and did not come back in {READY_TIMEOUT_S:.0f} s.")
    return Restarted(name=record.name, stopped_s=ended - began, away_s=time.monotonic() - ended)


def _is_back(folder: Path, old: Record) -> bool:
    return any(_is_ready(one) for one in read_records(folder) if one.name == old.name and one.id != old.id)


def _is_ready(record: Record) -> bool:
    port = record.metrics_port
    return port is not None and is_alive(record.id) and http_status(port, "/healthz") == 200
