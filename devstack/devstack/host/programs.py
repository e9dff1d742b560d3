"""Where PostgreSQL, RabbitMQ and Erlang's name daemon are on this machine: looked for, never assumed."""

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from devstack.errors import DevstackError
from devstack.host.facts import said

POSTGRESQL_OLDEST, POSTGRESQL_NEWEST = 15, 18
RABBITMQ_OLDEST, RABBITMQ_NEWEST = (3, 10), (4, 999)
# What `make up` and its backups start, the server itself first; one of them missing is a half-installed one.
POSTGRESQL_PROGRAMS = (
    *("postgres", "initdb", "pg_ctl", "pg_controldata", "pg_archivecleanup"),
    *("psql", "pg_basebackup", "pg_verifybackup"),
)
RABBITMQ_PROGRAMS = ("rabbitmq-server", "rabbitmqctl")
# Not in every PATH, and servers lie there all the same.
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")
HOMEBREW = ("/opt/homebrew", "/usr/local", "/home/linuxbrew/.linuxbrew")


@dataclass(frozen=True, kw_only=True)
class Found:
    """The programs of one installation; `lacks` names what a half-installed one has not."""

    folder: Path
    version: tuple[int, ...]
    lacks: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """`15.13`, `4.0.5`."""
        return ".".join(map(str, self.version))


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """One server's programs: which, in which versions, where to look, and how to ask a folder its version."""

    name: str
    programs: tuple[str, ...]
    places: tuple[str, ...]
    oldest: tuple[int, ...]
    newest: tuple[int, ...]

    def fits(self, found: Found) -> bool:
        """Whole, and of a version that the platform is tried on."""
        size = len(self.newest)
        return not found.lacks and self.oldest <= found.version[:size] <= self.newest


POSTGRESQL = Wanted(
    name="PostgreSQL",
    programs=POSTGRESQL_PROGRAMS,
    places=(
        "/usr/lib/postgresql/*/bin",
        "/usr/pgsql-*/bin",
        *(f"{prefix}/opt/postgresql*/bin" for prefix in HOMEBREW),
    ),
    oldest=(POSTGRESQL_OLDEST,),
    newest=(POSTGRESQL_NEWEST,),
)
RABBITMQ = Wanted(
    name="RabbitMQ",
    programs=RABBITMQ_PROGRAMS,
    # The scripts themselves: what Debian and Fedora put into /usr/sbin changes the user first.
    places=(
        "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin",
        *(f"{prefix}/opt/rabbitmq/sbin" for prefix in HOMEBREW),
    ),
    oldest=RABBITMQ_OLDEST,
    newest=RABBITMQ_NEWEST,
)
# Debian, Arch and openSUSE; Ubuntu and Fedora.
CHROMIUM = ("chromium", "chromium-browser")
EPMD_PLACES = (
    "/usr/lib/erlang/bin",
    "/usr/lib*/erlang/erts-*/bin",
    "/usr/local/lib/erlang/erts-*/bin",
    *(f"{prefix}/opt/erlang/lib/erlang/erts-*/bin" for prefix in HOMEBREW),
)


def postgresql_bin(major: int | None = None) -> Path:
    """The programs of the newest PostgreSQL that fits, or of exactly `major`: data has its version.

    Raises DevstackError that says where was looked and what was found there.
    """
    fitting = [found for found in found_postgresql() if POSTGRESQL.fits(found)]
    if major is not None:
        fitting = [found for found in fitting if found.version[0] == major]
    if not fitting:
        raise DevstackError(not_found(POSTGRESQL, found_postgresql(), major))
    return fitting[0].folder


def rabbitmq_bin() -> Path:
    """The scripts of the newest RabbitMQ that fits. Raises DevstackError as `postgresql_bin`."""
    fitting = [found for found in found_rabbitmq() if RABBITMQ.fits(found)]
    if not fitting:
        raise DevstackError(not_found(RABBITMQ, found_rabbitmq()))
    return fitting[0].folder


def epmd() -> Path:
    """Erlang's name daemon. Raises DevstackError."""
    for folder in _folders(EPMD_PLACES):
        if _is_program(folder / "epmd"):
            return folder / "epmd"
    raise DevstackError(f"Erlang's name daemon (epmd) is missing. Looked in: {_said(_folders(EPMD_PLACES))}.")


