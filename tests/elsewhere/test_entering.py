"""A root is entered without a trace on the machine; and what is not to be played is said."""

import io
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.elsewhere.entering import Ended, enter, may_unshare
from tests.elsewhere.machine import environment
from tests.elsewhere.plays import chosen_plays, chosen_suites
from tests.elsewhere.verdicts import LEFT_OUT, Verdict, table

# All that a shell needs; no Debian must be had for this.
PROGRAMS = ("/bin/sh", "/bin/ls", "/bin/cat", "/bin/sleep")
MOUNTS = Path("/proc/self/mountinfo")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root of four programs and their libraries."""
    if os.geteuid() != 0 or not may_unshare():
        pytest.skip("Left out: entering a root takes root's right to mount.")
    for program in PROGRAMS:
        needs = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for path in (program, *re.findall(r"(/\S+)", needs)):
            (tmp_path / path.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(Path(path).resolve(), tmp_path / path.lstrip("/"))
    for folder in ("proc", "dev", "etc"):
        (tmp_path / folder).mkdir()
    return tmp_path


def entered(root: Path, command: str) -> Ended:
    return enter(root, command, environment=environment(), label="root", log=io.StringIO())


def test_a_command_in_a_root_gives_its_status_and_its_last_words(root: Path) -> None:
    ended = entered(root, "echo first; echo last; echo; exit 7")
    assert (ended.code, ended.last_line) == (7, "last")


def test_what_is_mounted_in_a_root_is_seen_by_nobody_else(root: Path) -> None:
    ended = entered(root, "ls /dev/null /proc/self/stat && cat /proc/self/mountinfo && : >/dev/shm/kept")
    assert ended.code == 0
    assert str(root) not in MOUNTS.read_text()
    assert list((root / "dev").iterdir()) == list((root / "proc").iterdir()) == []


def test_no_folder_of_the_machine_is_mounted_in_a_root(root: Path) -> None:
    log = io.StringIO()
    enter(root, "cat /proc/self/mountinfo", environment=environment(), label="root", log=log)
    kinds = {line.split(" - ")[1].split()[0] for line in log.getvalue().splitlines() if " - " in line}
    assert kinds == {"proc", "tmpfs", "devpts"}


def test_what_a_command_leaves_running_ends_with_it(root: Path) -> None:
    assert entered(root, "sleep 86400 & echo left").last_line == "left"


def test_a_strange_play_or_suite_is_named() -> None:
    with pytest.raises(SystemExit, match="dmeo: not among demo"):
        chosen_plays("recovery dmeo")
    with pytest.raises(SystemExit, match=r"\.\./etc: a suite is named"):
        chosen_suites("trixie ../etc")
    assert chosen_suites("") == ["trixie", "forky"]


def test_the_table_says_what_was_left_out_and_why() -> None:
    shown = table([Verdict(suite="trixie", play="demo", became=LEFT_OUT, words="only root can make a root")])
    assert re.search(r"trixie .* demo +LEFT OUT .* only root can make a root$", shown)
