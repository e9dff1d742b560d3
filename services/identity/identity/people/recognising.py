"""Who of a household is in other orders of the same programme too, under either of their names."""

from collections.abc import Collection, Iterable
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from contracts.identity import AlsoIn
from identity.models import Application, Person

# Sightings shown of one household, approved orders first: a form sent in a loop must not fill a page.
SHOWN_MAX = 50


def same_person(one: type[Person], other: type[Person]) -> ColumnElement[bool]:
    """Say whether two rows are one person: by the name that both go by, or by a birth name on either side."""
    return or_(
        other.fingerprint == one.fingerprint,
        other.fingerprint == one.birth_fingerprint,
        other.birth_fingerprint == one.fingerprint,
        other.birth_fingerprint == one.birth_fingerprint,
    )


def find_elsewhere(session: Session, household_ids: Iterable[str]) -> dict[str, list[AlsoIn]]:
    """Return, by household id, in which other orders of its programme which of its people are."""
    ranked = _sightings(household_ids).subquery()
    rows = session.execute(
        select(ranked).where(ranked.c.rank <= SHOWN_MAX).order_by(ranked.c.household_id, ranked.c.rank)
    )
    found: dict[str, list[AlsoIn]] = {}
    for row in rows:
        found.setdefault(row.household_id, []).append(_also_in(row))
    return found


def _sightings(household_ids: Iterable[str]) -> Select[Any]:
    me, them = aliased(Person), aliased(Person)
    mine, other = aliased(Application), aliased(Application)
    approved_first = case((other.state == "approved", 0), else_=1)
    order = (approved_first, other.id, me.position, them.position)
    return (
        select(
            me.household_id,
            me.position.label("my_position"),
            them.position.label("their_position"),
            (them.fingerprint == me.fingerprint).label("by_name"),
            other.order_id,
            other.state,
            func.row_number().over(partition_by=me.household_id, order_by=order).label("rank"),
        )
        .join(mine, mine.household_id == me.household_id)
        .join(them, same_person(me, them))
        .join(other, other.household_id == them.household_id)
        .where(me.household_id.in_(household_ids), other.id != mine.id, other.programme == mine.programme)
    )


def _also_in(row: Any) -> AlsoIn:
    return {
        "person": "holder" if row.my_position == 0 else f"members.{row.my_position - 1}",
        "order_id": row.order_id,
        "as": "holder" if row.their_position == 0 else "member",
        "order_state": row.state,
        "known_by": "name" if row.by_name else "birth_name",
    }


def same_holder(elsewhere: Iterable[AlsoIn]) -> list[str]:
    """Return the orders in which the holder is the holder too, each once."""
    orders = [one["order_id"] for one in elsewhere if one["person"] == one["as"] == "holder"]
    return list(dict.fromkeys(orders))


def lock_people(session: Session, household_id: str) -> None:
    """Lock everybody who may be somebody of the household, wherever they are registered, in order of id.

    Two applications of the same people so wait for each other: each locks the other's people too.
    """
    me, them = aliased(Person), aliased(Person)
    session.execute(
        select(them.id)
        .join(me, same_person(me, them))
        .where(me.household_id == household_id)
        .order_by(them.id)
        # Only against the same lock: whoever adds rows that refer to these people need not wait.
        .with_for_update(of=them, key_share=True)
    )


def find_approved(session: Session, application: Application, card_types: Collection[str]) -> str | None:
    """Return the first approved order of these card types in which somebody of the household is."""
    me, them, other = aliased(Person), aliased(Person), aliased(Application)
    return session.scalar(
        select(cast("ColumnElement[str]", other.order_id))
        .join(them, them.household_id == other.household_id)
        .join(me, same_person(me, them))
        .where(
            me.household_id == application.household_id,
            other.id != application.id,
            other.programme == application.programme,
            other.card_type.in_(card_types),
            other.state == "approved",
        )
        .order_by(other.id)
        .limit(1)
    )
