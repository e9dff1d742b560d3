"""`cards`, `wallet` and `offers` on three real databases, with a simulated bus, clock and ids."""

from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

from cards.sealing import Keys
from chassis.calls.caller import Caller
from chassis.clock import real_now
from contracts.base import Event
from contracts.programmes import Programme
from devstack.servers.databases import DatabaseUrls
from tests.simulation.bus import Bus, Message
from tests.simulation.dying import MortalDatabase
from tests.simulation.seeding import seeded
from tests.simulation.sides import SERVICES, Side, hearers
from tests.simulation.storage import Storage

KEYS = Keys(sealing=bytes(32), number_hash=bytes(32))

Asked = tuple[Caller, str, dict[str, Any]]


class World:
    """Everything that happens, happens here; ``counts`` says over all histories what did."""

    def __init__(self, urls: Mapping[str, DatabaseUrls], programme: Programme) -> None:
        self.programme = programme
        self.programmes = {programme.code: programme}
        databases = {name: MortalDatabase(urls[name].service, name=f"simulate-{name}") for name in SERVICES}
        self.sides = {name: Side(name, db, self.programmes, KEYS) for name, db in databases.items()}
        self.storage = {name: Storage(name, urls[name].owner) for name in SERVICES}
        self.bus = Bus(hearers())
        self.counts: Counter[str] = Counter()
        self.moment = real_now()
        self._first_day: list[Message] = []
        self._announced = dict.fromkeys(SERVICES, 0)

    @property
    def cards(self) -> MortalDatabase:
        """Where the scan is."""
        return self.sides["cards"].db

    def seeded(self, seed: object) -> AbstractContextManager[None]:
        """Ids come from the seed, time from `moment`."""
        return seeded(seed, lambda: self.moment)

    def waits(self, backend_pid: int) -> bool:
        """Whether a session waits for another's lock; each service may have a server of its own."""
        return any(storage.waits(backend_pid) for storage in self.storage.values())

    def empty(self) -> None:
        """No rows, nothing on its way."""
        for storage in self.storage.values():
            storage.empty()
        self._quieten([])

    def keep_first_day(self) -> None:
        """Every history begins with what stands here now, and with what is on its way."""
        for storage in self.storage.values():
            storage.keep()
        self._first_day = list(self.bus.waiting)

    def reset(self) -> None:
        """Forget a history."""
        for storage in self.storage.values():
            storage.reset()
        self._quieten(self._first_day)

    def send(self, *events: Event) -> None:
        """Announcements of services that do not play here."""
        for event in events:
            self.bus.put(event.name, event.payload())

    def close(self) -> None:
        """Give every connection back, and the tables' guards."""
        for storage in self.storage.values():
            storage.close()
        for side in self.sides.values():
            side.db.close()

    def _quieten(self, waiting: list[Message]) -> None:
        self.bus.waiting, self.bus.heard = list(waiting), []
