"""Where a private server keeps its backups and the log since then, and how it is told to (ADR 0027)."""

import shlex
import shutil
from pathlib import Path

from devstack.programmes import PROJECT

# The scripts that the containers run (deploy/compose.yaml), unchanged.
SCRIPTS = PROJECT / "deploy" / "backup"
# What is not archived within this time is lost with the disk that the data lies on.
ARCHIVED_WITHIN_S = 60


def backup_folder(data: Path) -> Path:
    """Base backups (`base`) and the log (`wal`) of the server whose data this is."""
    return data.parent / "backup"


def tools_folder(data: Path) -> Path:
    """The scripts, where the server's user can read them: it may not enter the project."""
    return data.parent / "backup-tools"


def archiving_settings(data: Path, user: str | None) -> tuple[str, ...]:
    """For the server, which runs as `user`: hand every finished piece of the log to `archive.sh`."""
    install_tools(data, user)
    return (
        "archive_mode=on",
        f"archive_timeout={ARCHIVED_WITHIN_S}",
        f"archive_command={_command(tools_folder(data) / 'archive.sh')}",
    )


def _command(script: Path) -> str:
    """For the shell, which splits words, and for the server, which fills in what follows a percent sign."""
    return f"sh {shlex.quote(str(script))}".replace("%", "%%") + " %p %f"


def archiving_variables(data: Path) -> dict[str, str]:
    """What the scripts must know of the server."""
    return {"BACKUP_FOLDER": str(backup_folder(data)), "PGDATA": str(data)}


def install_tools(data: Path, user: str | None) -> None:
    """Put scripts and folder where the server's user reaches them."""
    tools, backups = tools_folder(data), backup_folder(data)
    shutil.copytree(SCRIPTS, tools, dirs_exist_ok=True)
    backups.mkdir(mode=0o700, exist_ok=True)
    if user:
        for path in (backups, tools, *tools.iterdir()):
            shutil.chown(path, user, user)


def remove_archive(data: Path) -> None:
    """Delete what this module and a restore left beside the data."""
    for path in (backup_folder(data), tools_folder(data), *data.parent.glob(f"{data.name}-before-*")):
        shutil.rmtree(path, ignore_errors=True)
