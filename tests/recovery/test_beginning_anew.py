"""A new server beside the copies and log of an older one: not by accident, and the older stays restorable."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from chassis import audit
from chassis.audit.sealing import TransactionsWentBack, seal_once
from chassis.audit.verifying import verify
from chassis.database.engine import Database
from chassis.database.migrating import migrate
from devstack.host.ports import LOOPBACK
from devstack.servers.archiving import archiving_variables, backup_folder, install_tools, tools_folder
from devstack.servers.databases import ADMINISTRATOR, connect, database_url
from devstack.servers.postgresql_data import bin_of, environment_of, system_user
from tests.recovery.server import PASSWORD, Server

pytestmark = pytest.mark.stops

# What docs/upgrading.md asks the server of before: how often its count of 32 bits began again, and once more.
EPOCH = "SELECT (CAST(CAST(pg_current_xact_id() AS text) AS bigint) >> 32) + 1"


@pytest.fixture
def old() -> Iterator[Server]:
    # Where the server's user may enter, so that a new server's data lies where the old one's lay.
    with TemporaryDirectory(prefix="beginning-anew-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o755)
        started = Server(Path(folder) / "postgresql")
        yield started
        started.cluster.kill9()


def run(server: Server, *command: str, given: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """As the server's user, with what the container's scripts know of it."""
    user, data = system_user(), server.data
    install_tools(data, user)
    login = {"PGPORT": str(server.cluster.port), "PGUSER": ADMINISTRATOR, "PGPASSWORD": PASSWORD}
    with open(given or "/dev/null", "rb") as stdin:
        return subprocess.run(
            [*command],
            env={**environment_of(bin_of(data)), **archiving_variables(data), **login, "PGHOST": LOOPBACK},
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd=data.parent,
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
        )


def script(server: Server, name: str) -> "subprocess.CompletedProcess[str]":
    return run(server, "sh", str(tools_folder(server.data) / name))


def begin_anew(server: Server) -> None:
    """The server of before gives its place to a new, empty one."""
    server.cluster.kill9()
    shutil.rmtree(server.data)
    assert script(server, "set_aside.sh").returncode == 0
    server.start_again()


def test_a_server_does_not_begin_beside_the_copies_of_another_until_they_are_set_aside(old: Server) -> None:
    old.back_up()
    assert script(old, "beginning.sh").returncode == 0
    old.cluster.kill9()
    kept = sorted(path.name for path in backup_folder(old.data).rglob("*.gz"))
    shutil.rmtree(old.data)
    refused = script(old, "beginning.sh")
    assert refused.returncode == 1
    assert "holds no server" in refused.stderr
    assert "docs/upgrading.md" in refused.stderr

    said = script(old, "set_aside.sh").stdout
    [aside] = backup_folder(old.data).glob("before-*")
    assert str(aside) in said
    assert sorted(path.name for path in aside.rglob("*.gz")) == kept
    assert script(old, "beginning.sh").returncode == 0


def test_what_a_running_server_archives_is_not_set_aside(old: Server) -> None:
    old.back_up()
    refused = script(old, "set_aside.sh")
    assert (refused.returncode, refused.stderr) == (1, "The server runs: stop it first.\n")
    assert old.bases.exists()


def test_the_new_server_has_a_chain_of_its_own_and_the_old_one_comes_back_from_what_was_set_aside(
    old: Server,
) -> None:
    old.write(1)
    old.back_up()
    begin_anew(old)
    with closing(connect(old.cluster.admin_url)) as link, link.cursor() as at:
        link.autocommit = True
        at.execute("CREATE DATABASE first")
    old.do("first", "CREATE TABLE of_the_new (number int)")
    old.back_up()
    old.restore("latest")
    old.do("first", "INSERT INTO of_the_new VALUES (1)")

    old.cluster.kill9()
    backups = backup_folder(old.data)
    [of_the_old] = backups.glob("before-*")
    assert script(old, "set_aside.sh").returncode == 0
    for part in of_the_old.iterdir():
        part.rename(backups / part.name)
    old.restore("latest")
    assert old.numbers() == ([1], [1])


def test_the_audit_goes_on_in_a_dump_whose_server_counts_on_and_stops_loudly_where_it_does_not(
    old: Server,
) -> None:
    # As after 4,294,967,296 transactions: a server that begins anew has not counted that far.
    count_from(old, "1")
    with audited(old) as database:
        act(database)
    [[epoch]] = old.ask("first", EPOCH)
    dump = old.data.parent / "first.dump"
    assert run(old, "pg_dump", "--format=custom", f"--file={dump}", "first").returncode == 0
    begin_anew(old)
    restored = run(old, "pg_restore", "--create", "--exit-on-error", "--dbname=postgres", str(dump))
    assert (restored.returncode, restored.stderr) == (0, "")
    with audited(old) as database, pytest.raises(TransactionsWentBack):
        seal_once(database)

    count_from(old, str(epoch))
    with audited(old) as database:
        act(database)
        assert (verify(database).entries, verify(database).unsealed) == (2, 0)


def count_from(server: Server, epoch: str) -> None:
    server.cluster.stop()
    assert run(server, "pg_resetwal", f"--epoch={epoch}", str(server.data)).returncode == 0
    server.start_again()


@contextmanager
def audited(server: Server) -> Iterator[Database]:
    """The first database, with the tables of cards."""
    url = database_url(ADMINISTRATOR, PASSWORD, LOOPBACK, server.cluster.port, "first")
    migrate(url, "cards")
    database = Database(url, name="test", pool_size=1)
    try:
        yield database
    finally:
        database.close()


def act(database: Database) -> None:
    """One entry, and the seal on it."""
    with database.transaction() as session:
        audit.record(session, "stf_1", "card_revoked", "card_1", reason="lost")
    assert seal_once(database) is not None
