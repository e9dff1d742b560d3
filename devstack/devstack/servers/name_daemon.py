"""Erlang's name daemon (epmd), our own child: the one Erlang would start by itself outlives every node."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from devstack.errors import DevstackError, tail
from devstack.host.pids import PidFile
from devstack.host.ports import LOOPBACK, answers, wait_until
from devstack.host.processes import Command, RunningProcess, start_process
from devstack.host.programs import epmd

START_TIMEOUT_S = 60.0


@dataclass(kw_only=True)
class NameDaemon:
    """Nodes that share one can find each other; `folder` is the home of them all, with their cookie."""

    folder: Path
    port: int
    pids: PidFile = field(repr=False)
    _running: RunningProcess | None = field(default=None, repr=False)

    def ensure(self, environment: Mapping[str, str]) -> None:
        """Start it where it does not run; DevstackError where it does not answer then."""
        if self._running and self._running.is_alive():
            return
        log_file = self.folder / "epmd.log"
        command = Command(
            name="epmd",
            argv=limited([str(epmd()), "-port", str(self.port), "-address", LOOPBACK]),
            environment=environment,
            folder=self.folder,
            log_file=log_file,
        )
        self._running = start_process(command)
        self.pids.add(self._running)
        if not wait_until(lambda: answers(self.port), START_TIMEOUT_S):
            raise DevstackError(f"epmd did not start:\n{tail(log_file)}")

    def stop(self) -> None:
        """End it, after all nodes."""
        if self._running:
            self._running.stop()
            self.pids.remove(self._running.id)
        self._running = None


def limited(argv: list[str]) -> list[str]:
    """Erlang closes every descriptor it may have, one by one: a limit of a billion takes minutes."""
    return ["/bin/sh", "-c", 'ulimit -S -n 4096 2>/dev/null; exec "$@"', "sh", *argv]
