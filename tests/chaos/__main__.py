"""``make chaos``: breaks the platform while clients redeem, then accounts for every cent and every mail."""

import json
import os
import shutil
import sys
import time

from devstack.errors import DevstackError
from devstack.host.leaving import leave_when_told
from devstack.servers.backing import wipe_data
from tests.chaos.crew import Crew, crew
from tests.chaos.options import Options, OptionsError, read_options
from tests.chaos.phone import Unanswered
from tests.chaos.settling import PLANTED_TIMEOUT_S, REST_TIMEOUT_S, settle
from tests.chaos.stage import NotPrivate, Scene, scene
from tests.chaos.striking import Blow, strike
from tests.chaos.strokes import CLUSTER, STROKES
from tests.chaos.verdict import judge, keep, summary

EXPECTED = (OptionsError, DevstackError, NotPrivate)
SHOWN_LINES = 5


def main() -> int:
    """The exit code: 0 where nothing was lost, doubled or left behind."""
    leave_when_told()
    try:
        return run(read_options(os.environ))
    except EXPECTED as error:
        print(f"\n{type(error).__name__}: {error}", file=sys.stderr)
        return 2


def run(options: Options) -> int:
    """Strike, let it rest, check; prints one JSON object as last line."""
    folder = options.folder.resolve()
    shutil.rmtree(folder / "journal", ignore_errors=True)
    (folder / "poison.jsonl").unlink(missing_ok=True)
    wipe_data(folder / "platform")
    kinds = CLUSTER if options.brokers > 1 else STROKES
    said_ = f"SEED={options.seed}, {options.duration_s} s of faults of {len(kinds)} kinds"
    said_ += f", brokers: {options.brokers}"
    _say(f"{said_}{f', with the bug {options.planted}' if options.planted else ''}; starting …")
    with scene(options) as stage:
        _say("The platform runs; clients begin.")
        said, is_well = _strike_and_judge(stage, options)
    if is_well:
        wipe_data(folder / "platform")
        shutil.rmtree(folder / "platform" / "mails", ignore_errors=True)
    else:
        _say(f"The evidence is in {folder}: verdict.json, journal, platform (logs, mails, databases).")
    _say(json.dumps(said))
    return 0 if is_well else 1


def _strike_and_judge(stage: Scene, options: Options) -> tuple[dict[str, object], bool]:
    with crew(stage, options) as clients:
        blows = _strike(stage, clients, options)
        _say("Faults are over; clients wait for their last answers.")
    _say("Clients are done; the platform comes to rest.")
    began = time.monotonic()
    left = settle(stage, PLANTED_TIMEOUT_S if options.planted else REST_TIMEOUT_S, _say)
    rest_s = time.monotonic() - began
    _say(f"{'At rest' if not left else 'NOT at rest'} after {rest_s:.0f} s; checking …")
    verdict = judge(stage, clients, left)
    said = summary(options.seed, options.planted, clients, blows, verdict, rest_s)
    keep(stage.folder, verdict, blows, said)
    for name, lines in verdict.wrong.items():
        for line in lines[:SHOWN_LINES]:
            _say(f"{name}: {line[:300]}")
    return said, not any(verdict.counts.values())


def _strike(stage: Scene, clients: Crew, options: Options) -> list[Blow]:
    blows: list[Blow] = []

    def tell(blow: Blow) -> None:
        blows.append(blow)
        what = f"FAILED: {blow.error}" if blow.error else blow.target
        _say(
            f"[{blow.at_s:4.0f}/{options.duration_s} s] {blow.name:20} {what:40} "
            f"lasted {blow.lasted_s:4.1f} s, back after {blow.recovered_s:4.1f} s, "
            f"refused {blow.refused_s:4.1f} s, p99 {blow.slow_s:4.1f} s, {clients.redemptions:6,} redemptions"
        )

    try:
        strike(stage, clients, options, tell)
    except Unanswered as error:
        clients.problems.append(f"the platform did not come back: {error}")
    return blows


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
