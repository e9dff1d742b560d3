"""The two builds: this tree, and another revision in a clone of its own with its own environment."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from benchmarks.against import side

ROOT = Path(__file__).parents[2]
SIDE = Path(side.__file__)
ENDS_WITHIN_S = 60.0


class BuildFailed(Exception):
    """The other revision is not known, cannot be set up, or ended while it was measured."""


class Build:
    """A build's process, which measures when it is asked."""

    def __init__(self, name: str, tree: Path, settings: Mapping[str, Any], log: Path) -> None:
        self.name = name
        self.log = log
        self._process = subprocess.Popen(
            [str(tree / ".venv/bin/python"), str(SIDE), json.dumps(dict(settings))],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(tree)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("w"),
            text=True,
        )

    def wait_until_ready(self) -> None:
        """Its platform is filled and warm."""
        self._hear()

    def measure(self, case: str, clients: int = 0) -> dict[str, float]:
        """One cell, or (``case`` "memory") the peaks so far."""
        assert self._process.stdin is not None, "it was opened with a pipe"
        self._process.stdin.write(json.dumps({"case": case, "clients": clients}) + "\n")
        self._process.stdin.flush()
        return self._hear()

    def close(self) -> None:
        """Let it take everything away; it hears that nobody asks any more."""
        assert self._process.stdin is not None, "it was opened with a pipe"
        self._process.stdin.close()
        try:
            self._process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def _hear(self) -> dict[str, float]:
        assert self._process.stdout is not None, "it was opened with a pipe"
        for line in self._process.stdout:
            if line.startswith(side.MARK):
                return cast(dict[str, float], json.loads(line.removeprefix(side.MARK)))
        raise BuildFailed(f"{self.name} ended: see {self.log}")


@contextmanager
def both(revision: str, settings: Mapping[str, Any], folder: Path) -> Iterator[tuple[Build, Build]]:
    """This build and the revision's, each with servers of its own, both ready."""
    other = check_out(revision, folder)
    builds: list[Build] = []
    try:
        for name, tree in (("this build", ROOT), (revision, other)):
            builds.append(Build(name, tree, settings, folder / f"{name.replace(' ', '-')}.log"))
            # One after the other: two that load at once would wait for each other's time.
            builds[-1].wait_until_ready()
        yield builds[0], builds[1]
    finally:
        for build in builds:
            build.close()


def check_out(revision: str, folder: Path) -> Path:
    """The revision in a clone below the folder, set up by its own Makefile; raises BuildFailed."""
    commit = _run(["git", "-C", str(ROOT), "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}"])
    tree = folder / commit.strip()
    if not (tree / ".venv").exists():
        shutil.rmtree(tree, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
        _run(["git", "clone", "--quiet", "--shared", "--no-checkout", str(ROOT), str(tree)])
        _run(["git", "-C", str(tree), "checkout", "--quiet", commit.strip()])
        _run(["make", "-C", str(tree), "setup"])
    return tree


def _run(command: list[str]) -> str:
    # What `make` hands down to its commands is not meant for another tree's.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    if done.returncode:
        raise BuildFailed(f"{' '.join(command)}\n{done.stderr.strip() or 'no such revision'}")
    return done.stdout
