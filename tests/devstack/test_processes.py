"""Processes are ended by pid and start time, children included, and started again when they end alone."""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from signal import SIGTERM

import pytest

from devstack.errors import DevstackError
from devstack.host import processes
from devstack.host.pids import PidFile, read_records, stop_recorded
from devstack.host.ports import wait_until
from devstack.host.process_table import proc_status, ps_statuses
from devstack.host.processes import Command, descendants, is_alive, start_process, stop_process
from devstack.supervisor import Supervised, Supervisor

SLEEPS = "import time; time.sleep(60)"
SLEEPS_WITH_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{SLEEPS}'])"
IGNORES_SIGTERM = f"import signal; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); {SLEEPS}"


@pytest.fixture
def command(tmp_path: Path) -> Callable[..., Command]:
    def make(code: str, name: str = "dummy") -> Command:
        argv = [sys.executable, "-c", code]
        return Command(
            name=name, argv=argv, environment={}, folder=tmp_path, log_file=tmp_path / f"{name}.log"
        )

    return make


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    supervisor = Supervisor(PidFile(tmp_path))
    yield supervisor
    supervisor.stop_all()
    assert read_records(tmp_path) == []


def test_stopping_ends_the_children_too(command: Callable[..., Command]) -> None:
    running = start_process(command(SLEEPS_WITH_CHILD))
    assert wait_until(lambda: len(descendants(running.id.pid)) == 1, timeout_s=10)
    children = descendants(running.id.pid)
    running.stop()
    assert [process for process in [running.id, *children] if is_alive(process)] == []


def test_a_process_that_does_not_want_to_end_is_killed(command: Callable[..., Command]) -> None:
    deaf = command(IGNORES_SIGTERM)
    running = start_process(deaf)
    assert wait_until(lambda: b"deaf" in deaf.log_file.read_bytes(), timeout_s=10)
    running.stop(timeout_s=0.2)
    assert not is_alive(running.id)


def test_a_stranger_who_got_the_same_pid_is_left_alone(command: Callable[..., Command]) -> None:
    running = start_process(command(SLEEPS))
    before = replace(running.id, started_ticks=running.id.started_ticks - 1)
    stop_process(before, SIGTERM)
    assert is_alive(running.id)
    running.stop()


def test_ps_says_the_same_of_a_process_as_proc_does(command: Callable[..., Command]) -> None:
    running = start_process(command(SLEEPS))
    pid = running.id.pid
    by_proc, by_ps, all_by_ps = proc_status(pid), ps_statuses("-p", str(pid))[pid], ps_statuses("-A")
    assert by_proc is not None
    assert (by_ps.parent, by_ps.started_ticks) == (os.getpid(), all_by_ps[pid].started_ticks)
    assert by_proc.parent == by_ps.parent
    running.stop()
    assert ps_statuses("-p", str(pid)) == {}


def test_without_proc_a_process_is_known_and_ended_with_its_children_all_the_same(
    command: Callable[..., Command], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "HAS_PROC", False)
    test_stopping_ends_the_children_too(command)
    test_a_stranger_who_got_the_same_pid_is_left_alone(command)


def test_another_process_stops_what_the_pid_file_names(
    tmp_path: Path, command: Callable[..., Command]
) -> None:
    pids = PidFile(tmp_path)
    running = [start_process(command(SLEEPS, name)) for name in ("first", "second")]
    for one in running:
        pids.add(one)
    assert stop_recorded(tmp_path) == ["second", "first"]
    assert [one for one in running if one.is_alive()] == []
    assert stop_recorded(tmp_path) == []


def test_a_process_that_ends_is_started_again(
    supervisor: Supervisor, command: Callable[..., Command]
) -> None:
    supervisor.add([Supervised(group="cards", command=command(SLEEPS), is_ready=lambda: True)])
    supervisor.start()
    supervisor.wait_ready()
    (before,) = supervisor.process_ids("cards")
    supervisor.signal("cards", SIGTERM)
    assert wait_until(lambda: supervisor.process_ids("cards") not in ([], [before]), timeout_s=10)


def test_a_killed_group_stays_down_until_it_is_started(
    supervisor: Supervisor, command: Callable[..., Command]
) -> None:
    names = {"wallet": "wallet", "wallet-2": "wallet", "cards": "cards"}
    supervisor.add(
        Supervised(group=group, command=command(SLEEPS, name), is_ready=lambda: True)
        for name, group in names.items()
    )
    supervisor.start()
    assert len(supervisor.process_ids("wallet")) == 2
    supervisor.kill("wallet")
    # Longer than the first delay after which an end would have led to a start.
    assert not wait_until(lambda: supervisor.process_ids("wallet") != [], timeout_s=1.0)
    assert len(supervisor.process_ids("cards")) == 1
    supervisor.start("wallet")
    assert len(supervisor.process_ids("wallet")) == 2


def test_a_process_that_ends_again_and_again_is_reported_with_its_last_words(
    supervisor: Supervisor, command: Callable[..., Command]
) -> None:
    broken = Supervised(group="cards", command=command("raise SystemExit('no key')"), is_ready=lambda: False)
    supervisor.add([broken])
    supervisor.start()
    with pytest.raises(DevstackError, match="no key"):
        supervisor.wait_ready()
