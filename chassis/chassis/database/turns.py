"""Waiting for one's turn where there is no row to lock yet."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session


def wait_for_turn(session: Session, name: str) -> None:
    """Hold the turn of this name until the transaction ends: others of the same name wait here.

    What they then count must be read by the next statement. Two names may share a turn by their hash, and
    wait for each other without need.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
