"""What of ours is installed on this machine: Python, its environment, servers, libraries, Docker."""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import parse_qs

from devstack.host import apt, programs
from devstack.host.facts import Fact, said
from devstack.host.libraries import CHINESE
from devstack.host.packages import DEBIAN, missing, this_system, what_to_do
from devstack.host.ports import connects
from devstack.programmes import PROJECT

PYTHON_OLDEST, PYTHON_NEWEST = (3, 11), (3, 14)
# Of the variables that name servers to use (.env.example); they must reach the background process too.
GIVEN_PREFIXES = ("AMQP_URI", "DATABASE_URL")
PORTS = {"amqp": 5672, "amqps": 5671}
POSTGRESQL_PORT = 5432


def python() -> Fact:
    """The one that the Makefile took, which is the one that asks this."""
    found = f"{sys.version.split()[0]} ({sys.executable})"
    if PYTHON_OLDEST <= sys.version_info[:2] <= PYTHON_NEWEST:
        return Fact(found)
    return Fact(
        found, "Python 3.11, 3.12, 3.13 or 3.14 is needed: install one, or say make PYTHON=/where/it/is."
    )


def environment() -> Fact:
    """`.venv`, tried."""
    program = PROJECT / ".venv/bin/python"
    if not os.path.lexists(program):
        return Fact("none yet: make setup makes .venv")
    if not is_whole():
        return Fact("broken: make setup mends .venv, or makes it anew after rm -r .venv")
    return Fact(
        f".venv with Python {said([str(program), '-c', 'import platform; print(platform.python_version())'])}"
    )


def is_whole() -> bool:
    """Whether `.venv` has what the platform imports, so that nothing must be fetched for it."""
    return (
        said([str(PROJECT / ".venv/bin/python"), "-c", "import nameko, weasyprint, devstack, pytest"])
        is not None
    )


def uv() -> Fact:
    """An installed one, or ours; without either, Python must be able to make an environment for one."""
    for program in (shutil.which("uv"), PROJECT / "var/tools/bin/uv"):
        if program and (version := said([str(program), "--version"])):
            return Fact(f"{version.removeprefix('uv ')} ({program})")
    return _need("venv", "none yet: make setup puts one into var/tools")


def postgresql() -> Fact:
    """All that is there; the one that would be taken comes first."""
    if given_urls():
        return Fact("not looked for, as servers are given")
    return _need("postgresql", _installations(programs.found_postgresql(), programs.POSTGRESQL))


def rabbitmq() -> Fact:
    """As PostgreSQL."""
    if given_urls():
        return Fact("not looked for, as servers are given")
    return _need("rabbitmq", _installations(programs.found_rabbitmq(), programs.RABBITMQ))


def epmd() -> Fact:
    """Erlang's name daemon, and Erlang's own release where a folder beside it tells."""
    if given_urls():
        return Fact("not looked for, as servers are given")
    if missing(["rabbitmq"]):
        return Fact("comes with RabbitMQ")
    homes = programs.epmd().resolve().parents
    releases = sorted(one.name for home in homes for one in home.glob("releases/[0-9]*") if one.is_dir())
    return Fact(f"{programs.epmd()}" + (f", Erlang/OTP {releases[-1]}" if releases else ""))


def given_servers() -> Fact:
    """Those that variables name: whether each lets us in at the door. No password is told."""
    urls = given_urls()
    if not urls:
        return Fact("none: private ones are started")
    named = {(name, *door) for name, url in urls.items() for door in doors(url)}
    closed = sorted(f"{name}: {host}:{port}" for name, host, port in named if not connects(host, port))
    found = ", ".join(sorted(f"{name} → {host}:{port}" for name, host, port in named))
    return Fact(found, f"Nobody answers at {', '.join(closed)}." if closed else "")


def given_urls() -> dict[str, str]:
    """The variables that name servers to use; `…_FILE` names a file with the URL."""
    named = {name: value for name, value in os.environ.items() if value and name.startswith(GIVEN_PREFIXES)}
    return {name: _text(value) if name.endswith("_FILE") else value for name, value in named.items()}


def libraries() -> Fact:
    """Pango and its kin."""
    return _need("pango", "Pango, HarfBuzz and Fontconfig load")


def fonts() -> Fact:
    """Those of the voucher."""
    return _need("fonts", f"Open Sans, DejaVu and {CHINESE}")


def prometheus() -> Fact:
    """For the tests of the alerts."""
    return _need("prometheus", shutil.which("prometheus") or "none")


def chromium() -> Fact:
    """For the browser tests."""
    return _need("chromium", "" if missing(["chromium"]) else str(programs.chromium()))


def docker() -> Fact:
    """Only the container tests want it."""
    if version := said(["docker", "info", "--format", "{{.ServerVersion}}"]):
        return Fact(f"engine {version} answers")
    return Fact("no engine answers", "No Docker engine answers: start one (docker info must work).")


def _need(need: str, found: str) -> Fact:
    """What is missing is no trouble where `make setup` installs it."""
    lacking = missing([need])
    if not lacking:
        return Fact(found)
    if apt.can_install():
        return Fact(f"missing; make installs {DEBIAN.packages[need]}")
    return Fact("missing", what_to_do(lacking, this_system()))


def _installations(found: Iterable[programs.Found], wanted: programs.Wanted) -> str:
    ordered = sorted(found, key=wanted.fits, reverse=True)
    return "; ".join(_told(one, wanted) for one in ordered)


def _told(one: programs.Found, wanted: programs.Wanted) -> str:
    lacks = f", without {', '.join(one.lacks)}" if one.lacks else ""
    return f"{one.shown} in {one.folder}{lacks}" + ("" if wanted.fits(one) else " (not used)")


def doors(url: str) -> Iterator[tuple[str, int]]:
    """Host and port of each server of a URL, or of several URLs with semicolons between them; a database's
    several hosts stand in its query (ADR 0029)."""
    for one in url.split(";"):
        scheme, _, rest = one.partition("://")
        address, _, query = rest.partition("?")
        named = address.partition("/")[0].rpartition("@")[2].split(",")
        for host in parse_qs(query).get("host", named):
            name, _, port = host.rpartition(":") if ":" in host.rpartition("]")[2] else (host, "", "")
            default = PORTS.get(scheme, POSTGRESQL_PORT)
            yield name.strip("[]") or "localhost", int(port) if port.isdigit() else default


def _text(file: str) -> str:
    try:
        return Path(file).read_text().strip()
    except OSError:
        return ""
