"""Programs are found where a system puts them; what is missing is named with the places that were seen."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.errors import DevstackError
from devstack.host import programs
from devstack.host.programs import RABBITMQ_PROGRAMS
from tests.devstack.bare_machine import bare, install, install_postgresql


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine whose only programs are those that a test installs."""
    with bare(tmp_path, monkeypatch):
        yield tmp_path


def test_the_newest_postgresql_that_is_whole_and_supported_is_taken(machine: Path) -> None:
    debian = machine / "usr/lib/postgresql"
    for version in ("9.6.24", "15.13", "17.5", "19.0"):
        install_postgresql(debian / version.partition(".")[0] / "bin", version)
    install_postgresql(debian / "18" / "bin", "18.1", without="pg_basebackup")
    assert programs.postgresql_bin() == debian / "17" / "bin"


def test_data_is_served_by_the_version_that_made_it(machine: Path) -> None:
    for major in ("15", "18"):
        install_postgresql(machine / "usr/lib/postgresql" / major / "bin", f"{major}.1")
    assert programs.postgresql_bin(15) == machine / "usr/lib/postgresql/15/bin"
    with pytest.raises(DevstackError, match=r"No whole PostgreSQL 16 was found"):
        programs.postgresql_bin(16)


def test_homebrew_and_the_path_are_looked_at_too(machine: Path) -> None:
    install_postgresql(machine / "opt/homebrew/opt/postgresql@17/bin", "17.5 (Homebrew)")
    newer = install_postgresql(machine / "path", "18.1")
    assert programs.postgresql_bin() == newer


def test_what_pg_config_tells_is_looked_at(machine: Path) -> None:
    odd = install_postgresql(machine / "odd place/bin", "18.1")
    install(machine / "path", ("pg_config",), str(odd))
    assert programs.postgresql_bin() == odd


def test_a_half_installed_postgresql_is_said_with_what_it_lacks(machine: Path) -> None:
    half = install_postgresql(machine / "usr/lib/postgresql/17/bin", "17.5", without="initdb")
    with pytest.raises(DevstackError) as refused:
        programs.postgresql_bin()
    assert f"{half}: PostgreSQL 17.5, without initdb" in str(refused.value)
    assert "Looked in the PATH and in" in str(refused.value)


def test_a_rabbitmq_behind_a_wrapper_that_changes_the_user_is_found_itself(machine: Path) -> None:
    scripts = install(
        machine / "usr/lib/rabbitmq/lib/rabbitmq_server-4.0.5/sbin", RABBITMQ_PROGRAMS, "not asked"
    )
    links = install(machine / "usr/lib/rabbitmq/bin", ("rabbitmq-script-wrapper",), "not asked")
    for name in RABBITMQ_PROGRAMS:
        (links / name).symlink_to(scripts / name)
    (machine / "path").mkdir()
    (machine / "path" / "rabbitmq-server").symlink_to(links / "rabbitmq-script-wrapper")
    [found] = programs.found_rabbitmq()
    assert (found.folder, found.version) == (scripts, (4, 0, 5))
    assert programs.rabbitmq_bin() == scripts


@pytest.mark.parametrize(
    ("version", "fits"),
    [("3.9.27", False), ("3.10.8", True), ("3.13.7", True), ("4.3.6", True), ("5.0.0", False)],
)
def test_rabbitmq_fits_from_3_10_to_4_x(machine: Path, version: str, fits: bool) -> None:
    folder = install(machine / "path", RABBITMQ_PROGRAMS, version)
    if fits:
        assert programs.rabbitmq_bin() == folder
    else:
        with pytest.raises(DevstackError, match=rf"(?s)No whole RabbitMQ 3\.10 to 4\.x .*{version}"):
            programs.rabbitmq_bin()


def test_erlangs_name_daemon_is_found_in_its_own_folder(machine: Path) -> None:
    with pytest.raises(DevstackError, match="epmd"):
        programs.epmd()
    daemon = install(machine / "usr/lib64/erlang/erts-15.2/bin", ("epmd",), "")
    assert programs.epmd() == daemon / "epmd"
