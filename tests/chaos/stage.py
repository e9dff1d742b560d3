"""The platform that is broken on purpose: real processes, with fsync, every link through the proxy."""

import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks import world as w
from benchmarks.copying import administrator, copy_rows
from benchmarks.loading import load
from benchmarks.world import World
from cards.sealing import Keys
from chassis.calls.tokens import sign
from chassis.clock import use_offset_file
from contracts.access import scopes_of
from devstack.environment import Wiring
from devstack.secrets import DATABASE_SERVICES, GATEWAY, SERVICES
from devstack.servers.backing import is_given
from devstack.servers.databases import connect
from devstack.servers.postgresql import PostgresqlCluster
from devstack.servers.rabbitmq import RabbitmqNode
from devstack.services import prepare, service_processes
from devstack.stack import Stack
from devstack.supervisor import Supervised
from tests.chaos.links import Links, linked
from tests.chaos.options import Options

# A run begins a minute before midnight, so that a visit and its upload are often of two days.
BEGINS = w.NOW.replace(hour=23, minute=59)
CARDS = 2_000
# Many clients at these, so that pots run dry, locks are waited for and limits are reached.
HOT_CARDS = 12
# And so many whose card was revoked for an error about as long ago as visits of before may be heard of: their
# pots are closed in the middle of the run, one after the other.
CUT_CARDS = 12
LATE_WINDOW = timedelta(minutes=15)
TOKEN_LIFETIME_S = 48 * 3600
LAUNCHER = Path(__file__).with_name("planted.py")
# Tens of thousands of receipts would take the processor from the scans: one of fifty is mailed, the others
# wait for tomorrow. Each has its row all the same; vouchers are all mailed.
MAILED_OF = 50
HOLD_RECEIPTS = f"""
CREATE FUNCTION put_off() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind IN ('receipt', 'cancellation') AND hashtext(NEW.subject_id) % {MAILED_OF} <> 0 THEN
        NEW.due_at := NEW.due_at + interval '1 day';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER messages_put_off BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION put_off();
"""
REVOKE = "UPDATE cards SET revoked_at = %s, revoked_reason = 'error', revoked_by = 'stf_chaos' WHERE id = %s"
WITHOUT_CHECK = "ALTER TABLE allowances DROP CONSTRAINT ck_allowances_never_negative"


class NotPrivate(Exception):
    """Somebody's servers are named in the environment: they would be stopped and killed."""


@dataclass(frozen=True)
class Scene:
    """What faults strike and clients use."""

    stack: Stack
    links: Links
    world: World
    folder: Path

    @property
    def broker(self) -> RabbitmqNode:
        """The private broker, or the first of several."""
        return self.brokers[0]

    @property
    def brokers(self) -> tuple[RabbitmqNode, ...]:
        """All of them."""
        return self.stack.backing.brokers

    @property
    def database(self) -> PostgresqlCluster:
        """The private database server."""
        assert self.stack.backing.database is not None
        return self.stack.backing.database

    def placed(self, card: int) -> tuple[str, ...]:
        """The order of a card: id, holder, programme, card type."""
        return w.an_id("ord", card), self.world.holder(card), w.PROGRAMME, self.world.card_type(card)

    def cut_card(self, number: int) -> tuple[int, datetime]:
        """A card that was revoked before the run, and when."""
        number %= CUT_CARDS
        revoked_at = BEGINS - LATE_WINDOW + (number + 1) * timedelta(seconds=25)
        return self.world.pot_card(HOT_CARDS + number), revoked_at

    def token(self, kind: str, subject: str, **claims: object) -> str:
        """A signed token, as `identity` would give it."""
        scope = " ".join(sorted(scopes_of(kind, claims.get("role"))))  # type: ignore[arg-type]
        body = {"sub": subject, "kind": kind, "scope": scope, "programmes": [], **claims}
        return sign(body, self.stack.wiring.secrets.token_signing_key, TOKEN_LIFETIME_S)

    def device_token(self, provider: int, device: int) -> str:
        """The token of one of the devices at a provider's site."""
        place = {"provider_id": w.provider_id(provider), "site_id": w.site_id(provider)}
        return self.token("device", w.device_id(device), **place)


