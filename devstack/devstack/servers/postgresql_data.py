"""The data of a private PostgreSQL cluster: where it can lie, who makes it, by which version, how it goes."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from devstack.errors import DevstackError
from devstack.host.programs import postgresql_bin, search_path
from devstack.servers.archiving import remove_archive
from devstack.servers.databases import ADMINISTRATOR

SYSTEM_USER = "postgres"
DATA_LINK = "data"
# Order by bytes, letters of all scripts; not every macOS has a locale that says both.
LOCALE = ("--locale", "C", "--lc-ctype", "UTF-8") if sys.platform == "darwin" else ("--locale", "C.UTF-8")


def remove_data(folder: Path) -> None:
    """Delete a stopped cluster's data, wherever it had to be put, and its backups; its log stays."""
    data = folder / DATA_LINK
    remove_archive(data.resolve())
    if data.is_symlink():
        shutil.rmtree(data.resolve().parent, ignore_errors=True)
        data.unlink()
    shutil.rmtree(data, ignore_errors=True)


def bin_of(data: Path) -> Path:
    """The programs of the version that made this data, as no other can serve it; without data the newest.

    Raises DevstackError.
    """
    version = data / "PG_VERSION"
    return postgresql_bin(int(version.read_text()) if version.exists() else None)


def environment_of(programs: Path) -> dict[str, str]:
    """What a server and its scripts get: nothing of ours but where programs are."""
    return {"PATH": search_path(programs), "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def system_user() -> str | None:
    """Who runs the server: PostgreSQL refuses root, so root becomes `postgres`; others stay themselves.

    Raises DevstackError where root has nobody to become.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER).pw_name
    except KeyError:
        raise DevstackError(
            f"PostgreSQL does not run as root, and there is no user {SYSTEM_USER} to run it as.\n"
            f"Make one (useradd --system {SYSTEM_USER}), or start as a user who is not root."
        ) from None


def ensure_data(folder: Path, admin_password: str) -> None:
    """Let `folder` have data, made by the newest version that is here. Raises DevstackError."""
    link = folder / DATA_LINK
    if (link / "PG_VERSION").exists():
        return
    home = _reachable_home(folder)
    data = home / DATA_LINK
    # An initdb that was interrupted leaves a folder that neither initdb nor the server accepts.
    shutil.rmtree(data, ignore_errors=True)
    _initdb(data, home, admin_password)
    if home != folder:
        link.unlink(missing_ok=True)
        link.symlink_to(data)


def _reachable_home(folder: Path) -> Path:
    """A folder for the data that the server's user can reach.

    A clone under /root cannot be entered by `postgres`: the data then goes to a new folder under /var/tmp,
    and `folder` gets a link to it.
    """
    user = system_user()
    if user is None:
        return folder
    if not _can_enter(folder, user):
        folder = Path(tempfile.mkdtemp(prefix="devstack-postgresql-", dir="/var/tmp"))
    shutil.chown(folder, user, user)
    return folder


def _can_enter(folder: Path, user: str) -> bool:
    """Ask the kernel rather than computing with modes: access lists and mount options count too."""
    test = ["test", "-x", str(folder.resolve())]
    done = subprocess.run(test, user=user, group=user, extra_groups=[], cwd="/", check=False)
    return done.returncode == 0


def _initdb(data: Path, home: Path, admin_password: str) -> None:
    user, programs = system_user(), postgresql_bin()
    with _password_file(home, admin_password, user) as password_file:
        done = subprocess.run(
            [
                *(str(programs / "initdb"), "-D", str(data), "-U", ADMINISTRATOR),
                *("--pwfile", str(password_file), "--auth", "scram-sha-256"),
                *("--encoding", "UTF8", *LOCALE, "--no-sync"),
            ],
            user=user,
            group=user,
            extra_groups=[] if user else None,
            env=environment_of(programs),
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise DevstackError(f"initdb failed:\n{done.stdout}{done.stderr}")


@contextmanager
def _password_file(home: Path, password: str, user: str | None) -> Iterator[Path]:
    """A file that only the server's user can read, gone afterwards: no password in an argument list."""
    path = home / ".initdb-password"
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(password + "\n")
    if user:
        shutil.chown(path, user, user)
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)
