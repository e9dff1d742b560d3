"""The audit's chain: what is hashed, and how (ADR 0025). Sealing makes it, verifying walks it.

The canonical forms, in UTF-8 and hashed by SHA-256. Times are microseconds since 1970; JSON has no spaces
and keeps letters as they are:

    entry  the JSON array [seq, tx, at, actor, act, object, details, call_id]; `details` is a text, as stored
    seal   the previous seal's hash (32 zero bytes before the first); the JSON array [seq, from_tx, to_tx,
           count, sealed_at]; the hashes of its entries, 32 bytes each, in order of tx and seq
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Row, Text, bindparam, func, select
from sqlalchemy.orm import Session

from chassis.database.tables import audit_entries as entries
from chassis.database.tables import audit_seals as seals

HASH_BYTES = 32
GENESIS = bytes(HASH_BYTES)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_ENTRIES = (
    select(
        entries.c.seq,
        entries.c.tx,
        (func.extract("epoch", entries.c.at) * 1_000_000).cast(BigInteger).label("at"),
        entries.c.actor,
        entries.c.act,
        entries.c.object,
        entries.c.details.cast(Text).label("details"),
        entries.c.call_id,
    )
    .where(entries.c.tx >= bindparam("from_tx"), entries.c.tx < bindparam("to_tx"))
    .order_by(entries.c.tx, entries.c.seq)
)
_SEALS = select(seals).where(seals.c.seq > bindparam("after")).order_by(seals.c.seq).limit(bindparam("most"))


@dataclass(frozen=True, kw_only=True)
class Seal:
    """One link: the hashes of the entries with ``from_tx <= tx < to_tx``, and the seal before it."""

    seq: int
    from_tx: int
    to_tx: int
    count: int
    sealed_at: datetime
    hashes: bytes
    hash: bytes

    def computed(self, previous: bytes) -> bytes:
        """The hash that it must have after the seal with this one."""
        sealed_at = (self.sealed_at - _EPOCH) // timedelta(microseconds=1)
        said = _encode([self.seq, self.from_tx, self.to_tx, self.count, sealed_at]).encode()
        return hashlib.sha256(previous + said + self.hashes).digest()


def hash_of(entry: Row[Any]) -> bytes:
    """The hash of an entry that `entries_within` read."""
    return hashlib.sha256(_encode(list(entry)).encode()).digest()


def entries_within(session: Session, from_tx: int, to_tx: int) -> Sequence[Row[Any]]:
    """The entries of these transactions, in the chain's order and in the parts of the canonical form."""
    return session.execute(_ENTRIES, {"from_tx": from_tx, "to_tx": to_tx}).all()


def seals_after(session: Session, after: int, most: int) -> list[Seal]:
    """The next seals, in order."""
    rows = session.execute(_SEALS, {"after": after, "most": most}).mappings()
    return [Seal(**{**row, "hashes": bytes(row["hashes"]), "hash": bytes(row["hash"])}) for row in rows]
