"""The Debian packages that the platform needs without containers: checked, and installed when root."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from devstack.errors import DevstackError
from devstack.programs import forget, postgresql_bin, rabbitmq_bin

BACKING_PACKAGES = ("rabbitmq-server", "postgresql")
RENDERING_PACKAGES = (
    "libpango-1.0-0",
    "libpangoft2-1.0-0",
    "libharfbuzz-subset0",
    "fonts-dejavu-core",
    "fonts-open-sans",
)
# For the tests of the alerts: no part of a running platform, so they ask for it themselves.
MONITORING_PACKAGES = ("prometheus",)

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


def ensure_packages(packages: Sequence[str] = (*BACKING_PACKAGES, *RENDERING_PACKAGES)) -> None:
    """Make sure that the packages are there.

    Installs them with apt-get when we are root; raises DevstackError with the command to run otherwise.
    """
    if not missing_packages(packages):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise DevstackError(what_to_do(missing_packages(packages)))
    with LOCK_FILE.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Somebody else may have installed them while we waited for the lock.
        if missing := missing_packages(packages):
            _install(missing)
    if missing := missing_packages(packages):
        raise DevstackError(what_to_do(missing))


def missing_packages(packages: Sequence[str]) -> list[str]:
    """Those of the packages that are not here, in the given order."""
    return [package for package in packages if not _is_here(package)]


def what_to_do(missing: Sequence[str]) -> str:
    """The sentence for a person who may not install packages."""
    names = " ".join(missing)
    return (
        f"Missing Debian packages: {names}.\n"
        f"Install them as root:  apt-get update && apt-get install {names}\n"
        "or give running servers: AMQP_URI=amqp://… and "
        "DATABASE_URL=postgresql+psycopg2://… (an administrator)."
    )


def _is_here(package: str) -> bool:
    """Programs are looked for where we start them; libraries are asked from dpkg."""
    programs = {"rabbitmq-server": rabbitmq_bin, "postgresql": postgresql_bin}
    if package in programs:
        with suppress(DevstackError):
            return bool(programs[package]())
        return False
    if shutil.which("dpkg-query") is None:
        return False
    query = ["dpkg-query", "-W", "-f", "${db:Status-Status}", package]
    answer = subprocess.run(query, capture_output=True, text=True, check=False)
    return answer.stdout == "installed"


def _install(packages: Sequence[str]) -> None:
    print(f"Installing from Debian: {' '.join(packages)}", flush=True)
    had_units = {unit for unit in UNITS if _unit_exists(unit)}
    with nothing_starts():
        _apt_get("update", "-qq")
        _apt_get("install", "-y", "-qq", "--no-install-recommends", *packages)
    _leave_off([unit for unit in UNITS if unit not in had_units])
    forget()


def _apt_get(*arguments: str) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
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
