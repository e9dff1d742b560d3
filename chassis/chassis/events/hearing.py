"""Hearing: a batch of events takes effect in one transaction; one that fails takes no other with it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Protocol

from sqlalchemy.orm import Session

from chassis.database.engine import Database, is_away
from chassis.events import inbox
from chassis.events.bundles import CALL_ID_HEADER, Carried, is_bundle, read
from chassis.events.parking import ATTEMPT_HEADER
from chassis.ids import new_id
from chassis.log import failure, get_logger, remember_call_ids
from chassis.metrics import histogram
from contracts.base import Event

log = get_logger()
_seconds = histogram("event_handling_seconds", "Events handled by this service.", ("event", "outcome"))


class UnreadableEvent(Exception):
    """The message, or an event in it, is no such event: no retry will mend it."""


class Batch(Protocol):
    """Messages as kombu has them (`chassis.entrypoints.gathering.Batch`)."""

    messages: Sequence[Any]

    def acknowledge(self, messages: Sequence[Any]) -> None:
        """Whatever they carried took effect, or lies safely elsewhere."""

    def put_aside(self, message: Any, carried: Carried | None, error: BaseException) -> None:
        """An event of the message did not take effect; where nothing in it can be told apart, all of it."""

    def take_apart(self, events: Sequence[Carried]) -> None:
        """Each goes back to the queue in a message of its own."""

    def is_stopping(self) -> bool:
        """The process is about to end: a message that was begun is finished, the others are left."""


@dataclass(frozen=True, kw_only=True)
class Listener:
    """Who hears an event (``consumer`` in the inbox), and what it does; ``at_once``: in one transaction."""

    event: type[Event]
    consumer: str
    at_once: int
    apply: Callable[[Session, Sequence[Event]], None]


@dataclass(frozen=True)
class Heard:
    """An event that could be read, and the message that brought it."""

    message: Any
    carried: Carried
    event: Event
    call_id: str


def hear(batch: Batch, db: Database, listener: Listener) -> None:
    """Handle every event of the batch and settle its messages; raises NotPublished where one could not be put
    aside.
    """
    started = monotonic()
    outcomes: Counter[str] = Counter()
    handled: dict[str, str] = {}
    remember_call_ids({})
    todo = _in_groups(_read_all(batch, listener, outcomes), listener.at_once)
    unsettled = Counter(heard.message.delivery_tag for group in todo for heard in group)
    remember_call_ids({heard.event.event_id: heard.call_id for group in todo for heard in group})
    begun: set[int] = set()
    while todo:
        group = todo.pop(0)
        if batch.is_stopping():
            group = [heard for heard in group if heard.message.delivery_tag in begun]
            if not group:
                continue
        begun |= {heard.message.delivery_tag for heard in group}
        try:
            outcomes += _take_effect(db, listener, group)
        except Exception as error:
            if len(group) > 1 and not is_away(error):
                log.warning("events_handled_alone", event_name=listener.event.name, **failure(error))
                todo += [[heard] for heard in group]
                continue
            for heard in group:
                _put_aside(batch, listener, heard, error)
                _settle(batch, unsettled, [heard])
            outcomes["failed"] += len(group)
        else:
            _settle(batch, unsettled, group)
            handled |= {heard.event.event_id: heard.call_id for heard in group}
    _tell(listener, outcomes, handled, monotonic() - started)


def _settle(batch: Batch, unsettled: Counter[int], group: Sequence[Heard]) -> None:
    """A message is acknowledged with the last of its events: a process that dies before leaves them all, and
    those that took effect are known by the inbox.
    """
    unsettled.subtract(heard.message.delivery_tag for heard in group)
    done = {tag: heard.message for heard in group if not unsettled[tag := heard.message.delivery_tag]}
    batch.acknowledge(list(done.values()))


def _in_groups(all_heard: Sequence[Heard], at_once: int) -> list[list[Heard]]:
    """What comes for the first time, together; then each alone that came before, since it may be the one that
    failed then or killed its process.

    Fewest deliveries first, and at each delivery the other way round: so the neighbours of one that kills its
    process are done, on whichever side of it they stand, long before the broker's limit parks them with it.
    """
    fresh, again = [], []
    for place, heard in enumerate(all_heard):
        if heard.message.delivery_info.get("redelivered"):
            times = int(heard.message.headers.get("x-delivery-count", 1))
            again.append((times, place if times % 2 else -place, heard))
        elif ATTEMPT_HEADER in heard.message.headers:
            again.append((0, place, heard))
        else:
            fresh.append(heard)
    together = [fresh[start : start + at_once] for start in range(0, len(fresh), at_once)]
    return [*together, *([heard] for *_, heard in sorted(again, key=lambda each: each[:2]))]


def _take_effect(db: Database, listener: Listener, group: Sequence[Heard]) -> Counter[str]:
    by_id = {heard.event.event_id: heard.event for heard in group}
    with db.transaction() as session:
        new = inbox.remember(session, listener.consumer, by_id)
        if new:
            listener.apply(session, [event for event_id, event in by_id.items() if event_id in new])
    return Counter(ok=len(new), duplicate=len(group) - len(new))


def _read_all(batch: Batch, listener: Listener, outcomes: Counter[str]) -> list[Heard]:
    """What can be read and handled now; the rest is put aside or taken apart, and its messages settled."""
    all_heard = []
    for message in batch.messages:
        heard = _read(batch, listener, message, outcomes)
        all_heard += heard
        if not heard:
            batch.acknowledge([message])
    return all_heard


def _read(batch: Batch, listener: Listener, message: Any, outcomes: Counter[str]) -> list[Heard]:
    try:
        body = message.decode()
        events = read(body, message.headers)
    except Exception as error:
        _put_aside_unread(batch, listener, message, None, error)
        outcomes["failed"] += 1
        return []
    if is_bundle(body) and message.delivery_info.get("redelivered"):
        # One of them may have killed its process. Alone, each has deliveries of its own to be counted by.
        log.warning("bundle_taken_apart", event_name=listener.event.name, count=len(events))
        batch.take_apart(events)
        return []
    all_heard = []
    for carried in events:
        call_id = carried.headers.get(CALL_ID_HEADER) or new_id("call")
        try:
            all_heard.append(Heard(message, carried, listener.event.from_payload(carried.payload), call_id))
        except Exception as error:
            _put_aside_unread(batch, listener, message, carried, error)
            outcomes["failed"] += 1
    return all_heard


def _put_aside_unread(
    batch: Batch, listener: Listener, message: Any, carried: Carried | None, error: Exception
) -> None:
    call_id = (carried.headers if carried else message.headers).get(CALL_ID_HEADER)
    log.warning("event_failed", event_name=listener.event.name, call_id=call_id, **failure(error))
    batch.put_aside(message, carried, UnreadableEvent(listener.event.name))


def _put_aside(batch: Batch, listener: Listener, heard: Heard, error: Exception) -> None:
    log.warning(
        "event_failed",
        event_name=listener.event.name,
        event_id=heard.event.event_id,
        call_id=heard.call_id,
        **failure(error),
    )
    batch.put_aside(heard.message, heard.carried, error)


def _tell(listener: Listener, outcomes: Counter[str], handled: dict[str, str], seconds: float) -> None:
    """One line a batch; in the histogram each event counts, with the time that it waited for its batch."""
    name = listener.event.name
    if handled:
        log.info("events_handled", event_name=name, **outcomes, events=handled)
    for outcome, count in outcomes.items():
        observer = _seconds.labels(name, outcome)
        for _ in range(count):
            observer.observe(seconds)
