"""People are kept once, one account per address, and their contact is told to services alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from chassis.calls.caller import Caller, service_caller
from chassis.database.engine import Database
from contracts.refusals import Refusal
from identity.models import Account, Household, Person
from identity.people.contacts import find_contacts, get_contact
from tests.admission import admitted

Register = Callable[..., dict[str, str]]
CallerOf = Callable[..., Caller]


def count(db: Database, table: Any) -> int:
    with db.transaction() as session:
        return session.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_household_registered_again_with_its_key_is_the_same(register: Register, db: Database) -> None:
    child = {"given_name": "Léo", "family_name": "Bérnard", "birth_date": "2011-04-20"}
    first = register(members=[child], key="k")
    assert register(members=[child], key="k") == first
    assert (count(db, Household), count(db, Person)) == (1, 2)
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        register(key="k")


def test_who_is_listed_twice_is_refused_before_anything_is_kept(register: Register, db: Database) -> None:
    ines = {"given_name": "Inès", "family_name": "Roux", "birth_date": "2012-01-01"}
    mother = {"given_name": "Amira", "family_name": "Roux", "birth_date": "1988-04-12"}
    for members in ([ines, {**ines, "given_name": "INES", "family_name": "ROUX"}], [ines, mother]):
        with pytest.raises(Refusal) as refused:
            register(members=members, key="k", **{**mother, "given_name": "amira"})
        assert (refused.value.code, refused.value.field) == ("invalid_field", "members.1")
    assert (count(db, Household), count(db, Person), count(db, Account)) == (0, 0, 0)
    # The refused key is free, and a twin is somebody else.
    register(members=[ines, {**ines, "given_name": "Lina"}], key="k", **mother)
    assert (count(db, Household), count(db, Person)) == (1, 3)


def test_one_address_is_one_account_however_it_is_written(register: Register, db: Database) -> None:
    spellings = ("Elodie@Example.org", " elodie@example.org ", "ELODIE@EXAMPLE.ORG")
    with ThreadPoolExecutor(3) as pool:
        ids = list(pool.map(lambda email: register(email=email), spellings))
    assert len({one["account_id"] for one in ids}) == count(db, Account) == 1
    assert len({one["household_id"] for one in ids}) == 3
    assert register(email="julien@example.org")["account_id"] != ids[0]["account_id"]


def test_people_are_registered_by_the_cards_service_alone(caller_of: CallerOf) -> None:
    admitted(service_caller("cards"), "identity.register_household")
    for kind in ("partner", "officer", "holder", "device", "provider_manager", "anonymous", "service"):
        with pytest.raises(Refusal, match="not_a"):
            admitted(caller_of(kind), "identity.register_household")


def test_a_contact_is_for_services_only(register: Register, db: Database, caller_of: CallerOf) -> None:
    ids = register(email="Elodie@Example.org", organisation="OT Céret")

    def contact(caller: Caller, holder_id: str) -> Any:
        admitted(caller, "identity.get_contact")
        with db.transaction() as session:
            return get_contact(session, holder_id=holder_id)

    notify = service_caller("notify")
    assert contact(notify, ids["holder_id"]) == {
        "email": "Elodie@Example.org",
        "given_name": "elodie",
        "family_name": "Bernard Nunez",
        "organisation": "OT Céret",
    }
    for kind in ("officer", "holder", "partner", "service"):
        with pytest.raises(Refusal, match="not_allowed"):
            contact(caller_of(kind), ids["holder_id"])
    with pytest.raises(Refusal, match="not_authenticated"):
        contact(caller_of("anonymous"), ids["holder_id"])
    with pytest.raises(Refusal, match="not_found"):
        contact(notify, "per_unknown")


def test_contacts_of_several_holders_are_told_at_once_to_services_only(
    register: Register, db: Database, caller_of: CallerOf
) -> None:
    ids = [register(email=f"{name}@example.org")["holder_id"] for name in ("ana", "bo")]
    admitted(service_caller("notify"), "identity.find_contacts")
    with db.transaction() as session:
        found = find_contacts(session, holder_ids=[*ids, "per_unknown"])
    assert {id_: contact["email"] for id_, contact in found.items()} == {
        ids[0]: "ana@example.org",
        ids[1]: "bo@example.org",
    }
    with pytest.raises(Refusal, match="not_allowed"):
        admitted(caller_of("holder"), "identity.find_contacts")
