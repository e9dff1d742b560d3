"""`pids.json`: which processes were started in a folder, so that exactly those are stopped, whoever asks."""

import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path

from devstack.host.processes import ProcessId, RunningProcess, is_alive, stop_process

FILE_NAME = "pids.json"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One started process, the signal that asks it to end, and the port where a service says how it is."""

    name: str
    id: ProcessId
    stop_signal: int
    metrics_port: int | None = None


@dataclass
class PidFile:
    """The records of one folder; written again as a whole at every change, never half."""

    folder: Path
    _records: list[Record] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def add(self, running: RunningProcess) -> None:
        """Remember a process that was just started."""
        command = running.command
        port = command.environment.get("METRICS_PORT")
        record = Record(
            name=command.name,
            id=running.id,
            stop_signal=command.stop_signal,
            metrics_port=int(port) if port else None,
        )
        with self._lock:
            self._records.append(record)
            self._write()

    def remove(self, process: ProcessId) -> None:
        """Forget a process that has ended."""
        with self._lock:
            self._records = [record for record in self._records if record.id != process]
            self._write()

    def _write(self) -> None:
        write_records(self.folder, self._records)


def write_records(folder: Path, records: list[Record]) -> None:
    """Write the file in one step, readable by its owner only."""
    rows = [
        {
            "name": record.name,
            "pid": record.id.pid,
            "started_ticks": record.id.started_ticks,
            "boot_id": record.id.boot_id,
            "stop_signal": record.stop_signal,
            "metrics_port": record.metrics_port,
        }
        for record in records
    ]
    replace_text(folder / FILE_NAME, json.dumps(rows, indent=1))


def read_records(folder: Path) -> list[Record]:
    """What was started in this folder, oldest first; empty when there is no file."""
    try:
        rows = json.loads((folder / FILE_NAME).read_text())
    except FileNotFoundError:
        return []
    return [
        Record(
            name=row["name"],
            id=ProcessId(pid=row["pid"], started_ticks=row["started_ticks"], boot_id=row["boot_id"]),
            stop_signal=row["stop_signal"],
            metrics_port=row.get("metrics_port"),
        )
        for row in rows
    ]


def stop_recorded(folder: Path) -> list[str]:
    """Stop what still runs of a folder, last started first; the names of what was stopped."""
    stopped = []
    for record in reversed(read_records(folder)):
        if is_alive(record.id):
            stop_process(record.id, record.stop_signal)
            stopped.append(record.name)
    (folder / FILE_NAME).unlink(missing_ok=True)
    return stopped


def replace_text(path: Path, text: str, mode: int = 0o600) -> None:
    """Write a file so that a reader sees the old text or the new one, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    temporary.replace(path)
