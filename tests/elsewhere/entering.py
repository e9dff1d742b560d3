"""Running a command in a root, in namespaces of its own: what it mounts and starts ends with it."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

# Mounts made here are seen by nobody else, and no folder of this machine is among them. Whatever runs inside
# ends when we end, however that is.
UNSHARE = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"),
)
# The shell stays as the first process of the namespace, so that orphans are reaped.
ENTER = """
set -eu
root=$1; shift
mount -t proc proc "$root/proc"
mount -t tmpfs -o mode=755 dev "$root/dev"
while read -r name major minor; do mknod -m 666 "$root/dev/$name" c "$major" "$minor"; done <<NODES
null 1 3
zero 1 5
full 1 7
random 1 8
urandom 1 9
tty 5 0
NODES
mkdir "$root/dev/pts"
mkdir -m 1777 "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=666,mode=620 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for n in 0:in 1:out 2:err; do ln -s "/proc/self/fd/${n%:*}" "$root/dev/std${n#*:}"; done
code=0
chroot "$root" /bin/sh -c "$1" || code=$?
exit "$code"
"""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a command ended: its exit status, its last line that is not empty, and how long it took."""

    code: int
    last_line: str
    seconds: float


def enter(root: Path, command: str, *, environment: Mapping[str, str], label: str, log: TextIO) -> Ended:
    """Run a shell command in the root; its output goes to `log` and, behind `label`, to ours."""
    return stream([*UNSHARE, "sh", "-c", ENTER, "sh", str(root), command], environment, label, log)


def may_unshare() -> bool:
    """Whether the kernel lets us have namespaces: some containers may not."""
    done = subprocess.run([*UNSHARE, "true"], capture_output=True, check=False)
    return done.returncode == 0


def stream(command: Sequence[str], environment: Mapping[str, str], label: str, log: TextIO) -> Ended:
    """Run a command and show what it says while it says it."""
    begun = time.monotonic()
    last_line = ""
    log.write(f"\n===== {label}\n")
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stdout or ():
                log.write(line)
                log.flush()
                print(f"{label} | {line}", end="", flush=True)
                last_line = line.strip() or last_line
        except BaseException:
            process.kill()
            raise
    return Ended(code=process.returncode, last_line=last_line, seconds=time.monotonic() - begun)
