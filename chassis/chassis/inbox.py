"""The inbox: an event takes effect once for each consumer, however often the bus delivers it."""

from sqlalchemy import bindparam
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.tables import inbox

# Built once: this stands in the way of every event.
_REMEMBER = (
    insert(inbox)
    .values(consumer=bindparam("consumer"), event_id=bindparam("event_id"))
    .on_conflict_do_nothing()
    .returning(inbox.c.event_id)
)


def is_new(session: Session, consumer: str, event_id: str) -> bool:
    """Remember the event in the transaction of its effect; False when it was remembered before."""
    return session.execute(_REMEMBER, {"consumer": consumer, "event_id": event_id}).first() is not None
