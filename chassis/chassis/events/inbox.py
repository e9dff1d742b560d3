"""The inbox: an event takes effect once for each consumer, however often the bus delivers it."""

from collections.abc import Iterable

from sqlalchemy import Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session

from chassis.database.tables import inbox

_event_ids = func.unnest(bindparam("event_ids", type_=ARRAY(Text))).table_valued("event_id").render_derived()

# Built once, and one statement for any number: this stands in the way of every event.
_REMEMBER = (
    insert(inbox)
    .from_select(
        ["consumer", "event_id"],
        select(bindparam("consumer", type_=Text), _event_ids.c.event_id),
    )
    .on_conflict_do_nothing()
    .returning(inbox.c.event_id)
)


def remember(session: Session, consumer: str, event_ids: Iterable[str]) -> set[str]:
    """Remember the events in the transaction of their effect; answers which of them were not known before."""
    # In one order everywhere, so that two processes with the same events never wait for each other.
    values = {"consumer": consumer, "event_ids": sorted(event_ids)}
    return set(session.scalars(_REMEMBER, values))
