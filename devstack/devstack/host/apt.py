"""Packages of Debian and Ubuntu, installed as root without starting anything that they bring."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from devstack.errors import DevstackError
from devstack.host.programs import search_path

# Units that a fresh install would start at the next boot; ours are private nodes, so these stay off.
UNITS = (
    *("rabbitmq-server.service", "postgresql.service", "epmd.service", "epmd.socket"),
    "prometheus.service",
)
POLICY_FILE = Path("/usr/sbin/policy-rc.d")
POLICY_FORBIDS_ALL = (
    "#!/bin/sh\n# Written by devstack during one install: nothing may be started.\nexit 101\n"
)
LOCK_FILE = Path("/run/devstack-apt.lock")


def can_install() -> bool:
    """Whether this is a Debian or an Ubuntu, and we are root there."""
    return os.geteuid() == 0 and shutil.which("apt-get", path=search_path()) is not None


def install(missing: Callable[[], Sequence[str]]) -> None:
    """Install what is missing still when it is our turn; raises DevstackError where apt-get fails."""
    with LOCK_FILE.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Somebody else may have installed them while we waited for the lock.
        if packages := missing():
            _install(packages)


def _install(packages: Sequence[str]) -> None:
    print(f"Installing with apt-get: {' '.join(packages)}", flush=True)
    had_units = {unit for unit in UNITS if _unit_exists(unit)}
    with nothing_starts():
        _apt_get("update", "-qq")
        _apt_get("install", "-y", "-qq", "--no-install-recommends", *packages)
    _leave_off([unit for unit in UNITS if unit not in had_units])


def _apt_get(*arguments: str) -> None:
    # dpkg refuses to work where the PATH has no sbin.
    environment = {**os.environ, "PATH": search_path(), "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-o", "DPkg::Lock::Timeout=300", *arguments]
    done = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise DevstackError(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-2000:]}")


@contextmanager
def nothing_starts(policy: Path = POLICY_FILE) -> Iterator[None]:
    """While inside, installs start no daemon (invoke-rc.d(8)); the machine's own policy comes back after."""
    kept = policy.with_name(policy.name + ".before-devstack")
    if policy.exists():
        policy.rename(kept)
    policy.write_text(POLICY_FORBIDS_ALL)
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink(missing_ok=True)
        if kept.exists():
            kept.rename(policy)


def _unit_exists(unit: str) -> bool:
    return any((Path(folder) / unit).exists() for folder in ("/lib/systemd/system", "/etc/systemd/system"))


def _leave_off(units: Sequence[str]) -> None:
    """Units that this very install brought are not started at boot either; others are left alone."""
    for unit in units:
        if not _unit_exists(unit):
            continue
        # update-rc.d also works where no systemctl is (a container that gets an init later).
        for command in (
            ["update-rc.d", unit.removesuffix(".service"), "disable"],
            ["systemctl", "disable", unit],
        ):
            if shutil.which(command[0]):
                subprocess.run(command, capture_output=True, check=False)
