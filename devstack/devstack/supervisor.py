"""Keeps service processes running: one that ends by itself (a broker away too long) is started again."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from devstack.errors import DevstackError, tail
from devstack.host.pids import PidFile
from devstack.host.ports import wait_until
from devstack.host.processes import (
    STOP_TIMEOUT_S,
    Command,
    RunningProcess,
    send_signal,
    start_process,
    wait_gone,
)

WATCH_INTERVAL_S = 0.1
RESTART_DELAY_S = 0.5
MAX_RESTART_DELAY_S = 5.0
# A process that ran this long was well: its next end starts the delays anew.
HEALTHY_AFTER_S = 10.0
MAX_ENDS_BEFORE_READY = 3
READY_TIMEOUT_S = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Supervised:
    """One process to keep running; `group` is its service, which may have several processes."""

    group: str
    command: Command
    is_ready: Callable[[], bool] = field(repr=False)


@dataclass
class _Entry:
    supervised: Supervised
    running: RunningProcess | None = None
    wanted: bool = False
    ends: int = 0
    started_at: float = 0.0
    start_again_at: float = 0.0


class Supervisor:
    """Starts, watches and ends processes by group; a killed or stopped group stays down until started."""

    def __init__(self, pids: PidFile) -> None:
        self._pids = pids
        self._entries: list[_Entry] = []
        self._lock = threading.RLock()
        self._ending = threading.Event()
        self._watcher: threading.Thread | None = None

    def add(self, supervised: Iterable[Supervised]) -> None:
        """Take processes in without starting them."""
        with self._lock:
            self._entries += [_Entry(one) for one in supervised]

    def start(self, *groups: str) -> None:
        """Start the processes of these groups that do not run (no group named: all of them)."""
        with self._lock:
            for entry in self._of(groups):
                if entry.running is None or not entry.running.is_alive():
                    entry.wanted, entry.ends = True, 0
                    self._launch(entry)
        self._watch_in_background()

    def wait_ready(self, *groups: str, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until every process answers that it is ready; DevstackError with the log's end otherwise."""
        deadline = time.monotonic() + timeout_s
        for entry in self._of(groups):
            settled = wait_until(
                lambda entry=entry: self._has_failed(entry) or self._is_ready(entry),  # type: ignore[misc]
                deadline - time.monotonic(),
            )
            if not settled or self._has_failed(entry):
                command = entry.supervised.command
                why = (
                    "ends again and again"
                    if self._has_failed(entry)
                    else f"is not ready after {timeout_s:.0f} s"
                )
                raise DevstackError(
                    f"{command.name} {why}; its log ({command.log_file}):\n{tail(command.log_file)}"
                )

    def signal(self, group: str, number: int) -> None:
        """Send a signal and let the supervisor do what it does when a process ends."""
        with self._lock:
            for entry in self._of([group]):
                if entry.running:
                    send_signal(entry.running.id, number)

    def kill(self, *groups: str) -> None:
        """kill -9, and do not start again."""
        with self._lock:
            for running in self._release(groups):
                running.kill()
                self._pids.remove(running.id)

    def stop(self, *groups: str) -> None:
        """Ask all of them to end, wait, kill what is left; do not start again."""
        with self._lock:
            released = self._release(groups)
            for running in released:
                send_signal(running.id, running.command.stop_signal)
            wait_gone([running.id for running in released], STOP_TIMEOUT_S)
            for running in released:
                running.stop(timeout_s=0.0)
                self._pids.remove(running.id)

    def stop_all(self) -> None:
        """Stop everything and the watching itself."""
        self._ending.set()
        if self._watcher:
            self._watcher.join()
        self.stop()

    def groups(self) -> list[str]:
        """The services known, in the order they came."""
        return list(dict.fromkeys(entry.supervised.group for entry in self._entries))

    def commands(self, group: str) -> list[Command]:
        """How each process of the group is started."""
        return [entry.supervised.command for entry in self._of([group])]

    def process_ids(self, group: str) -> list[int]:
        """The pids of the group's running processes."""
        with self._lock:
            running = [entry.running for entry in self._of([group]) if entry.running]
            return [one.id.pid for one in running if one.is_alive()]

    def _of(self, groups: Iterable[str]) -> list[_Entry]:
        wanted = set(groups)
        if unknown := wanted - set(self.groups()):
            raise ValueError(f"unknown service: {', '.join(sorted(unknown))}")
        return [entry for entry in self._entries if not wanted or entry.supervised.group in wanted]

    def _release(self, groups: Iterable[str]) -> list[RunningProcess]:
        """Give up the processes of these groups: the watcher does not look at them any more."""
        released = []
        for entry in self._of(groups):
            entry.wanted = False
            if entry.running:
                released.append(entry.running)
            entry.running = None
        return released

    def _launch(self, entry: _Entry) -> None:
        if entry.running:
            self._pids.remove(entry.running.id)
        entry.running = start_process(entry.supervised.command)
        entry.started_at = time.monotonic()
        entry.start_again_at = 0.0
        self._pids.add(entry.running)

    def _watch_in_background(self) -> None:
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
            self._watcher.start()

    def _watch(self) -> None:
        while not self._ending.is_set():
            with self._lock:
                for entry in self._entries:
                    if entry.wanted and entry.running and not entry.running.is_alive():
                        self._start_again(entry, entry.running)
            # Not Event.wait(): it would keep a green thread's hub from sleeping.
            time.sleep(WATCH_INTERVAL_S)

    def _start_again(self, entry: _Entry, ended: RunningProcess) -> None:
        """First note the end and choose a moment; start when that moment has come."""
        now = time.monotonic()
        if not entry.start_again_at:
            entry.ends = 1 if now - entry.started_at > HEALTHY_AFTER_S else entry.ends + 1
            delay_s = min(RESTART_DELAY_S * 2 ** (entry.ends - 1), MAX_RESTART_DELAY_S)
            entry.start_again_at = now + delay_s
            name, code = entry.supervised.command.name, ended.handle.returncode
            log.warning("%s ended with code %s, starts again in %.1f s", name, code, delay_s)
        elif now >= entry.start_again_at:
            self._launch(entry)

    def _has_failed(self, entry: _Entry) -> bool:
        return entry.ends >= MAX_ENDS_BEFORE_READY

    def _is_ready(self, entry: _Entry) -> bool:
        running = entry.running
        return running is not None and running.is_alive() and entry.supervised.is_ready()
