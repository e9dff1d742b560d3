"""The audit: who did what to what, written by the rule in the transaction of the act (ADR 0025).

An entry holds ids, codes and cents. Never a name, an address, a card's number or a quotient: entries are kept
for years, and nothing can be taken out of them.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.tables import audit_entries
from chassis.log import call_id_of, current_call_id
from contracts.base import Event

Entry = dict[str, Any]
Detail = str | int | bool | None

# For a statement that does the work of several (ADR 0020); its values are `recording`'s.
RECORD = """
    INSERT INTO audit_entries (at, actor, act, object, details, call_id)
    VALUES (:at, :actor, :act, :object, CAST(:details AS json), :call_id)
"""
_RECORD = insert(audit_entries)


def record(session: Session, by: Caller | Event | str, act: str, object_id: str, **details: Detail) -> None:
    """Write one entry: ``record(session, caller, "card_revoked", card.id, reason=reason)``.

    ``by`` is the caller, the event that was heard (its origin is the actor: ``service:<origin>``), or an id.
    ``act`` is a word in the past tense. Details without a value are left out.
    """
    record_all(session, [entry(by, act, object_id, **details)])


def record_all(session: Session, entries: Sequence[Entry]) -> None:
    """Write the entries of a batch in one statement."""
    session.execute(_RECORD, entries)


def entry(by: Caller | Event | str, act: str, object_id: str, **details: Detail) -> Entry:
    """One entry for `record_all`."""
    return _entry(now(), by, act, object_id, details)


def recording(at: datetime, by: Caller | Event | str, act: str, object_id: str, **details: Detail) -> Entry:
    """The values of RECORD."""
    values = _entry(at, by, act, object_id, details)
    return {**values, "details": json.dumps(values["details"])}


def _entry(
    at: datetime, by: Caller | Event | str, act: str, object_id: str, details: Mapping[str, Detail]
) -> Entry:
    return {
        "at": at,
        "actor": _actor(by),
        "act": act,
        "object": object_id,
        "details": {name: value for name, value in details.items() if value is not None},
        "call_id": call_id_of(by) if isinstance(by, Event) else current_call_id(),
    }


def _actor(by: Caller | Event | str) -> str:
    if isinstance(by, Event):
        return f"service:{by.source}"
    return by.subject if isinstance(by, Caller) else by
