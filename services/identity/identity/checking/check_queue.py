"""The officer's queue: checks with what is needed to decide them, and the other orders of the same people."""

from collections.abc import Iterable, Sequence
from typing import cast

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chassis.calls.caller import Caller
from chassis.clock import rfc3339
from contracts.identity import AlsoIn, CheckPage, CheckState, Holder, OfficerCheckView, Person
from contracts.names import name_key
from identity import models
from identity.checking.applications import check_view
from identity.input_rules import MAX_PAGE, check_choice, check_optional_text, refuse
from identity.people.households import holder_view, person_view
from identity.people.recognising import find_elsewhere, same_holder

MAX_CURSOR_CHARS = 60
Query = Select[models.Check, models.Application, models.Person, models.Holder]
Row = tuple[models.Check, models.Application, models.Person, models.Holder]


def find_checks(
    session: Session, caller: Caller, *, state: CheckState, cursor: str | None, limit: int
) -> CheckPage:
    """Return a page of checks, oldest first; the cursor is the last id of the page before."""
    check_choice("state", state, ("pending", "accepted", "refused"))
    check_optional_text("cursor", cursor, MAX_CURSOR_CHARS)
    if type(limit) is not int or not 1 <= limit <= MAX_PAGE:
        raise refuse("limit", f"1–{MAX_PAGE}")
    query = _only_own(_query(state, cursor), caller).limit(limit + 1)
    rows = [cast(Row, tuple(row)) for row in session.execute(query)]
    page = rows[:limit]
    households = {application.household_id for _, application, _, _ in page}
    members, elsewhere = _members_of(session, households), find_elsewhere(session, households)
    return {
        "checks": [
            _view(row, members.get(row[1].household_id, ()), elsewhere.get(row[1].household_id, []))
            for row in page
        ],
        "next_cursor": page[-1][0].id if len(rows) > limit else None,
    }


def _query(state: CheckState, cursor: str | None) -> Query:
    query = (
        select(models.Check, models.Application, models.Person, models.Holder)
        .join(models.Application, models.Application.id == models.Check.application_id)
        .join(models.Person, models.Person.id == models.Application.holder_id)
        .join(models.Holder, models.Holder.person_id == models.Application.holder_id)
        .where(models.Check.state == state, models.Check.id > (cursor or ""))
        .order_by(models.Check.id)
    )
    # A refused application's other checks stay pending for ever, and wait for nobody.
    return query.where(models.Application.state == "pending") if state == "pending" else query


def _only_own(query: Query, caller: Caller) -> Query:
    # The same rule as `deciding.concerns`, for a whole page at once.
    if caller.programmes:
        query = query.where(models.Application.programme.in_(caller.programmes))
    if caller.role != "office_officer":
        return query
    query = query.where(models.Check.decider == "office_officer")
    if caller.organisation is None:
        return query
    return query.where(models.Holder.organisation_key == name_key(caller.organisation))


def _members_of(session: Session, household_ids: Iterable[str]) -> dict[str, list[models.Person]]:
    rows = session.scalars(
        select(models.Person)
        .where(models.Person.household_id.in_(household_ids), models.Person.position > 0)
        .order_by(models.Person.position)
    )
    found: dict[str, list[models.Person]] = {}
    for person in rows:
        found.setdefault(person.household_id, []).append(person)
    return found


def _view(row: Row, members: Sequence[models.Person], elsewhere: list[AlsoIn]) -> OfficerCheckView:
    check, application, person, holder = row
    return {
        **check_view(check),
        "order_id": application.order_id,
        "programme": application.programme,
        "card_type": application.card_type,
        "holder": cast(Holder, holder_view(person, holder)),
        "members": [cast(Person, person_view(member)) for member in members],
        "note": check.note,
        "opened_at": rfc3339(application.opened_at),
        "also_in": elsewhere,
        "possible_duplicate_of": same_holder(elsewhere),
    }
