"""Backup and restore of a server's databases: to one moment, beside what is there, or not at all."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chassis.database.archive import archive_fails
from chassis.database.engine import Database
from devstack.errors import DevstackError
from devstack.host.ports import LOOPBACK, wait_until
from devstack.servers.archiving import backup_folder, tools_folder
from devstack.servers.databases import database_url
from devstack.servers.postgresql_data import environment_of
from devstack.servers.recovery import restore_server
from tests.recovery.server import Server

pytestmark = pytest.mark.stops

SEGMENT_DIGITS = 24
PATIENCE_S = 30.0


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    started = Server(tmp_path / "postgresql")
    yield started
    started.cluster.kill9()
    shutil.rmtree(started.data.parent, ignore_errors=True)


@contextmanager
def written_all_the_time(server: Server, first: int) -> Iterator[list[int]]:
    """Numbers from `first` on; those that were answered are in the list."""
    over, done = threading.Event(), list[int]()

    def write() -> None:
        for number in range(first, first + 1_000_000):
            if over.is_set():
                return
            server.write(number)
            done.append(number)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield done
    finally:
        over.set()
        writer.join()


def test_a_copy_that_is_made_while_all_write_brings_all_databases_back_to_one_moment(server: Server) -> None:
    with written_all_the_time(server, 1) as done:
        server.back_up()
        copied = len(done)
        assert wait_until(lambda: len(done) > copied + 20, PATIENCE_S)
        before = list(done)
        moment = server.moment()
        assert wait_until(lambda: len(done) > len(before) + 20, PATIENCE_S)
    written = list(done)
    said = server.restore(moment)

    first, second = server.numbers()
    # What was answered until then is there, in order and without a gap, and next to nothing that came later:
    # one number may have been on its way, and then it is in the first database before it is in the second.
    assert first == written[: len(first)]
    assert second == first[: len(second)]
    assert len(before) <= len(second) <= len(first) <= len(before) + 2 < len(written)
    [kept] = server.data.parent.glob("data-before-*")
    assert str(kept) in said


def test_latest_loses_nothing_that_was_answered_where_the_disk_is_left(server: Server) -> None:
    server.back_up()
    for number in range(30):
        server.write(number)
    server.restore("latest")
    assert server.numbers() == (list(range(30)), list(range(30)))


def test_where_the_disk_is_lost_everything_that_was_archived_comes_back(server: Server) -> None:
    server.back_up()
    server.write(1)
    # Which archives the log until now, as the server does by itself once a minute.
    server.back_up()
    server.write(2)
    server.cluster.kill9()
    shutil.rmtree(server.data)
    server.restore("latest")
    first, second = server.numbers()
    assert (first[:1], second[:1]) == ([1], [1])


def test_a_restore_after_a_restore_follows_what_came_of_the_first(server: Server) -> None:
    server.back_up()
    server.write(1)
    moment = server.moment()
    server.write(2)
    server.back_up()
    given_up = sorted(path.name for path in server.bases.iterdir())[-1]
    server.restore(moment)
    # The copy of the future that was given up cannot lead to what comes now.
    assert given_up not in {path.name for path in server.bases.iterdir()}
    server.write(3)
    assert server.numbers() == ([1, 3], [1, 3])
    server.restore("latest")
    assert server.numbers() == ([1, 3], [1, 3])
    # And the first moment can be reached once more.
    server.restore(moment)
    assert server.numbers() == ([1], [1])


def test_what_cannot_be_restored_leaves_everything_as_it_was(server: Server) -> None:
    server.write(1)
    too_early = server.moment()
    server.back_up()
    server.write(2)
    for to, why in {
        too_early: "No copy in",
        "yesterday": "Say which moment",
        "2026-07-10T14:30:00": "Say which moment",
        "2999-01-01T00:00:00Z": "Not restored",
    }.items():
        with pytest.raises(DevstackError, match=why):
            server.restore(to)
        assert server.numbers() == ([1, 2], [1, 2])
    with pytest.raises(DevstackError, match="The server runs"):
        restore_server(server.folder, "latest")


def test_a_copy_that_was_changed_is_not_restored(server: Server) -> None:
    server.back_up()
    [base] = server.bases.glob("*/base.tar.gz")
    content = bytearray(base.read_bytes())
    content[len(content) // 2] ^= 0xFF
    base.write_bytes(content)
    server.write(1)
    with pytest.raises(DevstackError):
        server.restore("latest")
    assert server.numbers() == ([1], [1])


def test_a_log_that_is_not_archived_fails_the_backup(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(programs: Path) -> dict[str, str]:
        return {**environment_of(programs), "ARCHIVED_WITHIN_S": "1"}

    monkeypatch.setattr("devstack.servers.recovery.environment_of", hasty)
    (backup_folder(server.data) / "wal").write_text("no folder")
    server.write(1)
    with pytest.raises(DevstackError, match="the log is not archived"):
        server.back_up()


def test_the_newest_seven_copies_are_kept_and_the_log_since_the_oldest_of_them(server: Server) -> None:
    server.back_up()
    [first] = server.bases.iterdir()
    oldest_log = min(path for path in logs(server) if len(path.stem) == SEGMENT_DIGITS)
    server.write(1)
    server.back_up()
    second = max(server.bases.iterdir())
    for number in range(5):
        second.with_name(f"{second.name}-{number}").mkdir()
    server.back_up()
    assert len(list(server.bases.iterdir())) == 7
    assert second.exists()
    assert not first.exists()
    assert not oldest_log.exists()


def logs(server: Server) -> list[Path]:
    return sorted((backup_folder(server.data) / "wal").iterdir())


def test_any_service_sees_that_the_log_is_not_archived_and_when_it_is_again(server: Server) -> None:
    server.do("first", "CREATE ROLE plain LOGIN PASSWORD 'plain'")
    url = database_url("plain", "plain", LOOPBACK, server.cluster.port, "first")
    database = Database(url, name="test", pool_size=1)
    script = tools_folder(server.data) / "archive.sh"
    server.write(1)
    assert archive_fails(database) is False
    hidden = script.rename(script.with_suffix(".hidden"))
    server.do("first", "SELECT pg_switch_wal()")
    assert wait_until(lambda: archive_fails(database), PATIENCE_S)
    hidden.rename(script)
    # What the server writes next wakes it; by itself it tries again within a minute.
    server.write(2)
    server.do("first", "SELECT pg_switch_wal()")
    assert wait_until(lambda: not archive_fails(database), PATIENCE_S)
    database.close()
