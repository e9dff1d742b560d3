"""Operating-system processes: known by pid and start time (never by name), ended with their children."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from devstack.host.process_table import BOOT_ID, HAS_PROC, PROC, Status, proc_status, ps_statuses

# Longer than what a service allows itself (`chassis.stopping.STOP_MAX_S`).
STOP_TIMEOUT_S = 25.0
KILL_TIMEOUT_S = 10.0
POLL_INTERVAL_S = 0.02


@dataclass(frozen=True, kw_only=True)
class ProcessId:
    """One process for good: a pid may be given to somebody else later, a pid with its start time may not.

    The start is counted as the system does: ticks since the boot on Linux, seconds of the clock elsewhere.
    """

    pid: int
    started_ticks: int
    boot_id: str


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to start: `user` of the system (None = our own), `stop_signal` asks it to end politely."""

    name: str
    argv: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    log_file: Path
    user: str | None = None
    stop_signal: int = signal.SIGTERM


@dataclass(kw_only=True)
class RunningProcess:
    """A process started by us; the handle is kept so that it can be reaped."""

    command: Command
    id: ProcessId
    handle: subprocess.Popen[bytes] = field(repr=False)

    def is_alive(self) -> bool:
        """Also reaps the process once it has ended."""
        return self.handle.poll() is None

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Ask politely, wait, then kill what is left of it and its children."""
        stop_process(self.id, self.command.stop_signal, timeout_s)
        self.handle.wait(KILL_TIMEOUT_S)

    def kill(self) -> None:
        """kill -9 for the process and its children, all at once."""
        kill_process(self.id)
        self.handle.wait(KILL_TIMEOUT_S)


def start_process(command: Command) -> RunningProcess:
    """Start in a session of its own (the terminal's Ctrl-C does not reach it), output appended to its log."""
    command.log_file.parent.mkdir(parents=True, exist_ok=True)
    with command.log_file.open("ab") as log:
        handle = subprocess.Popen(
            list(command.argv),
            env=dict(command.environment),
            cwd=command.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=command.user,
            group=command.user,
            extra_groups=[] if command.user else None,
        )
    return RunningProcess(command=command, id=identify(handle.pid), handle=handle)


def identify(pid: int) -> ProcessId:
    """The identity of a process that exists now; one that is gone already gets a start time nobody has."""
    status = _status(pid)
    return ProcessId(pid=pid, started_ticks=status.started_ticks if status else -1, boot_id=_boot_id())


def is_alive(process: ProcessId) -> bool:
    """Whether exactly this process still runs; a zombie has ended, and a stranger with its pid is not it."""
    status = _status(process.pid)
    return (
        status is not None
        and status.state not in "ZX"
        and status.started_ticks == process.started_ticks
        and process.boot_id == _boot_id()
    )


def send_signal(process: ProcessId, number: int) -> None:
    """Signal the process if it is still the one we mean."""
    if is_alive(process):
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, number)


def stop_process(process: ProcessId, stop_signal: int, timeout_s: float = STOP_TIMEOUT_S) -> None:
    """Ask politely; whatever of the process and its children is left after `timeout_s` is killed."""
    if not is_alive(process):
        return
    family = [process, *descendants(process.pid)]
    send_signal(process, stop_signal)
    if not wait_gone([process], timeout_s):
        kill_process(process)
    if not wait_gone(family, 2.0):
        for member in family:
            send_signal(member, signal.SIGKILL)
        wait_gone(family, KILL_TIMEOUT_S)


def kill_process(process: ProcessId) -> None:
    """kill -9 for a process and all its descendants; frozen first, so that it starts no others meanwhile."""
    if not is_alive(process):
        return
    send_signal(process, signal.SIGSTOP)
    family = [process, *descendants(process.pid)]
    for member in family:
        send_signal(member, signal.SIGKILL)
    wait_gone(family, KILL_TIMEOUT_S)


def wait_gone(processes: Sequence[ProcessId], timeout_s: float) -> bool:
    """Wait until none of them runs; False when some still do."""
    deadline = time.monotonic() + timeout_s
    while any(is_alive(process) for process in processes):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_INTERVAL_S)
    return True


def descendants(pid: int) -> list[ProcessId]:
    """Children, their children and so on; PostgreSQL's leave their parent's group, so groups would not do."""
    children: dict[int, list[ProcessId]] = {}
    boot_id = _boot_id()
    for one, status in _all().items():
        child = ProcessId(pid=one, started_ticks=status.started_ticks, boot_id=boot_id)
        children.setdefault(status.parent, []).append(child)
    found: list[ProcessId] = []
    waiting = [pid]
    while waiting:
        of_one = children.get(waiting.pop(), [])
        found += of_one
        waiting += [child.pid for child in of_one]
    return found


def _boot_id() -> str:
    """Where starts are counted from the boot, which boot it was."""
    return BOOT_ID.read_text().strip() if HAS_PROC else ""


def _status(pid: int) -> Status | None:
    return proc_status(pid) if HAS_PROC else ps_statuses("-p", str(pid)).get(pid)


def _all() -> dict[int, Status]:
    if not HAS_PROC:
        return ps_statuses("-A")
    pids = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    return {pid: status for pid in pids if (status := proc_status(pid))}
