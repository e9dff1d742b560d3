"""The outbox: what a service announces is written in the transaction that caused it, or not at all."""

import json
from collections.abc import Sequence
from typing import Any, TypedDict

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chassis.broker.amqp import within_limit
from chassis.clock import now, rfc3339
from chassis.database.engine import ANNOUNCED
from chassis.database.sends import Sends
from chassis.database.tables import outbox
from chassis.ids import new_id
from chassis.log import call_id_of
from contracts.base import Event

# For a statement that does the work of several (ADR 0020); its values are `announcing`'s.
ANNOUNCE = """
    INSERT INTO outbox (event_id, source, name, payload, call_id)
    VALUES (:event_id, :source, :name, CAST(:payload AS json), :call_id)
"""


class Stamp(TypedDict):
    """The envelope's fields of a new event."""

    event_id: str
    occurred_at: str


def stamp() -> Stamp:
    """A new event's id and time: ``OrderPlaced(**stamp(), order_id=…)``."""
    return {"event_id": new_id("evt"), "occurred_at": rfc3339(now())}


def announce(session: Session, *events: Event, causes: Sequence[Event] = ()) -> None:
    """Keep the events for the relay, in the caller's transaction and in one statement.

    ``causes``: where a batch was heard, the event that each of them follows from, in the same order. Raises
    MessageTooBig.
    """
    session.info[ANNOUNCED] = True
    rows = [
        _envelope(event, cause) | {"payload": _payload(event)}
        for event, cause in zip(events, causes or events, strict=True)
    ]
    session.execute(insert(outbox), rows)


def announcing(sends: Sends, event: Event) -> dict[str, Any]:
    """The values of ANNOUNCE; the relay will look when the transaction is committed."""
    sends.announces = True
    return _envelope(event, event) | {"payload": _fitting(event.payload())}


def _envelope(event: Event, cause: Event) -> dict[str, Any]:
    return {
        "event_id": event.event_id,
        "source": event.source,
        "name": event.name,
        "call_id": call_id_of(cause),
    }


def _payload(event: Event) -> dict[str, Any]:
    """For a column that makes JSON of it by itself."""
    payload = event.payload()
    _fitting(payload)
    return payload


def _fitting(payload: dict[str, Any]) -> str:
    """As JSON. What no broker takes must not be kept either: all that is announced after it would wait."""
    return within_limit(json.dumps(payload))
