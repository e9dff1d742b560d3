"""Sealing: every few seconds the audit's new entries become the next link of its chain (ADR 0025).

Linking in the act's own transaction would make all scans wait for each other. A seal covers only transactions
below the oldest one that still runs: none of them can add an entry any more.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from time import monotonic

from sqlalchemy import bindparam, func, insert, select, text
from sqlalchemy.orm import Session

from chassis.audit.chain import GENESIS, Seal, entries_within, hash_of
from chassis.clock import real_now
from chassis.database.engine import Database
from chassis.database.tables import audit_entries as entries
from chassis.database.tables import audit_seals as seals
from chassis.log import failure, get_logger
from chassis.metrics import counter, gauge
from chassis.resting import rest

SEAL_EVERY_S = 5.0
# A copy of the log, kept elsewhere, then shows a chain that was written anew from its beginning.
ANCHOR_EVERY_S = 60.0
# A seal is hashed, and later verified, as a whole.
SEAL_MAX = 1_000
COUNTED_MAX = 10_000

log = get_logger()
_sealed = counter("audit_sealed_entries_total", "Audit entries that this process sealed.")
_unsealed = gauge("audit_unsealed_entries", "Audit entries that no seal covers yet, counted up to 10,000.")

_LOCK = text("SELECT pg_try_advisory_xact_lock(hashtextextended('audit_seals', 0))")
_HORIZON = text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")
_LAST = select(seals.c.seq, seals.c.to_tx, seals.c.hash).order_by(seals.c.seq.desc()).limit(1)
_LAST_THAT_FITS = (
    select(entries.c.tx)
    .where(entries.c.tx >= bindparam("from_tx"), entries.c.tx < bindparam("to_tx"))
    .order_by(entries.c.tx, entries.c.seq)
    .offset(bindparam("place"))
    .limit(1)
)
_AFTER = select(entries.c.tx).where(entries.c.tx >= bindparam("to_tx")).limit(COUNTED_MAX).subquery()
_COUNT_AFTER = select(func.count()).select_from(_AFTER)
_WRITE = insert(seals)


class TransactionsWentBack(Exception):
    """The server counts transactions from below what was sealed: its data came from a dump of another."""


def seal_once(database: Database, most: int = SEAL_MAX) -> Seal | None:
    """Seal about ``most`` of the entries that can be; None where there are none, or another process seals.

    Raises TransactionsWentBack.
    """
    with database.transaction() as session:
        if not session.execute(_LOCK).scalar_one():
            return None
        last = session.execute(_LAST).first()
        seq, from_tx, previous = (last.seq, last.to_tx, bytes(last.hash)) if last else (0, 0, GENESIS)
        seal = _next_seal(session, seq + 1, from_tx, previous, most)
        if seal is not None:
            session.execute(_WRITE, asdict(seal))
        _unsealed.set(count_after(session, seal.to_tx if seal else from_tx))
    if seal is not None:
        _sealed.inc(seal.count)
    return seal


def count_after(session: Session, to_tx: int) -> int:
    """How many entries wait for a seal, up to COUNTED_MAX."""
    return session.execute(_COUNT_AFTER, {"to_tx": to_tx}).scalar_one()


def seal_always(database: Database, is_stopping: Callable[[], bool]) -> None:
    """Seal until the process stops, whatever goes wrong; several processes may do so."""
    anchored_at = -ANCHOR_EVERY_S
    while not is_stopping():
        try:
            seal = seal_once(database)
        except Exception as error:
            log.warning("audit_not_sealed", **failure(error))
            seal = None
        if seal is not None and monotonic() - anchored_at >= ANCHOR_EVERY_S:
            anchored_at = monotonic()
            log.info("audit_sealed", seal=seal.seq, hash=seal.hash.hex())
        if seal is None or seal.count < SEAL_MAX:
            rest(SEAL_EVERY_S, is_stopping)


def _next_seal(session: Session, seq: int, from_tx: int, previous: bytes, most: int) -> Seal | None:
    # Asked before the entries are read, by a statement of its own: what is below it has ended by then.
    horizon = int(session.execute(_HORIZON).scalar_one())
    if horizon < from_tx:
        raise TransactionsWentBack
    place = {"from_tx": from_tx, "to_tx": horizon, "place": most - 1}
    full = session.execute(_LAST_THAT_FITS, place).scalar_one_or_none()
    # A transaction is never cut in two.
    to_tx = horizon if full is None else full + 1
    found = entries_within(session, from_tx, to_tx)
    if not found:
        return None
    hashes = b"".join(map(hash_of, found))
    span = {"seq": seq, "from_tx": from_tx, "to_tx": to_tx, "count": len(found)}
    seal = Seal(**span, sealed_at=real_now(), hashes=hashes, hash=GENESIS)
    return replace(seal, hash=seal.computed(previous))
