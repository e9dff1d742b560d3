"""What the processes of a platform have used of the processor, from /proc (proc(5))."""

import os
from collections import defaultdict
from pathlib import Path

from devstack.host.pids import read_records
from devstack.host.processes import descendants

TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# The outside world played locally, and what exists for the benchmark only.
OUTSIDE = frozenset({"bank", "family_quotient", "mailbox"})
ECHO = frozenset({"echo", "gateway-echo"})
LEFT_OUT = OUTSIDE | ECHO


def cpu_seconds(folder: Path, left_out: frozenset[str] = LEFT_OUT) -> dict[str, float]:
    """Seconds by process name so far, PostgreSQL's by whose session it is; take the difference of two."""
    used: defaultdict[str, float] = defaultdict(float)
    for record in read_records(folder):
        if record.name in left_out:
            continue
        for pid in (record.id.pid, *(child.pid for child in descendants(record.id.pid))):
            used[_name(record.name, pid)] += _seconds(pid)
    return used


def spent(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Seconds between two readings, the largest first; a session that ended counts with its parent."""
    between = {name: after.get(name, 0.0) - before.get(name, 0.0) for name in after | before}
    return dict(sorted(between.items(), key=lambda item: -item[1]))


def _seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    # utime, stime, and those of children that have ended.
    return sum(map(int, fields[11:15])) / TICKS_PER_S


def _name(name: str, pid: int) -> str:
    if name != "postgresql":
        return name
    try:
        title = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
    except OSError:
        return name
    # "postgres: cards cards 127.0.0.1(39806) idle": user, database, client.
    words = title.split()
    is_session = len(words) > 3 and words[0] == "postgres:" and "(" in words[3]
    return f"{name} {words[2]}" if is_session else name
