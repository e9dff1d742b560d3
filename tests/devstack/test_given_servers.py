"""Servers that run already are enough: the platform stands on them where no server could be started."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from devstack.__main__ import main
from devstack.errors import DevstackError
from devstack.host import programs
from devstack.host.pids import read_records
from devstack.servers.backing import Backing, private_backing, wipe_given
from devstack.services import http_status
from devstack.stack import Stack
from tests.devstack.bare_machine import bare

pytestmark = pytest.mark.servers


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backing]:
    """Somebody's broker and database server."""
    with private_backing(tmp_path_factory.mktemp("servers")) as backing:
        yield backing


@pytest.fixture
def given(servers: Backing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Backing]:
    """They are named, and nothing else could serve: no PostgreSQL and no RabbitMQ can be found here."""
    assert servers.database is not None
    monkeypatch.setenv("AMQP_URI", servers.amqp_uri)
    monkeypatch.setenv("DATABASE_URL", servers.database.admin_url)
    with bare(tmp_path / "machine", monkeypatch):
        yield servers


def test_a_platform_stands_on_given_servers_where_no_server_could_be_started(
    given: Backing, tmp_path: Path
) -> None:
    for look in (programs.postgresql_bin, programs.rabbitmq_bin):
        with pytest.raises(DevstackError, match="No whole"):
            look()
    folder = tmp_path / "platform"
    with Stack.start(folder, durable=False) as stack:
        assert http_status(stack.wiring.gateway_port, "/readyz") == 200
        assert stack.amqp_uri == given.amqp_uri
        assert {record.name for record in read_records(folder)}.isdisjoint({"rabbitmq", "postgresql", "epmd"})
        assert stack.money_equation()["drift_cents"] == 0
    wipe_given(folder)


def test_setup_asks_for_no_server_where_servers_are_given(
    given: Backing, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["packages"]) == 0
    assert capsys.readouterr().err == ""


def test_half_of_the_servers_given_is_refused_at_setup(
    given: Backing, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    assert main(["packages"]) == 1
    assert "AMQP_URI given, but not DATABASE_URL" in capsys.readouterr().err
