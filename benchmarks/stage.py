"""The platform under test: fresh private servers with fsync, a process a service, and the echo."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from psycopg2.extensions import connection

from benchmarks.asking import Asking
from benchmarks.copying import administrator
from benchmarks.load import Address
from benchmarks.loading import grow, load
from benchmarks.options import Options
from benchmarks.queues import Queues
from benchmarks.world import NOW, World
from cards.sealing import Keys
from chassis.broker.amqp import connect
from chassis.broker.topology import declare
from chassis.clock import use_offset_file
from devstack.host.ports import LOOPBACK, free_port
from devstack.host.processes import Command
from devstack.secrets import DATABASE_SERVICES
from devstack.servers.backing import is_given, wipe_data
from devstack.services import http_status
from devstack.stack import Stack
from devstack.supervisor import Supervised

SERVICES_FOLDER = Path(__file__).parent / "services"
ECHO, ECHO_GATEWAY = "echo", "gateway-echo"
# Mails are measured by themselves: what waits in `notify` for the mail server is put off for a while.
HOLD_MAILS = """
CREATE FUNCTION put_off() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.due_at := NEW.due_at + interval '1 day';
    RETURN NEW;
END $$;
CREATE TRIGGER messages_put_off BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION put_off();
"""


class NotPrivate(Exception):
    """Somebody's servers are named in the environment: they would be filled and measured with others."""


@dataclass(frozen=True)
class Platform:
    """A filled platform, its clients' requests, and where the gateways answer."""

    stack: Stack
    asking: Asking
    queues: Queues
    gateway: Address
    echo: Address
    second_gateways: list[Address]
    databases: dict[str, str]
    keys: Keys

    @property
    def folder(self) -> Path:
        """Where its processes are recorded."""
        return self.stack.folder

    @property
    def postgresql_url(self) -> str:
        """The administrator's URL of the private cluster."""
        database = self.stack.backing.database
        assert database is not None, "the servers are private"
        return database.admin_url

    def grow(self, cards: int) -> None:
        """So many cards, and as many redemptions of the past; the clients scan all of them from now on."""
        before = self.asking.world
        self.asking.world = World(seed=before.seed, cards=cards)
        new = range(before.cards, cards)
        grow(self.postgresql_url, self.databases, self.asking.world, self.keys, cards=new, past=cards)


@contextmanager
def platform(options: Options) -> Iterator[Platform]:
    """Start everything, fill it, and take it all away again but for the logs."""
    if is_given(os.environ):
        raise NotPrivate("unset AMQP_URI and DATABASE_URL…: the benchmark starts servers of its own")
    folder = options.folder.resolve() / "platform"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with Stack.start(folder) as stack:
            stack.clock.set_time(NOW)
            use_offset_file(stack.wiring.clock_file)
            made = _fill(stack, options)
            yield made
            made.queues.close()
    finally:
        use_offset_file(None)
        wipe_data(folder)
        shutil.rmtree(folder / "mails", ignore_errors=True)


def _fill(stack: Stack, options: Options) -> Platform:
    secrets = stack.wiring.secrets
    world = World(seed=os.urandom(16), cards=options.cards)
    keys = Keys(
        sealing=bytes.fromhex(secrets.sealing_key), number_hash=bytes.fromhex(secrets.number_hash_key)
    )
    databases = {service: _database_name(stack, service) for service in DATABASE_SERVICES}
    assert stack.backing.database is not None, "the servers are private"
    admin_url = stack.backing.database.admin_url
    load(admin_url, databases, world, keys, options.past)
    if not options.receipts:
        with administrator(admin_url, databases["notify"]) as link:
            _hold_mails(link)
    echo = _start_echo(stack)
    return Platform(
        stack=stack,
        asking=Asking(world, secrets.token_signing_key),
        queues=Queues(stack),
        gateway=(LOOPBACK, stack.wiring.gateway_port),
        echo=echo,
        second_gateways=_add_processes(stack, options),
        databases=databases,
        keys=keys,
    )


def _hold_mails(link: connection) -> None:
    with link, link.cursor() as at:
        at.execute(HOLD_MAILS)


def _start_echo(stack: Stack) -> Address:
    broker = connect(stack.amqp_uri)
    declare(broker.channel(), ECHO, ())
    broker.close()
    # An environment like that of `cards`; the echo opens no database, and the broker knows no user for it.
    _add(stack, ECHO, "cards", [sys.executable, "-m", "chassis", "run", ECHO])
    port = _add_gateway(stack, ECHO_GATEWAY, "echo_gateway")
    stack.start_service(ECHO)
    stack.start_service(ECHO_GATEWAY)
    return LOOPBACK, port


def _add_processes(stack: Stack, options: Options) -> list[Address]:
    """Further processes of `cards` and `gateway`, known but not started: cells start and stop them."""
    for number in range(2, options.cards_processes + 1):
        _add(stack, f"cards-{number}", "cards", [sys.executable, "-m", "chassis", "run", "cards"])
    numbers = range(2, options.gateway_processes + 1)
    return [(LOOPBACK, _add_gateway(stack, f"gateway-{n}", "gateway")) for n in numbers]


def _add_gateway(stack: Stack, name: str, module: str) -> int:
    port = free_port()
    _add(stack, name, "gateway", [sys.executable, "-m", module], HTTP_PORT=str(port), STREAMS_MAX="20000")
    return port


def _add(stack: Stack, name: str, like: str, argv: list[str], **variables: str) -> None:
    environment = {**stack.environment(like), "PYTHONPATH": str(SERVICES_FOLDER), **variables}
    if name == ECHO:
        environment["AMQP_URI"] = stack.amqp_uri
    metrics_port = int(environment["METRICS_PORT"])
    command = Command(
        name=name,
        argv=argv,
        environment=environment,
        folder=stack.folder,
        log_file=stack.folder / "logs" / f"{name}.log",
    )
    ready = lambda: http_status(metrics_port, "/healthz") == 200  # noqa: E731
    stack.supervisor.add([Supervised(group=name, command=command, is_ready=ready)])


def _database_name(stack: Stack, service: str) -> str:
    return urlsplit(stack.database_url(service)).path.lstrip("/")
