"""What is missing is installed on Debian as root, and told elsewhere in the words of that very system."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.errors import DevstackError
from devstack.host import packages, programs
from devstack.host.packages import CHECKS, DEBIAN, SYSTEMS, ensure_packages, missing, this_system, what_to_do
from devstack.programmes import PROJECT
from tests.devstack.bare_machine import bare, install_postgresql

NEEDS = set(CHECKS)


@pytest.mark.parametrize(
    ("release", "command"),
    [
        ('ID=debian\nVERSION_CODENAME="forky"\n', "apt-get update && apt-get install"),
        ('# a comment\nID=linuxmint\nID_LIKE="ubuntu debian"\n', "apt-get update && apt-get install"),
        ('NAME="Fedora Linux"\nID=fedora\n', "sudo dnf install"),
        ('ID="rocky"\nID_LIKE="rhel centos fedora"\n', "sudo dnf install"),
        ('ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"\n', "sudo zypper install"),
        ("ID=arch\n", "sudo pacman -S --needed"),
    ],
)
def test_a_system_is_known_by_its_os_release(tmp_path: Path, release: str, command: str) -> None:
    file = tmp_path / "os-release"
    file.write_text(release)
    system = this_system("linux", file)
    assert system is not None
    assert system.command == command


def test_macos_is_told_homebrews_command() -> None:
    system = this_system("darwin")
    assert system is not None
    said = what_to_do({"postgresql": "No PostgreSQL.", "pango": "No Pango."}, system)
    assert said.splitlines()[:2] == ["No PostgreSQL.", "No Pango."]
    assert "brew install postgresql@18 pango" in said


def test_an_unknown_system_is_told_what_is_needed_and_no_command(tmp_path: Path) -> None:
    file = tmp_path / "os-release"
    file.write_text("ID=plan9\n")
    assert this_system("linux", file) is None
    assert this_system("linux", tmp_path / "none") is None
    said = what_to_do({"fonts": "No fonts."}, None)
    assert "on Debian the packages are called: fonts-dejavu-core fonts-open-sans fonts-wqy-microhei" in said
    assert "apt-get" not in said


def test_every_system_names_a_package_for_every_need() -> None:
    wanting = {system.name: NEEDS ^ set(system.packages) for system in [*SYSTEMS.values(), packages.MACOS]}
    assert {name: odd for name, odd in wanting.items() if odd} == {}


def test_debian_has_the_packages_that_we_name() -> None:
    if not any(Path("/var/lib/apt/lists").glob("*Packages*")):
        pytest.skip("LEFT OUT: whether Debian has the packages that we name: apt has no lists here")
    names = [name for need in DEBIAN.packages.values() for name in need.split()]
    ours = [name for name in names if not name.endswith("-venv")]
    known = subprocess.run(["apt-cache", "policy", *ours], capture_output=True, text=True, check=True).stdout
    assert [name for name in ours if f"{name}:\n" not in known] == []


def test_what_the_voucher_is_drawn_with_is_here() -> None:
    assert missing(("pango", "fonts")) == {}


def test_a_font_that_nobody_has_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devstack.host.libraries.FONTS", ("Open Sans", "Occitan Grotesque"))
    assert missing(["fonts"])["fonts"] == "Fonts that Fontconfig does not know: Occitan Grotesque."


def test_a_library_that_nobody_has_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("devstack.host.libraries.LIBRARIES", {"Pongo": ("libpongo.so.0", "libpongo.dylib")})
    assert missing(["pango"])["pango"] == "Libraries that do not load: Pongo (libpongo.so.0)."


def test_whoever_may_not_install_is_told_what_is_missing_where_was_looked_and_what_to_type(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bare(tmp_path, monkeypatch), pytest.raises(DevstackError) as refused:
        ensure_packages(("rabbitmq", "postgresql"))
    said = str(refused.value)
    assert "No whole PostgreSQL 15 to 18 was found." in said
    assert "No whole RabbitMQ 3.10 to 4.x was found." in said
    assert f"{tmp_path}/usr/lib/postgresql/*/bin" in said
    assert "Or give servers that run: AMQP_URI=" in said


def test_libraries_missing_do_not_lead_to_talk_about_servers() -> None:
    assert "AMQP_URI" not in what_to_do({"pango": "No Pango."}, DEBIAN)


def test_the_plain_python_of_a_machine_can_ask_without_our_environment() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", "devstack.host.packages", "postgresql", "venv"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT / "devstack")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_programs_are_looked_for_again_after_an_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with bare(tmp_path, monkeypatch):
        assert set(missing(["postgresql"])) == {"postgresql"}
        install_postgresql(tmp_path / "usr/lib/postgresql/17/bin", "17.5")
        assert missing(["postgresql"]) == {}
    assert programs.found_postgresql() != ()
