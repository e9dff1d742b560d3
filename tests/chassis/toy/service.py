"""Entrypoints that answer, refuse, fail, dawdle and kill their process, as the tests ask."""

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from signal import SIGKILL
from typing import Any, ClassVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis import stopping
from chassis.database.idempotency import once
from chassis.database.settings import ServiceSettings
from chassis.events.outbox import announce, stamp
from chassis.log import get_logger
from chassis.service import CurrentCaller, Database, Services, SettingsOf, handles, handles_together, rpc
from contracts.access import OPEN, Access
from contracts.base import Event
from contracts.refusals import Refusal

# Nobody wants to wait the whole limit in every test of a stop that cannot be finished.
stopping.STOP_MAX_S = int(os.environ.get("TOY_STOP_MAX_S", stopping.STOP_MAX_S))

OPEN_TO_ALL = (
    *("echo", "refuse", "fail", "answer_no_json", "sleep", "wait_for_lock", "say"),
    *("note_after", "spin"),
)
HEAR = text("INSERT INTO heard (thing) VALUES (:thing)")


@dataclass(frozen=True, kw_only=True)
class ToysHappened(Event):
    """Heard in batches that are handled together."""

    source: ClassVar[str] = "toy"
    name: ClassVar[str] = "toys_happened"

    thing: str


@dataclass(frozen=True, kw_only=True)
class ToyEchoed(Event):
    """What the toy announces of each that it heard together; nobody listens."""

    source: ClassVar[str] = "toy"
    name: ClassVar[str] = "toy_echoed"

    thing: str


@dataclass(frozen=True, kw_only=True)
class ToyHappened(Event):
    """What the toy announces and hears itself."""

    source: ClassVar[str] = "toy"
    name: ClassVar[str] = "toy_happened"

    thing: str


class ToyService:
    """Named like a real service, with a real database."""

    name = "toy"
    access: ClassVar[dict[str, Access]] = {
        **dict.fromkeys(OPEN_TO_ALL, OPEN),
        "ask_myself": OPEN,
        "who": replace(OPEN, services=frozenset({"toy", "mate"})),
        "guarded": Access("cards:read", services=frozenset({"toy"})),
    }
    settings = SettingsOf(ServiceSettings)
    db = Database()
    services = Services()
    caller = CurrentCaller()

    @rpc
    def echo(self, *, value: Any) -> Any:
        return value

    @rpc
    def who(self) -> str:
        return f"{self.caller.kind}:{self.caller.subject}"

    @rpc
    def refuse(self) -> None:
        raise Refusal("invalid_field", field="a.b", rule="never")

    @rpc
    def fail(self) -> None:
        raise RuntimeError("secret text that must not leave")

    @rpc
    def answer_no_json(self) -> Any:
        return {1, 2}

    @rpc
    def sleep(self, *, seconds: float) -> str:
        time.sleep(seconds)
        return "woke"

    @rpc
    def guarded(self) -> str:
        return f"{self.caller.kind}:{self.caller.subject}"

    @rpc
    def note_after(self, *, thing: str, seconds: float) -> str:
        time.sleep(seconds)
        with self.db.transaction() as session:
            session.execute(HEAR, {"thing": thing})
        return "noted"

    @rpc
    def spin(self) -> None:
        get_logger().info("toy_spins")
        while True:
            pass

    @rpc
    def ask_myself(self) -> str:
        answer: str = self.services.as_service().toy.guarded()
        return answer

    @rpc
    def wait_for_lock(self) -> None:
        with self.db.transaction() as session:
            session.execute(text("SELECT pg_advisory_xact_lock(42)"))

    @rpc
    def say(self, *, thing: str) -> None:
        with self.db.transaction() as session:
            # A call is delivered at least once: a killed process's call is made again by the broker.
            once(
                session,
                caller="test",
                operation="say",
                key=thing,
                request={"thing": thing},
                act=lambda: announce(session, ToyHappened(**stamp(), thing=thing)),
            )

    @handles(ToyHappened)
    def hear(self, session: Session, event: ToyHappened) -> None:
        _misbehave(event.thing)
        session.execute(HEAR, {"thing": event.thing})

    @handles_together(ToysHappened)
    def hear_together(self, session: Session, events: Sequence[ToysHappened]) -> None:
        for event in events:
            _misbehave(event.thing)
        session.execute(HEAR, [{"thing": event.thing} for event in events])
        echoes = [ToyEchoed(**stamp(), thing=event.thing) for event in events]
        announce(session, *echoes, causes=events)


ToyService.access.pop(os.environ.get("TOY_FORGETS", ""), None)


def _misbehave(thing: str) -> None:
    if thing == "slow":
        time.sleep(1)
    if os.path.exists(os.environ["TOY_MENDED"]):
        return
    if thing == "deadly":
        os.kill(os.getpid(), SIGKILL)
    if thing == "endless":
        get_logger().info("toy_hangs")
        time.sleep(3600)
    if thing == "hopeless":
        raise RuntimeError("cannot")
