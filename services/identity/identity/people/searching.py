"""Finding orders by whose they are, for an officer who has a person at the desk or on the phone."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from chassis.calls.caller import Caller
from chassis.clock import now
from contracts.identity import FoundPerson, PeoplePage, PeopleSearch
from identity.input_rules import (
    EARLIEST_BIRTH,
    MAX_EMAIL_CHARS,
    MAX_NAME_CHARS,
    MAX_PAGE,
    check_day,
    check_optional_text,
    normalise_email,
    refuse,
)
from identity.models import Account, Application, Holder, Person

MAX_ID_CHARS = 60


def find_people(
    session: Session, caller: Caller, *, search: PeopleSearch, cursor: str | None, limit: int
) -> PeoplePage:
    """Return a page of the orders of the caller's programmes, newest first; the cursor is the last
    application's id of the page before."""
    check_optional_text("cursor", cursor, MAX_ID_CHARS)
    if type(limit) is not int or not 1 <= limit <= MAX_PAGE:
        raise refuse("limit", f"1–{MAX_PAGE}")
    query = _wanted(search).order_by(Application.id.desc()).limit(limit + 1)
    if caller.programmes:
        query = query.where(Application.programme.in_(caller.programmes))
    if cursor is not None:
        query = query.where(Application.id < cursor)
    rows = session.execute(query).all()
    return {
        "people": [_view(*row) for row in rows[:limit]],
        "next_cursor": rows[limit - 1][0].id if len(rows) > limit else None,
    }


def _wanted(search: PeopleSearch) -> Select[Any]:
    order_id = check_optional_text("order_id", search["order_id"], MAX_ID_CHARS)
    email = check_optional_text("email", search["email"], MAX_EMAIL_CHARS)
    name = check_optional_text("family_name", search["family_name"], MAX_NAME_CHARS)
    if order_id is None and email is None and name is None:
        raise refuse("family_name", "order_id, email, family_name")
    query = (
        select(Application, Person, Holder)
        .join(Person, Person.id == Application.holder_id)
        .join(Holder, Holder.person_id == Application.holder_id)
    )
    if order_id is not None:
        query = query.where(Application.order_id == order_id)
    if email is not None:
        account = select(Account.id).where(Account.email == normalise_email(email))
        query = query.where(Holder.account_id.in_(account))
    if name is not None:
        query = query.where(Application.household_id.in_(_households(name, _birth_date(search))))
    return query


def _birth_date(search: PeopleSearch) -> date | None:
    given = search["birth_date"]
    return None if given is None else check_day("birth_date", given, EARLIEST_BIRTH, now().date())


def _households(name: str, birth_date: date | None) -> Select[Any]:
    """Those in which somebody has the name, or whose holder was born with it."""
    born_with_it = select(Holder.person_id).where(_same(Holder.birth_name, name))
    wanted = select(Person.household_id).where(_same(Person.family_name, name) | Person.id.in_(born_with_it))
    return wanted if birth_date is None else wanted.where(Person.birth_date == birth_date)


def _same(column: Any, name: str) -> ColumnElement[bool]:
    # The database's own function on both sides, as its indexes are made of it (identity_0006).
    same: ColumnElement[bool] = func.name_key(column) == func.name_key(name)
    return same


def _view(application: Application, person: Person, holder: Holder) -> FoundPerson:
    return {
        "order_id": application.order_id,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "birth_date": person.birth_date.isoformat(),
        "insee": holder.insee,
    }
