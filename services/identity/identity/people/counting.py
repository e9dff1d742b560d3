"""Whom the visits of an order's cards count for: one id for each of the same people's orders in a programme.

`uses_belong_to` "holder": the first holder id under which the holder is known. "household": the first
household id in which the holder, else an adult member, is known as holder or adult; a child of two
separated parents joins nothing. A person is known by the name they go by, never by a birth name: two names
are shown to an officer, who may judge them, and judged by nobody here.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from contracts.programmes import Programme
from contracts.programmes.days import age_on, local_day
from contracts.programmes.shape import Household as HouseholdRule
from identity.models import CountedPerson, Household, Person


def counted_as(session: Session, programme: Programme, household: Household, people: Sequence[Person]) -> str:
    """Return the id, the same for every order of the same people; `people` are flushed, the holder first.

    Whoever is not known yet is claimed for this household first, in one order of fingerprints: of two orders
    at the same moment the second waits there, and then reads what the first has kept.
    """
    counted = _counted(programme, household, people)
    prints = [person.fingerprint for person in counted]
    fresh = _claim(session, programme, prints, own_id(programme, household.id, people[0].id))
    known = _known(session, programme, set(prints) - fresh) | _known_before(
        session, programme, household, fresh
    )
    first = next((known[one] for one in prints if one in known), None)
    if first is None:
        return own_id(programme, household.id, people[0].id)
    for one in fresh:
        _keep(session, programme, one, known.get(one, first))
    return first


def own_id(programme: Programme, household_id: str, holder_id: str) -> str:
    """Return whom visits count for where nobody of the order was known before."""
    return holder_id if programme.uses_belong_to == "holder" else household_id


def _counted(programme: Programme, household: Household, people: Sequence[Person]) -> list[Person]:
    return [one for one in people if _counts(programme, one, household.card_type, household.created_at)]


def _counts(programme: Programme, person: Person, card_type: str, at: datetime) -> bool:
    if person.position == 0 or programme.uses_belong_to == "holder":
        return person.position == 0
    # A card type that the file no longer has is judged by the age that files have unless they say so.
    known = programme.card_types.get(card_type)
    rule = HouseholdRule() if known is None else known.household
    return _age(person.birth_date, at, programme) >= rule.adult_age


def _age(birth_date: date, at: datetime, programme: Programme) -> int:
    return age_on(birth_date, local_day(at, programme.timezone))


def _claim(session: Session, programme: Programme, prints: Sequence[str], own: str) -> set[str]:
    way = programme.uses_belong_to
    rows = [
        {"programme": programme.code, "fingerprint": one, "way": way, "counted_as": own}
        for one in sorted(prints)
    ]
    claimed = insert(CountedPerson).values(rows).on_conflict_do_nothing().returning(CountedPerson.fingerprint)
    return set(session.scalars(claimed))


def _known(session: Session, programme: Programme, prints: Collection[str]) -> dict[str, str]:
    rows = session.execute(
        select(CountedPerson.fingerprint, CountedPerson.counted_as).where(
            CountedPerson.programme == programme.code,
            CountedPerson.way == programme.uses_belong_to,
            CountedPerson.fingerprint.in_(prints),
        )
    )
    return {row.fingerprint: row.counted_as for row in rows}


def _known_before(
    session: Session, programme: Programme, household: Household, prints: Collection[str]
) -> dict[str, str]:
    """The first ids of people who were registered before there was a row of each."""
    rows = session.execute(
        select(Person, Household)
        .join(Household, Household.id == Person.household_id)
        .where(
            Person.fingerprint.in_(prints),
            Household.programme == programme.code,
            Household.id != household.id,
        )
        .order_by(Household.created_at, Household.id)
    )
    found: dict[str, str] = {}
    for person, before in rows:
        if _counts(programme, person, before.card_type, before.created_at):
            found.setdefault(person.fingerprint, own_id(programme, before.id, person.id))
    return found


def _keep(session: Session, programme: Programme, one: str, first: str) -> None:
    session.execute(
        update(CountedPerson)
        .where(
            CountedPerson.programme == programme.code,
            CountedPerson.way == programme.uses_belong_to,
            CountedPerson.fingerprint == one,
        )
        .values(counted_as=first)
    )