@contextmanager
def scene(options: Options, processes: int = 1, *, archive: bool = False) -> Iterator[Scene]:
    """Start everything, so many processes of each service, and fill it; afterwards all is stopped, and the
    folder holds what was written.

    archive: as `Stack.start` has it.
    """
    if is_given(os.environ):
        raise NotPrivate("unset AMQP_URI and DATABASE_URL…: chaos strikes servers of its own only")
    folder = options.folder.resolve()
    with (
        Stack.start(folder / "platform", services=(), archive=archive, brokers=options.brokers) as stack,
        linked(_targets(stack)) as links,
    ):
        stack.clock.set_time(BEGINS)
        use_offset_file(stack.wiring.clock_file)
        try:
            made = Scene(stack, links, World(seed=options.seed.to_bytes(16), cards=CARDS), folder)
            prepare(stack.wiring, DATABASE_SERVICES)
            _fill(made, options.planted)
            stack.supervisor.add(_processes(stack.wiring, links, options.planted, processes))
            stack.supervisor.start()
            stack.supervisor.wait_ready()
            yield made
        finally:
            use_offset_file(None)


def _targets(stack: Stack) -> dict[str, int]:
    """A link of its own for each service to each node of the broker and to its database."""
    nodes = enumerate(stack.backing.brokers, 1)
    targets = {f"{service}.amqp-{number}": node.port for number, node in nodes for service in SERVICES}
    return targets | {f"{service}.sql": _port(stack.database_url(service)) for service in DATABASE_SERVICES}


def _processes(wiring: Wiring, links: Links, planted: str, processes: int) -> list[Supervised]:
    return [
        _planted(supervised, planted)
        for service in SERVICES
        for supervised in service_processes(_through(wiring, links, service), {service: processes})
    ]


def _planted(supervised: Supervised, planted: str) -> Supervised:
    if not planted or supervised.group == GATEWAY:
        return supervised
    argv = [sys.executable, str(LAUNCHER), planted, "run", supervised.group]
    return replace(supervised, command=replace(supervised.command, argv=argv))


def _through(wiring: Wiring, links: Links, service: str) -> Wiring:
    urls = {
        name: links.uri(f"{name}.sql", url) if name == service else url
        for name, url in wiring.database_urls.items()
    }
    uris = {**wiring.amqp_uris, service: links.broker_uri(service, wiring.amqp_uris[service])}
    return replace(wiring, amqp_uris=uris, database_urls=urls)


def _fill(made: Scene, planted: str) -> None:
    secrets = made.stack.wiring.secrets
    keys = Keys(
        sealing=bytes.fromhex(secrets.sealing_key), number_hash=bytes.fromhex(secrets.number_hash_key)
    )
    names = {service: urlsplit(made.stack.database_url(service)).path[1:] for service in DATABASE_SERVICES}
    load(made.database.admin_url, names, made.world, keys, 0)
    with administrator(made.database.admin_url, names["cards"]) as link, link, link.cursor() as at:
        at.executemany(REVOKE, [_cut(made, number) for number in range(CUT_CARDS)])
    with administrator(made.database.admin_url, names["notify"]) as link:
        with link, link.cursor() as at:
            at.execute(HOLD_RECEIPTS)
        # Whose order a revoked card's is: as if `order_placed` had been heard.
        copy_rows(link, "orders", "id, holder_id, programme, card_type", map(made.placed, range(CARDS)))
    if planted == "guard_off":
        with closing(connect(made.stack.owner_url("cards"))) as link, link, link.cursor() as at:
            at.execute(WITHOUT_CHECK)


def _cut(made: Scene, number: int) -> tuple[datetime, str]:
    card, revoked_at = made.cut_card(number)
    return revoked_at, w.an_id("card", card)


def _port(uri: str) -> int:
    port = urlsplit(uri).port
    assert port is not None
    return port
