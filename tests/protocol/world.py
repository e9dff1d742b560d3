"""`cards` and `wallet` on two real databases, and between them a bus that does what buses do."""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from cards.sealing import Keys
from cards.service import CardsService
from chassis import inbox
from chassis.database import Database
from contracts.base import Event
from contracts.programmes import Programme
from wallet.service import WalletService

KEYS = Keys(sealing=secrets.token_bytes(32), number_hash=secrets.token_bytes(32))


class Died(Exception):
    """The process ended between the last statement and the commit: nothing of the transaction is left."""


@dataclass(frozen=True)
class Message:
    """An event on its way to one of the services, as JSON."""

    service: str
    name: str
    payload: Mapping[str, Any]


class Side:
    """One service: its database, and the rules behind its event entrypoints."""

    def __init__(
        self,
        service: type[CardsService] | type[WalletService],
        db: Database,
        programmes: Mapping[str, Programme],
    ) -> None:
        self.name = service.name
        self.db = db
        # What the entrypoints' methods use of their service.
        self._service = SimpleNamespace(programmes=programmes, settings=SimpleNamespace(keys=KEYS))
        methods = [method for method in vars(service).values() if hasattr(method, "event")]
        self.handlers: dict[str, tuple[type[Event], Any]] = {
            method.event.name: (method.event, method.apply) for method in methods
        }
        self._seen = 0

    def hear(self, message: Message, *, dies: bool = False) -> bool:
        """Handle a message as chassis does: inbox and effect in one transaction; False for a duplicate."""
        event_type, apply = self.handlers[message.name]
        event = event_type.from_payload(message.payload)
        with self.db.transaction() as session:
            is_new = bool(inbox.remember(session, f"{self.name}.{message.name}", [event.event_id]))
            if is_new:
                apply(self._service, session, [event])
            if dies:
                raise Died
        return is_new

    def announced(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Name and payload of what was committed to the outbox since the last call."""
        query = text("SELECT seq, name, payload FROM outbox WHERE seq > :seen ORDER BY seq")
        with self.db.transaction() as session:
            rows = session.execute(query, {"seen": self._seen}).all()
        self._seen = rows[-1].seq if rows else self._seen
        return [(row.name, row.payload) for row in rows]

    def empty(self) -> None:
        """Back to the first day."""
        with self.db.transaction() as session:
            tables = session.scalar(
                text(
                    "SELECT string_agg(format('%I', tablename), ', ') FROM pg_tables "
                    "WHERE schemaname = 'public' AND tablename NOT LIKE '%version'"
                )
            )
            session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        self._seen = 0

    @contextmanager
    def dying_transaction(self) -> Iterator[Session]:
        """A transaction whose process dies just before the commit."""
        with self.db.transaction() as session:
            yield session
            raise Died


class World:
    """Both services and what is on its way between them.

    ``waiting`` is what was announced and not yet acknowledged, in no order that means anything; ``heard``
    is what was, for the bus may bring it once more. ``counts`` says over all histories what happened.
    """

    def __init__(
        self, cards: Database, wallet: Database, programme: Programme, set_clock: Callable[[datetime], None]
    ) -> None:
        self.programme = programme
        self.programmes = {programme.code: programme}
        self.cards = Side(CardsService, cards, self.programmes)
        self.wallet = Side(WalletService, wallet, self.programmes)
        self.set_clock = set_clock
        self.counts: Counter[str] = Counter()
        self.waiting: list[Message] = []
        self.heard: list[Message] = []

    def empty(self) -> None:
        """Forget everything, for the next history."""
        for side in (self.cards, self.wallet):
            side.empty()
        self.waiting, self.heard = [], []

    def send(self, *events: Event) -> None:
        """Announcements of services that do not play here."""
        for event in events:
            self._publish(event.name, event.payload())

    def collect(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Take over what both services have announced; all of it, read here or not."""
        announced = [*self.cards.announced(), *self.wallet.announced()]
        for name, payload in announced:
            self._publish(name, payload)
        self.counts.update(name for name, _ in announced)
        return announced

    def deliver(self, message: Message, *, dies: bool = False) -> bool:
        """Let its service hear a message; True when it took effect."""
        side = self.cards if message.service == self.cards.name else self.wallet
        return side.hear(message, dies=dies)

    def _publish(self, name: str, payload: Mapping[str, Any]) -> None:
        for side in (self.cards, self.wallet):
            if name in side.handlers:
                self.waiting.append(Message(side.name, name, payload))
