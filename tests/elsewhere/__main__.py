"""`make test-elsewhere`: plays the plan on each suite (SUITES=…, PLAYS=…) and ends with a table.

Exit status: 0 all passed, 1 something failed, 3 nothing failed and something was left out.
"""

import os
import subprocess
import time
from pathlib import Path
from typing import TextIO

from devstack.host.leaving import leave_when_told
from tests.conftest import ROOT
from tests.elsewhere.entering import Ended, enter
from tests.elsewhere.machine import environment
from tests.elsewhere.plays import PLAYS, chosen_plays, chosen_suites
from tests.elsewhere.roots import CLONE, ROOTS, LeftOut, NotMade, ensure_root
from tests.elsewhere.verdicts import FAILED, LEFT_OUT, PASSED, Verdict, table

EXIT_FAILED, EXIT_LEFT_OUT = 1, 3


def main() -> int:
    """Play everything, also after a failure; the exit status."""
    leave_when_told()
    suites, plays = chosen_suites(os.environ.get("SUITES", "")), chosen_plays(os.environ.get("PLAYS", ""))
    if subprocess.run(["git", "diff", "--quiet", "HEAD"], cwd=ROOT, check=False).returncode:
        print("What is played is HEAD: what is not committed is not in it.", flush=True)
    ROOTS.mkdir(parents=True, exist_ok=True)
    verdicts = [verdict for suite in suites for verdict in play_suite(suite, plays)]
    print(f"\nFull logs: {ROOTS}/*.log\n\n{table(verdicts)}", flush=True)
    became = {verdict.became for verdict in verdicts}
    return EXIT_FAILED if FAILED in became else EXIT_LEFT_OUT if LEFT_OUT in became else 0


def play_suite(suite: str, plays: list[str]) -> list[Verdict]:
    """The rows of one suite; a root that could not be had leaves all its plays out."""
    begun = time.monotonic()
    with (ROOTS / f"{suite}.log").open("w") as log:
        try:
            root = ensure_root(suite, log)
            versions = _versions(root, suite, log)
        except LeftOut as error:
            return [Verdict(suite=suite, play=play, became=LEFT_OUT, words=str(error)) for play in plays]
        except NotMade as error:
            return [Verdict(suite=suite, play="setup", became=FAILED, words=str(error))]
        setup = Verdict(
            suite=suite, versions=versions, play="setup", became=PASSED, seconds=time.monotonic() - begun
        )
        return [setup, *(_play(root, suite, play, versions, log) for play in plays)]


def _versions(root: Path, suite: str, log: TextIO) -> tuple[str, ...]:
    ended = _inside(root, ".venv/bin/python -m tests.elsewhere.versions", f"{suite} versions", log)
    if ended.code:
        raise NotMade(f"versions: {ended.last_line}")
    return tuple(ended.last_line.split())


def _play(root: Path, suite: str, play: str, versions: tuple[str, ...], log: TextIO) -> Verdict:
    ended = _inside(root, PLAYS[play], f"{suite} {play}", log)
    return Verdict(
        suite=suite,
        versions=versions,
        play=play,
        became=FAILED if ended.code else PASSED,
        words=ended.last_line,
        seconds=ended.seconds,
    )


def _inside(root: Path, command: str, label: str, log: TextIO) -> Ended:
    return enter(root, f"cd /{CLONE} && {command}", environment=environment(), label=label, log=log)


if __name__ == "__main__":
    raise SystemExit(main())
