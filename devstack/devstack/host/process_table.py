"""The processes of this machine as the kernel lists them: /proc on Linux, ps(1) elsewhere (macOS)."""

import calendar
import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
BOOT_ID = PROC / "sys/kernel/random/boot_id"
HAS_PROC = BOOT_ID.exists()


@dataclass(frozen=True)
class Status:
    """One process: its state's first letter, its parent's pid, and its start in the system's own count."""

    state: str
    parent: int
    started_ticks: int


def proc_status(pid: int) -> Status | None:
    """From /proc/<pid>/stat (proc(5)); the command, in brackets, may hold spaces and brackets."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return Status(state=fields[0], parent=int(fields[1]), started_ticks=int(fields[19]))


def ps_statuses(*which: str) -> dict[int, Status]:
    """By pid, what ps(1) says: `-A` for all, `-p PID` for one. The start is in seconds of the clock."""
    command = ["ps", *which, "-o", "pid=,ppid=,state=,lstart="]
    environment = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return dict(map(_of_line, done.stdout.splitlines()))


def _of_line(line: str) -> tuple[int, Status]:
    pid, parent, state, *started = line.split()
    moment = time.strptime(" ".join(started), "%a %b %d %H:%M:%S %Y")
    return int(pid), Status(state=state[0], parent=int(parent), started_ticks=calendar.timegm(moment))
