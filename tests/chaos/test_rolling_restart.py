"""Every service is restarted under load, process after process: clients see a 503 at most."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from devstack.host.ports import wait_until
from devstack.rolling import Restarted, restart_one_by_one
from devstack.secrets import DATABASE_SERVICES, SERVICES
from tests.chaos.crew import Crew, crew
from tests.chaos.options import Options
from tests.chaos.settling import settle
from tests.chaos.stage import scene
from tests.chaos.verdict import Verdict, judge

pytestmark = pytest.mark.stops

PATIENCE_S = 60.0
REST_TIMEOUT_S = 120.0
# Before the first process is stopped, and after the last is back.
ENOUGH = 200


def restarted_under_load(folder: Path, processes: int, services: Sequence[str]) -> tuple[Crew, Verdict]:
    """Restart these while clients redeem, cancel and repeat; tells what it cost, and asserts nothing."""
    options = Options(seed=1, duration_s=60, folder=folder)
    with scene(options, processes) as stage:
        with crew(stage, options) as clients:
            assert wait_until(lambda: clients.redemptions > ENOUGH, PATIENCE_S)
            restarted = list(restart_one_by_one(stage.stack.folder, services))
            before = clients.redemptions
            assert wait_until(lambda: clients.redemptions > before + ENOUGH, PATIENCE_S)
        left = settle(stage, REST_TIMEOUT_S, print)
        verdict = judge(stage, clients, left)
    assert len(restarted) == processes * len(services)
    print(json.dumps(report(clients, restarted)))
    return clients, verdict


def report(clients: Crew, restarted: Sequence[Restarted]) -> dict[str, object]:
    phones = clients.phones
    return {
        "redemptions": clients.redemptions,
        "answers_503": sum(phone.busy for phone in phones),
        "answers_500": clients.failures,
        "connections_lost": sum(phone.lost for phone in phones),
        "slowest_s": round(max(phone.slowest_s for phone in phones), 2),
        "stopped_s": {one.name: round(one.stopped_s, 1) for one in restarted},
        "away_s": {one.name: round(one.away_s, 1) for one in restarted},
    }


def test_with_two_processes_of_each_service_no_request_is_lost(tmp_path: Path) -> None:
    clients, verdict = restarted_under_load(tmp_path, 2, SERVICES)
    assert {name: count for name, count in verdict.counts.items() if count} == {}, verdict.wrong
    assert clients.failures == 0
    assert sum(phone.lost for phone in clients.phones) == 0


def test_with_one_process_of_each_service_a_503_is_all_that_clients_see(tmp_path: Path) -> None:
    clients, verdict = restarted_under_load(tmp_path, 1, DATABASE_SERVICES)
    assert {name: count for name, count in verdict.counts.items() if count} == {}, verdict.wrong
    assert clients.failures == 0
    assert sum(phone.lost for phone in clients.phones) == 0
