"""A command that is told to end, in its middle, leaves no server and no worker behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from devstack.host.ports import wait_until
from tests.conftest import ROOT

PATIENCE_S = 120


def started_in(folder: Path) -> dict[int, str]:
    """Processes of this folder and their commands: servers name it there, workers have it as their own."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().decode("utf-8", "replace")
            is_ours = str(folder) in command or (process / "cwd").readlink().is_relative_to(folder)
            is_dead = (process / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue
        if is_ours and not is_dead:
            found[int(process.name)] = command
    return found


@pytest.mark.stops
@pytest.mark.parametrize(
    ("module", "variables", "middle", "told"),
    [
        ("demo", {}, "notify", signal.SIGHUP),
        ("tests.simulation", {"HISTORIES": "100000"}, "spawn_main", signal.SIGTERM),
        ("benchmarks", {"CARDS": "100"}, "notify", signal.SIGTERM),
    ],
    ids=["demo", "simulate", "bench"],
)
def test_a_command_that_is_told_to_end_leaves_nothing_running(
    module: str, variables: dict[str, str], middle: str, told: signal.Signals, tmp_path: Path
) -> None:
    folder = tmp_path.resolve()
    (folder / "programmes").symlink_to(ROOT / "programmes")
    process = subprocess.Popen(
        [sys.executable, "-m", module],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert wait_until(
            lambda: any(middle in command for command in started_in(folder).values()), PATIENCE_S
        )
        process.send_signal(told)
        assert process.wait(PATIENCE_S) == 128 + told
        assert wait_until(lambda: not started_in(folder), 5)
    finally:
        process.kill()
        for pid in started_in(folder):
            os.kill(pid, signal.SIGKILL)
