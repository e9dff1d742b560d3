"""One service as the simulation knows it: its database, event handlers and relay, all the real ones."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any

from cards.service import CardsService
from chassis.relay import relay_once
from contracts.programmes import Programme
from offers.service import OffersService
from tests.simulation.bus import Bus, Message
from tests.simulation.dying import Died, MortalDatabase
from wallet.service import WalletService

SERVICES = {service.name: service for service in (CardsService, WalletService, OffersService)}


class Side:
    """What the bus and the sweeper see of a service; the desk's side of it is in `acts`."""

    def __init__(self, name: str, db: MortalDatabase, programmes: Mapping[str, Programme], keys: Any) -> None:
        self.name = name
        self.db = db
        # What the entrypoints' methods use of their service.
        self._service = SimpleNamespace(
            name=name, db=db, programmes=programmes, settings=SimpleNamespace(keys=keys)
        )
        self._handlers = {method.event.name: method for method in handlers_of(name)}

    def hear(self, messages: Sequence[Message]) -> list[Message]:
        """Handle a batch of one event's messages as the service does; those that it acknowledged."""
        batch = SimulatedBatch([Delivery(message) for message in messages])
        self._handlers[messages[0].name](self._service, batch)
        return batch.acknowledged

    def relay(self, bus: Bus) -> None:
        """Publish a batch of the outbox, and mark what the bus confirmed."""
        relay_once(self.db, bus)  # type: ignore[arg-type]  # the bus stands for its publisher


class Delivery:
    """A message as kombu shows it."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self.headers: dict[str, Any] = {}
        self.delivery_info = {"redelivered": False}

    def decode(self) -> Any:
        """The event's payload."""
        return self.message.payload


class SimulatedBatch:
    """Stands for `chassis.entrypoints.gathering.Batch`; nothing is put aside but by a process that died."""

    def __init__(self, messages: Sequence[Delivery]) -> None:
        self.messages = messages
        self.acknowledged: list[Message] = []

    def acknowledge(self, messages: Sequence[Delivery]) -> None:
        """They took effect."""
        self.acknowledged += [delivery.message for delivery in messages]

    def put_aside(self, _: Delivery, error: BaseException) -> None:
        """The dead put nothing aside, and nothing else may fail."""
        if not isinstance(error, Died):
            raise error

    def is_stopping(self) -> bool:
        """Only ever by dying."""
        return False


def handlers_of(name: str) -> list[Any]:
    """The methods of a service that hear events."""
    return [method for method in vars(SERVICES[name]).values() if hasattr(method, "event")]


def hearers() -> dict[str, list[str]]:
    """By event: the services that hear it here."""
    heard: dict[str, list[str]] = {}
    for name in SERVICES:
        for method in handlers_of(name):
            heard.setdefault(method.event.name, []).append(name)
    return heard
