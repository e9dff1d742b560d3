"""Keeping the people of an order: one account per e-mail address, a household, its holder and members."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, cast

from sqlalchemy.orm import Session

from chassis import audit
from chassis.calls.caller import Caller
from chassis.clock import now
from chassis.database.idempotency import once
from chassis.ids import new_id
from contracts.identity import Household as HouseholdIds
from contracts.names import name_key
from contracts.people import PersonKey, check_nobody_twice, person_key
from contracts.programmes import Programme
from contracts.refusals import Refusal
from identity import models
from identity.people import person_rules
from identity.people.accounts import account_of
from identity.people.counting import counted_as, own_id
from identity.people.fingerprints import birth_fingerprint, fingerprint
from identity.people.person_rules import HolderInput, PersonInput


def register_household(
    session: Session,
    caller: Caller,
    fingerprint_key: bytes,
    programmes: Mapping[str, Programme],
    *,
    idempotency_key: str,
    programme: str,
    card_type: str,
    holder: Mapping[str, Any],
    members: Sequence[Mapping[str, Any]],
) -> HouseholdIds:
    """Keep the household and answer its ids. `cards` asks in its own name, whoever places the order."""
    rules = _programme(programmes, programme)
    checked = person_rules.check_holder(holder)
    others = person_rules.check_members(members)
    check_nobody_twice(_key_of(checked), [_key_of(member) for member in others])
    answer = once(
        session,
        caller=caller.subject,
        operation="register_household",
        key=idempotency_key,
        request={
            "programme": programme,
            "card_type": card_type,
            "holder": dict(holder),
            "members": [dict(member) for member in members],
        },
        act=lambda: _register(session, caller, fingerprint_key, rules, card_type, checked, others),
    )
    # An answer of before this was said: the order's own id, as orders of then are counted.
    own = own_id(rules, answer["household_id"], answer["holder_id"])
    return cast(HouseholdIds, {"counted_as": own, **answer})


def _programme(programmes: Mapping[str, Programme], code: str) -> Programme:
    if code not in programmes:
        raise Refusal("programme_unknown", field="programme")
    return programmes[code]


def _key_of(person: PersonInput) -> PersonKey:
    return person_key(person.given_name, person.family_name, person.birth_date)


def _register(
    session: Session,
    caller: Caller,
    key: bytes,
    programme: Programme,
    card_type: str,
    holder: HolderInput,
    members: Sequence[PersonInput],
) -> HouseholdIds:
    household = models.Household(
        id=new_id("hou"), programme=programme.code, card_type=card_type, created_at=now()
    )
    session.add(household)
    session.flush()
    people = [
        _person(key, household.id, position, person) for position, person in enumerate((holder, *members))
    ]
    session.add_all(people)
    session.flush()
    account_id = account_of(session, holder.email)
    session.add(_holder(people[0].id, account_id, holder))
    audit.record(session, caller, "household_registered", household.id, account_id=account_id)
    return {
        "household_id": household.id,
        "holder_id": people[0].id,
        "account_id": account_id,
        "counted_as": counted_as(session, programme, household, people),
    }


def _person(key: bytes, household_id: str, position: int, person: PersonInput) -> models.Person:
    return models.Person(
        id=new_id("per"),
        household_id=household_id,
        position=position,
        given_name=person.given_name,
        family_name=person.family_name,
        birth_date=person.birth_date,
        fingerprint=fingerprint(key, person.given_name, person.family_name, person.birth_date),
        birth_fingerprint=_birth_fingerprint(key, person) if isinstance(person, HolderInput) else None,
    )


def _birth_fingerprint(key: bytes, holder: HolderInput) -> str | None:
    names = (holder.given_name, holder.family_name, holder.birth_name)
    return birth_fingerprint(key, *names, holder.birth_date)


def _holder(person_id: str, account_id: str, holder: HolderInput) -> models.Holder:
    return models.Holder(
        person_id=person_id,
        account_id=account_id,
        email=holder.email,
        phone=holder.phone,
        street=holder.street,
        postal_code=holder.postal_code,
        insee=holder.insee,
        birth_name=holder.birth_name,
        sex=holder.sex,
        birth_country=holder.birth_country,
        birth_insee=holder.birth_insee,
        organisation=holder.organisation,
        organisation_key=None if holder.organisation is None else name_key(holder.organisation),
        contract_end=holder.contract_end,
    )


def person_view(person: models.Person) -> dict[str, str]:
    """Return the person in the shape of `contracts.identity.Person`."""
    return {
        "given_name": person.given_name,
        "family_name": person.family_name,
        "birth_date": person.birth_date.isoformat(),
    }


def holder_view(person: models.Person, holder: models.Holder) -> dict[str, Any]:
    """Return the holder in the shape of `contracts.identity.Holder`."""
    birth_place = {"country": holder.birth_country, "insee": holder.birth_insee}
    return {
        **person_view(person),
        "email": holder.email,
        "phone": holder.phone,
        "address": {"street": holder.street, "postal_code": holder.postal_code, "insee": holder.insee},
        "birth_name": holder.birth_name,
        "sex": holder.sex,
        "birth_place": birth_place if holder.birth_country else None,
        "organisation": holder.organisation,
        "contract_end": _iso(holder.contract_end),
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
