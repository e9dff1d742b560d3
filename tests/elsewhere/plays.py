"""What is played on which Debian: the suites, and the commands that a newcomer's clone is given there."""

import re

SUITES = ("trixie", "forky")
SUITE_NAME = re.compile(r"[a-z]+")

BROKER_TESTS = (
    "tests/service/test_any_broker.py",
    "tests/service/test_broker_rights.py",
    "tests/devstack/test_backing_nodes.py",
    "tests/devstack/test_cluster.py",
    "tests/devstack/test_programs.py",
    "tests/e2e/test_access_over_the_bus.py",
    "tests/e2e/test_messages_of_a_scan.py",
)
PLAYS = {
    "demo": "make demo",
    "recovery": ".venv/bin/pytest -v tests/recovery",
    "chassis": ".venv/bin/pytest -v tests/chassis",
    "broker": f".venv/bin/pytest -v {' '.join(BROKER_TESTS)}",
}


def chosen_suites(given: str) -> list[str]:
    """The suites that SUITES lists, ours where it is empty; debootstrap knows which there are."""
    suites = given.split() or list(SUITES)
    if strange := [suite for suite in suites if not SUITE_NAME.fullmatch(suite)]:
        raise SystemExit(f"SUITES: {' '.join(strange)}: a suite is named by its small letters, as trixie.")
    return suites


def chosen_plays(given: str) -> list[str]:
    """The plays that PLAYS lists, all where it is empty."""
    plays = given.split() or list(PLAYS)
    if strange := [play for play in plays if play not in PLAYS]:
        raise SystemExit(f"PLAYS: {' '.join(strange)}: not among {' '.join(PLAYS)}.")
    return plays
