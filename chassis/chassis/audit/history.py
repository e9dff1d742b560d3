"""What was done to some objects, as officers read it: acts and codes, and no id of whoever did them."""

from collections.abc import Collection
from typing import Any, cast

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from chassis.clock import rfc3339
from chassis.database.tables import audit_entries
from contracts.base import HistoryEntry

# The last acts: who needs more than these of one order reads the audit itself.
HISTORY_MAX = 200
CODES = ("kind", "outcome", "reason")
KINDS = {"acc": "holder", "stf": "staff", "par": "partner", "dev": "device"}


def history_of(session: Session, object_ids: Collection[str]) -> list[HistoryEntry]:
    """Return what was done to these, newest first, `HISTORY_MAX` acts at most."""
    rows = session.execute(
        select(audit_entries)
        .where(audit_entries.c.object.in_(object_ids))
        .order_by(audit_entries.c.at.desc(), audit_entries.c.tx.desc(), audit_entries.c.seq.desc())
        .limit(HISTORY_MAX)
    )
    return [_told(row) for row in rows]


def _told(row: Row[Any]) -> HistoryEntry:
    codes = {name: row.details.get(name) for name in CODES}
    told = {"at": rfc3339(row.at), "by": _kind(row.actor), "act": row.act, "object_id": row.object, **codes}
    return cast(HistoryEntry, told)


def _kind(actor: str) -> str:
    if actor.startswith("service:"):
        return "service"
    return KINDS.get(actor.partition("_")[0], actor if actor in ("bank", "anonymous") else "service")