def chromium() -> Path:
    """The browser of the browser tests. Raises DevstackError."""
    if program := next(filter(None, map(shutil.which, CHROMIUM)), None):
        return Path(program)
    raise DevstackError(f"Not in the PATH: {' or '.join(CHROMIUM)}.")


def search_path(*first: Path) -> str:
    """A PATH for servers: their own folders, ours, and those of the system that some PATHs leave out."""
    return os.pathsep.join(str(folder) for folder in _once([*first, *_path_folders()]))


@cache
def found_postgresql() -> tuple[Found, ...]:
    """Every installation, newest first."""
    told = _output(["pg_config", "--bindir"])
    places = ([told] if told else []) + list(POSTGRESQL.places)
    return _installations(POSTGRESQL, places, _postgresql_version)


@cache
def found_rabbitmq() -> tuple[Found, ...]:
    """Every installation, newest first."""
    return _installations(RABBITMQ, RABBITMQ.places, _rabbitmq_version)


def forget() -> None:
    """Look again: something was installed."""
    found_postgresql.cache_clear()
    found_rabbitmq.cache_clear()


def not_found(wanted: Wanted, found: Iterable[Found], major: int | None = None) -> str:
    """What is truly missing, and where was looked."""
    versions = str(major) if major is not None else _range(wanted)
    lines = [f"No whole {wanted.name} {versions} was found."]
    for one in found:
        lacks = f", without {', '.join(one.lacks)}" if one.lacks else ""
        lines.append(f"  {one.folder}: {wanted.name} {one.shown}{lacks}")
    return "\n".join([*lines, f"  Looked in the PATH and in {', '.join(wanted.places)}."])


def _installations(
    wanted: Wanted, places: Iterable[str], version_of: Callable[[Path], tuple[int, ...]]
) -> tuple[Found, ...]:
    server = wanted.programs[0]
    folders = [_home_of(folder / server) for folder in _folders(places) if _is_program(folder / server)]
    found = [
        Found(folder=folder, version=version, lacks=_lacking(wanted, folder))
        for folder in _once(folders)
        if (version := version_of(folder))
    ]
    return tuple(sorted(found, key=lambda one: one.version, reverse=True))


def _home_of(program: Path) -> Path:
    """The folder that the program really lies in, through every link; a link may have another name."""
    home = program.resolve().parent
    inside = home / program.name
    return _home_of(inside) if inside.exists() and inside.resolve().parent != home else home


def _postgresql_version(folder: Path) -> tuple[int, ...]:
    """Of `postgres (PostgreSQL) 15.13 (Debian …)`; a beta is `18beta1`."""
    return _numbers(_output([str(folder / "postgres"), "--version"]))


def _rabbitmq_version(folder: Path) -> tuple[int, ...]:
    """Its folder's name has it nearly everywhere; asking itself takes the start of an Erlang machine."""
    named = re.findall(r"[-/](\d+\.\d+\.\d+)", str(folder))
    return _numbers(named[-1] if named else _output([str(folder / "rabbitmqctl"), "version"]))


def _numbers(said: str) -> tuple[int, ...]:
    found = re.search(r"\d+(\.\d+)*", said)
    return tuple(map(int, found[0].split("."))) if found else ()


def _lacking(wanted: Wanted, folder: Path) -> tuple[str, ...]:
    return tuple(name for name in wanted.programs if not _is_program(folder / name))


def _folders(places: Iterable[str]) -> list[Path]:
    """The folders that the patterns name, the highest version first, then the PATH's."""
    named = [
        folder
        for place in places
        for folder in sorted(
            Path("/").glob(place.lstrip("/")), key=lambda one: _numbers(str(one)), reverse=True
        )
    ]
    return _once([*named, *_path_folders()])


def _path_folders() -> Iterator[Path]:
    given = os.environ.get("PATH", os.defpath).split(os.pathsep)
    yield from (Path(folder) for folder in [*given, *SBIN] if folder)


def _once(folders: Iterable[Path]) -> list[Path]:
    return list(dict.fromkeys(folders))


def _is_program(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _output(command: list[str]) -> str:
    """What a program says; nothing where there is none, or where it fails."""
    return said(command) or ""


def _range(wanted: Wanted) -> str:
    oldest = ".".join(map(str, wanted.oldest))
    return f"{oldest} to {wanted.newest[0]}" + (".x" if len(wanted.newest) > 1 else "")


def _said(folders: Iterable[Path]) -> str:
    return ", ".join(map(str, folders))
