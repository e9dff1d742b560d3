"""The inbox: an event takes effect once for each consumer, however often the bus delivers it."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.tables import inbox


def is_new(session: Session, consumer: str, event_id: str) -> bool:
    """Remember the event in the transaction of its effect; False when it was remembered before."""
    row = insert(inbox).values(consumer=consumer, event_id=event_id).on_conflict_do_nothing()
    return session.execute(row.returning(inbox.c.event_id)).first() is not None
