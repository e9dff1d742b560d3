"""The doctor tells what a machine has and what is in the way, on any Python, and never a password."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from devstack.errors import DevstackError
from devstack.host import doctor, installed, machine, room
from devstack.host.doctor import FACTS, TARGETS
from devstack.host.pids import read_records
from devstack.host.reachable import index_url
from devstack.programmes import PROJECT
from devstack.servers.backing import private_backing
from tests.devstack.bare_machine import bare

CLOSED_PORT = 1


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A fresh clone as far as the doctor goes, in a folder whose name is a trial."""
    clone = tmp_path / "l'été à Sète" / "occ"
    shutil.copytree(PROJECT / "devstack", clone / "devstack", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", "uv.lock"):
        shutil.copy(PROJECT / name, clone)
    return clone


@pytest.fixture(autouse=True)
def _asked_anew() -> Iterator[None]:
    doctor.fact.cache_clear()
    yield
    doctor.fact.cache_clear()


def ask(tree: Path, *arguments: str, first: str = "", **variables: str) -> "subprocess.CompletedProcess[str]":
    """On Python's own library only, as on a machine that has nothing of ours."""
    command = f'{first}exec "$@"'
    return subprocess.run(
        ["sh", "-c", command, "sh", sys.executable, "-S", "-m", "devstack.host.doctor", *arguments],
        env={**os.environ, "PYTHONPATH": str(tree / "devstack"), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def make(tree: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["make", *arguments], cwd=tree, capture_output=True, text=True, check=False)


def test_a_fresh_clone_gets_its_page_without_any_environment(tree: Path) -> None:
    done = ask(tree)
    assert (done.returncode, done.stderr) == (0, "")
    assert "environment     none yet: make setup makes .venv" in done.stdout
    assert [name for name in FACTS if f"\n  {name} " not in done.stdout] == []
    assert len(done.stdout.splitlines()) < 60


def test_a_broken_environment_is_told_and_no_hindrance(tree: Path) -> None:
    (tree / ".venv/bin").mkdir(parents=True)
    (tree / ".venv/bin/python").symlink_to("/nowhere/python3")
    assert "broken: make setup mends .venv" in ask(tree).stdout


def test_each_target_needs_facts_that_are_looked_at_and_is_a_target() -> None:
    needed = {name for needs in TARGETS.values() for name in needs}
    assert needed - set(FACTS) == set()
    makefile = (PROJECT / "Makefile").read_text()
    assert [target for target in TARGETS if f"\n{target}: " not in makefile] == []


@pytest.mark.parametrize("status", [1, 7])
def test_a_failing_command_ends_with_the_doctors_lines_and_its_own_status(tree: Path, status: int) -> None:
    broken = tree / "uv that fails"
    broken.write_text(f"#!/bin/sh\necho 'no such index' >&2\nexit {status}\n")
    broken.chmod(0o755)
    done = make(tree, "demo", f"UV={broken}")
    assert done.returncode == 2, "what make says of any failure"
    said = done.stderr.splitlines()
    assert said[0] == "no such index"
    assert "make setup" in said[1]
    assert said[-1].endswith(f"Error {status}")


def test_a_limit_of_open_files_is_in_the_way_of_the_platform(tree: Path) -> None:
    done = ask(tree, "demo", first="ulimit -n 256; ")
    assert "In the way of make demo: A process may open 256 files only: ulimit -n 4096" in done.stdout
    assert "256" not in ask(tree, "setup", first="ulimit -n 256; ").stdout


def test_servers_that_are_missing_are_in_the_way_and_told_with_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bare(tmp_path, monkeypatch):
        said = doctor.in_the_way("test")
    assert "In the way of make test: No whole PostgreSQL 15 to 18 was found." in said
    assert "In the way of make test: No whole RabbitMQ 3.10 to 4.x was found." in said


def test_given_servers_are_asked_at_the_door_and_programs_are_not_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, bare(tmp_path, monkeypatch):
        port = server.getsockname()[1]
        monkeypatch.setenv("AMQP_URI", f"amqp://me:hunter2@127.0.0.1:{port}/")
        monkeypatch.setenv("DATABASE_URL", f"postgresql+psycopg2://me:hunter2@127.0.0.1:{CLOSED_PORT}/x")
        said = doctor.in_the_way("setup") + doctor.in_the_way("demo")
        found = installed.given_servers().found
    assert f"In the way of make demo: Nobody answers at DATABASE_URL: 127.0.0.1:{CLOSED_PORT}." in said
    assert f"AMQP_URI → 127.0.0.1:{port}" in found
    assert "No whole" not in said
    assert "hunter2" not in said + found


def test_each_host_of_a_url_is_a_door() -> None:
    several = "amqps://u:p@a:1/v;amqp://u:p@b/v;postgresql://u:p@[::1]:9,c/d"
    assert list(installed.doors(several)) == [("a", 1), ("b", 5672), ("::1", 9), ("c", 5432)]
    assert list(installed.doors("amqps://a/")) == [("a", 5671)]
    standby = "postgresql+psycopg2://u:p@/d?host=a:1&host=b&target_session_attrs=read-write"
    assert list(installed.doors(standby)) == [("a", 1), ("b", 5432)]


def test_a_url_in_a_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "uri").write_text("amqp://u:p@127.0.0.1:1/\n")
    monkeypatch.setenv("AMQP_URI_FILE", str(tmp_path / "uri"))
    assert installed.given_urls()["AMQP_URI_FILE"] == "amqp://u:p@127.0.0.1:1/"


def test_a_host_name_that_does_not_resolve_is_told_with_what_it_does_to_brokers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "this-machine.invalid")
    said = machine.host_name()
    assert (
        "this-machine.invalid does NOT resolve. A broker that cannot resolve its own host name" in said.found
    )
    assert said.trouble == ""


def test_a_taken_port_is_in_the_way_of_up_only(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("GATEWAY_PORT", str(port))
        assert f"Port {port} is taken by another program" in doctor.in_the_way("up")
        assert "Port" not in doctor.in_the_way("demo")


def test_without_room_nothing_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "START_NEEDS_BYTES", 1 << 60)
    with (
        pytest.raises(DevstackError, match=r"No room: .* the broker takes no messages"),
        private_backing(tmp_path),
    ):
        pass
    assert read_records(tmp_path) == []


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({"UV_DEFAULT_INDEX": "https://a/simple", "PIP_INDEX_URL": "https://b"}, "https://a/simple"),
        ({"PIP_INDEX_URL": "https://b/simple"}, "https://b/simple"),
        ({"PIP_CONFIG_FILE": "pip.conf"}, "https://c/simple"),
    ],
)
def test_the_index_is_the_one_that_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: Mapping[str, str], url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pip.conf").write_text("[global]\nindex-url = https://c/simple\n")
    assert index_url({"HOME": str(tmp_path), **environ}) == url
