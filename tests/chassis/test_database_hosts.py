"""A database behind TLS, and one that has a standby: who is trusted, and where the writes go."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import psycopg2
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.database.engine import Database, is_transient
from devstack.servers.databases import Account, accepts_logins, connect, create_databases
from tests.chassis.conftest import eventually
from tests.chassis.standby import HOST, Pair, say, start_pair, stop_pair

pytestmark = pytest.mark.servers


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    started = start_pair(tmp_path)
    try:
        yield started
    finally:
        stop_pair(started)


def writes(database: Database) -> int | None:
    """The port of the server that took a row, or None where a moment later is a better one."""
    try:
        with database.transaction() as session:
            session.execute(text("INSERT INTO kept VALUES (1)"))
            port: int | None = session.scalar(text("SELECT inet_server_port()"))
            return port
    except DBAPIError as error:
        if not is_transient(error):
            raise
        return None


def refusal(url: str) -> str:
    with pytest.raises(psycopg2.OperationalError) as refused:
        connect(url)
    return str(refused.value)


def test_the_certificate_of_a_database_is_checked_with_its_name_and_its_end(pair: Pair) -> None:
    with closing(connect(pair.url())) as link:
        assert link.info.ssl_in_use
        assert link.info.port == pair.first.port
    assert "does not match host name" in refusal(pair.url("127.0.0.1"))
    pair.present([HOST], ends_in=-timedelta(days=1))
    assert "certificate verify failed" in refusal(pair.url())
    pair.present([HOST])
    connect(pair.url()).close()


def test_each_service_gets_to_a_given_server_as_its_administrator_did(pair: Pair) -> None:
    account = Account(name="cards", password="one", owner_password="other")
    urls = create_databases(pair.url(), {"cards": account})["cards"]
    # The standby is asked first, and knows of the new database a moment later.
    eventually(lambda: accepts_logins(urls.owner))
    with closing(connect(urls.owner)) as link:
        assert (link.info.user, link.info.dbname) == ("cards_owner", "cards")
        assert link.info.ssl_in_use
        assert link.info.port == pair.first.port


def test_writes_go_to_the_standby_once_it_is_promoted(pair: Pair) -> None:
    say(pair.first, "CREATE TABLE kept (n int)")
    database = Database(pair.url(), pool_size=2)
    assert writes(database) == pair.first.port
    pair.first.kill9()
    assert writes(database) is None
    pair.promote()
    eventually(lambda: writes(database) == pair.second.port)
    database.close()


def test_a_server_that_takes_no_writes_any_more_is_left_for_the_one_that_does(pair: Pair) -> None:
    say(pair.first, "CREATE TABLE kept (n int)")
    database = Database(pair.url(), pool_size=2)
    assert writes(database) == pair.first.port
    pair.promote()
    # What a primary is after a switch of roles, seen by a connection that outlived it.
    say(pair.first, "ALTER SYSTEM SET default_transaction_read_only = on")
    say(pair.first, "SELECT pg_reload_conf()")
    eventually(lambda: writes(database) == pair.second.port)
    database.close()
