"""What this machine offers: disk, memory, open files, ports, names; and how much of it the platform needs."""

import os
import resource
import shutil
import socket
import sys
import tempfile
from pathlib import Path

from devstack.host.facts import Fact, said
from devstack.host.ports import free_port, is_free
from devstack.host.room import DISK_NEEDED_BYTES, free_bytes
from devstack.programmes import PROJECT

GIB = 1 << 30
# The 51 processes of `make demo` took 0.85 GiB, each with its share of what is shared; tests run more.
MEMORY_NEEDED_BYTES = 3 * GIB // 2
# What most systems give; macOS gives 256, and a service under load has more connections than that.
FILES_NEEDED = 1024
# Where the servers of the system listen: RabbitMQ, its distribution, Erlang's name daemon, PostgreSQL.
STANDARD_PORTS = (5672, 25672, 4369, 5432)


def disk() -> Fact:
    """Where data, temporary files and (for root) PostgreSQL's data can lie."""
    folders = {PROJECT, Path(tempfile.gettempdir()), Path("/var/tmp")}  # noqa: S108 - only looked at
    free = {folder: free_bytes(folder) for folder in sorted(folders)}
    found = ", ".join(f"{one / GIB:.1f} GiB free in {folder}" for folder, one in free.items())
    short = [str(folder) for folder, one in free.items() if one < DISK_NEEDED_BYTES]
    trouble = f"{DISK_NEEDED_BYTES / GIB:.0f} GiB must be free in {', '.join(short)}." if short else ""
    return Fact(found, trouble)


def memory() -> Fact:
    """What can be had without swapping, also where a container is given less than its machine."""
    free = [one for one in (_available_bytes(), _left_in_group_bytes()) if one is not None]
    if not free:
        return Fact("unknown here")
    found = f"{min(free) / GIB:.1f} GiB available"
    if min(free) >= MEMORY_NEEDED_BYTES:
        return Fact(found)
    return Fact(found, f"The platform takes some {MEMORY_NEEDED_BYTES / GIB:.1f} GiB; only {found}.")


def files() -> Fact:
    """How many files a process may have open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = f"{soft} open, {hard} at most"
    if soft >= FILES_NEEDED or soft == resource.RLIM_INFINITY:
        return Fact(found)
    return Fact(found, f"A process may open {soft} files only: ulimit -n 4096, then try again.")


def loopback() -> Fact:
    """Everything of ours talks over IPv4 on loopback, and the broker's node is called …@localhost."""
    try:
        free_port()
        addresses = {str(one[4][0]) for one in socket.getaddrinfo("localhost", None, socket.AF_INET)}
    except OSError as error:
        return Fact("does not work", f"127.0.0.1 and localhost must work: {error}.")
    if "127.0.0.1" not in addresses:
        return Fact(f"localhost is {addresses}", "localhost must be 127.0.0.1: see /etc/hosts.")
    return Fact("127.0.0.1" + (" and ::1" if _has_ipv6() else "; no IPv6, which nothing needs"))


def host_name() -> Fact:
    """A broker that cannot resolve its own host name holds every connection for seconds."""
    name = socket.gethostname()
    # Asked by another process, as a name server that is away holds the question for longer than we wait.
    ask = "import socket, sys; print(socket.gethostbyname(sys.argv[1]))"
    if address := said([sys.executable, "-c", ask, name]):
        return Fact(f"{name} is {address}")
    return Fact(
        f"{name} does NOT resolve. A broker that cannot resolve its own host name holds every connection for "
        "seconds, so ours gets a cluster name; a given one may want the name in /etc/hosts, beside 127.0.0.1"
    )


def standard_ports() -> Fact:
    """Of servers of the system, which are not in our way."""
    taken = [str(port) for port in STANDARD_PORTS if not is_free(port)]
    return Fact(f"{', '.join(taken)} taken by others: ours take other ones" if taken else "free")


def gateway_port() -> Fact:
    """Of `make up`; everything else takes what is free."""
    said_port = os.environ.get("GATEWAY_PORT") or "8000"
    if not said_port.isdecimal():
        return Fact(f"GATEWAY_PORT={said_port}", "GATEWAY_PORT must be a number.")
    if is_free(port := int(said_port)):
        return Fact(f"{port} is free")
    return Fact(f"{port} is taken", f"Port {port} is taken by another program: make up GATEWAY_PORT=8001")


def home() -> Fact:
    """Caches lie there when they can."""
    folder = Path(os.environ.get("HOME") or "/nonexistent")
    if os.access(folder, os.W_OK):
        return Fact(f"{folder}")
    return Fact(f"{folder} cannot be written: caches go to var/cache instead")


def commands() -> Fact:
    """What the Makefile and its scripts call beside what else is here."""
    lacking = [name for name in ("git", "make", "ps", "gzip", "tar") if shutil.which(name) is None]
    return Fact("git, make, ps, gzip, tar", f"Not in the PATH: {', '.join(lacking)}." if lacking else "")


def _available_bytes() -> int | None:
    """From /proc/meminfo; where there is none, all of the memory."""
    try:
        lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
        return int(lines["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        whole = said(["sysctl", "-n", "hw.memsize"])
        return int(whole) if whole else None


def _left_in_group_bytes() -> int | None:
    """What a control group leaves (memory.max, memory.current of cgroup v2); None where it sets no limit."""
    group = Path("/sys/fs/cgroup")
    try:
        return int((group / "memory.max").read_text()) - int((group / "memory.current").read_text())
    except (OSError, ValueError):
        return None


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True
