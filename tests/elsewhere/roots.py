"""A root of a Debian suite under var/elsewhere: made once by debootstrap, given a fresh clone each time."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import TextIO

from devstack.errors import DevstackError
from devstack.host import apt
from devstack.host.programs import search_path
from tests.conftest import ROOT
from tests.elsewhere.entering import UNSHARE, enter, may_unshare, stream
from tests.elsewhere.machine import environment, fetching, mirror, settle_in, what_is_wrong_with

ROOTS = ROOT / "var" / "elsewhere"
CLONE = "srv/occygene"
# Written last: a root without it was begun and not finished.
STAMP = "etc/made-by-test-elsewhere"
# What the README asks of a machine; the platform installs the rest itself, as it does for a newcomer.
PACKAGES = "ca-certificates,git,make,procps,python3,python3-venv"
# A Debian knows only the suites before it, and this script makes every one since.
SCRIPT = "/usr/share/debootstrap/scripts/sid"


class LeftOut(Exception):
    """This machine cannot have the root; says why."""


class NotMade(Exception):
    """Making the root failed; says at what."""


def ensure_root(suite: str, log: TextIO) -> Path:
    """The suite's root with a fresh clone of HEAD, set up. Raises LeftOut and NotMade."""
    _require()
    root = ROOTS / suite
    if not (root / STAMP).exists():
        _debootstrap(root, suite, log)
    settle_in(root)
    _clone(root)
    for command in ("update-ca-certificates", f"cd /{CLONE} && make setup", "apt-get clean"):
        if enter(root, command, environment=environment(), label=f"{suite} setup", log=log).code:
            raise NotMade(command)
    (root / STAMP).write_text(f"{suite}\n")
    return root


def remove(folder: Path) -> None:
    """Delete a folder and nothing that is mounted in it; there should be no such thing."""
    subprocess.run(["rm", "-rf", "--one-file-system", str(folder)], check=True)


def _debootstrap(root: Path, suite: str, log: TextIO) -> None:
    archive = mirror()
    if wrong := what_is_wrong_with(archive, suite):
        raise LeftOut(wrong)
    remove(root)
    root.mkdir(parents=True)
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", suite, str(root), archive, SCRIPT]
    # In namespaces of its own, since it mounts /proc: none is left when it is broken off.
    if stream([*UNSHARE, *command], fetching(), f"{suite} debootstrap", log).code:
        raise NotMade("debootstrap")


def _require() -> None:
    if os.geteuid() != 0:
        raise LeftOut("only root can make a root")
    if _lacks_debootstrap() and apt.can_install():
        try:
            apt.install(lambda: ["debootstrap"] if _lacks_debootstrap() else [])
        except DevstackError as error:
            raise LeftOut(f"debootstrap cannot be had: {error}") from None
    if _lacks_debootstrap():
        raise LeftOut("debootstrap is not here, and this is no Debian that it could be installed on")
    if not may_unshare():
        raise LeftOut("this machine gives no namespaces (unshare)")


def _lacks_debootstrap() -> bool:
    return shutil.which("debootstrap", path=search_path()) is None


def _clone(root: Path) -> None:
    """What is committed, as a newcomer would get it; no file is shared with ours."""
    remove(root / CLONE)
    clone = ["git", "clone", "--quiet", "--no-hardlinks", str(ROOT), str(root / CLONE)]
    subprocess.run(clone, check=True)
