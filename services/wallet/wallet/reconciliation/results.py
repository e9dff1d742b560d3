"""The nights' results: which process reconciles, what the last night found, and both as gauges."""

from collections.abc import Mapping
from datetime import date, timedelta
from math import nan

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.clock import real_now
from chassis.metrics import gauge
from contracts.faults import KINDS
from wallet.models import Reconciliation

# Renewed at every turn; a process that died has only put the night off by this.
NIGHT_LEASE = timedelta(minutes=10)

_findings = gauge("reconciliation_findings", "What the last reconciliation found, by kind.", ("kind",))
_finished = gauge("reconciliation_finished_seconds", "When it ended, as seconds since 1970.")


def claim(session: Session, day: date, lease_id: str) -> bool:
    """Take the day's reconciliation, unless it is done or another process is at it."""
    until = real_now() + NIGHT_LEASE
    row = insert(Reconciliation).values(day=day, lease_id=lease_id, lease_until=until)
    taken = row.on_conflict_do_update(
        index_elements=[Reconciliation.day],
        set_={"lease_id": lease_id, "lease_until": until},
        where=Reconciliation.finished_at.is_(None) & (Reconciliation.lease_until < real_now()),
    )
    return session.execute(taken.returning(Reconciliation.day)).first() is not None


def renew(session: Session, day: date, lease_id: str) -> bool:
    """Hold it for another while; False when it is another's by now."""
    held = update(Reconciliation).where(Reconciliation.day == day, Reconciliation.lease_id == lease_id)
    renewed = held.values(lease_until=real_now() + NIGHT_LEASE).returning(Reconciliation.day)
    return session.execute(renewed).first() is not None


def keep_result(session: Session, day: date, lease_id: str, counts: Mapping[str, int]) -> None:
    """Write the day's result down; by hand it may be a second one, which then stands for the first."""
    ended = {"finished_at": real_now(), "findings": dict(counts)}
    row = insert(Reconciliation).values(day=day, lease_id=lease_id, lease_until=real_now(), **ended)
    session.execute(row.on_conflict_do_update(index_elements=[Reconciliation.day], set_=ended))


def show_last(session: Session) -> None:
    """Set the gauges to the newest result, the same in each process; not a number when there is none yet."""
    last = session.scalars(
        select(Reconciliation)
        .where(Reconciliation.finished_at.is_not(None))
        .order_by(Reconciliation.finished_at.desc())
        .limit(1)
    ).one_or_none()
    found = None if last is None else last.findings
    for kind in KINDS:
        _findings.labels(kind).set(nan if found is None else found.get(kind, 0))
    _finished.set(nan if last is None or last.finished_at is None else last.finished_at.timestamp())
