"""One person's orders in a programme are counted as one: by holder or by household, as the programme says."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import delete, select, text

from chassis.database.engine import Database
from contracts.refusals import Refusal
from devstack.host.ports import wait_until
from identity.models import CountedPerson

Register = Callable[..., dict[str, str]]

# Less than the database lets a lock be waited for.
PATIENCE_S = 0.4

PASS = {"programme": "passresot66", "card_type": "staff", "organisation": "OT de Céret"}
JORDINA = {"given_name": "Jordina", "family_name": "Bosch", "birth_date": "1992-07-07"}
AMIRA = {"given_name": "Amira", "family_name": "Benali", "birth_date": "1988-04-12"}
THOMAS = {"given_name": "Thomas", "family_name": "Roux", "birth_date": "1986-11-03"}
INES = {"given_name": "Inès", "family_name": "Roux", "birth_date": "2010-02-17"}


@pytest.fixture(autouse=True)
def _in_2020(clock: Any) -> None:
    clock.set(datetime(2020, 7, 10, 8, 0, tzinfo=UTC))


def somebody_waits(db: Database) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with db.transaction() as session:
        return bool(session.scalar(text(waiting)))


def counted(register: Register, holder: dict[str, Any], *members: dict[str, Any], **fields: Any) -> str:
    return register(**{**holder, **fields}, members=list(members))["counted_as"]


def test_a_renewal_and_two_passes_on_one_day_are_counted_as_one_holder(
    register: Register, clock: Any
) -> None:
    first = register(**JORDINA, **PASS)
    assert first["counted_as"] == first["holder_id"]
    assert counted(register, {**JORDINA, "given_name": "JORDINA"}, **PASS) == first["holder_id"]
    clock.set(datetime(2021, 7, 10, 8, 0, tzinfo=UTC))
    renewed = register(**JORDINA, **PASS)
    assert renewed["counted_as"] == first["holder_id"] != renewed["holder_id"]
    assert counted(register, AMIRA, **PASS) != first["holder_id"]


def test_another_programme_counts_anew(register: Register) -> None:
    of_pass, of_card = register(**AMIRA, **PASS), register(**AMIRA)
    assert of_pass["counted_as"] == of_pass["holder_id"]
    assert of_card["counted_as"] == of_card["household_id"]


def test_whichever_of_two_adults_orders_it_is_one_household(register: Register) -> None:
    first = register(**AMIRA, members=[THOMAS, INES])
    assert first["counted_as"] == first["household_id"]
    assert counted(register, THOMAS, AMIRA, INES) == first["household_id"]
    assert counted(register, THOMAS) == first["household_id"]
    # Whom Thomas brings along is of his household from now on.
    assert counted(register, JORDINA, THOMAS) == first["household_id"]
    assert counted(register, JORDINA) == first["household_id"]


def test_the_holder_decides_before_the_members(register: Register) -> None:
    of_amira, of_thomas = counted(register, AMIRA), counted(register, THOMAS)
    assert counted(register, THOMAS, AMIRA) == of_thomas != of_amira
    assert counted(register, AMIRA) == of_amira


def test_a_child_of_two_separated_parents_joins_nothing(register: Register) -> None:
    of_amira, of_thomas = counted(register, AMIRA, INES), counted(register, THOMAS, INES)
    assert of_amira != of_thomas
    # Of age, and with a card of their own, they are counted apart.
    assert counted(register, INES, card_type="youth") not in (of_amira, of_thomas)


def test_the_birth_name_joins_nobody(register: Register) -> None:
    one = counted(register, {**JORDINA, "birth_name": "Puig"})
    assert counted(register, {**JORDINA, "family_name": "Puig"}) != one


@pytest.mark.parametrize("second", [(AMIRA, []), (THOMAS, [AMIRA]), (JORDINA, [THOMAS])])
def test_two_orders_at_the_same_moment_are_counted_as_one(
    register: Register,
    register_in: Callable[..., dict[str, str]],
    db: Database,
    second: tuple[dict[str, Any], list[dict[str, Any]]],
) -> None:
    holder, members = second
    with ThreadPoolExecutor(1) as threads:
        with db.transaction() as session:
            first = register_in(session, **AMIRA, members=[THOMAS])
            later = threads.submit(counted, register, holder, *members, email="autre@example.org")
            assert wait_until(lambda: later.done() or somebody_waits(db), PATIENCE_S, 0.005)
        assert later.result() == first["counted_as"]


def test_many_orders_at_the_same_moment_wait_for_each_other_without_a_deadlock(register: Register) -> None:
    people = [AMIRA, THOMAS, JORDINA]
    turns = [people[side:] + people[:side] for side in (0, 1, 2)] * 2
    start = Barrier(len(turns))

    def order(number: int) -> str:
        start.wait()
        return counted(register, *turns[number], email=f"{number}@example.org")

    with ThreadPoolExecutor(len(turns)) as threads:
        assert len(set(threads.map(order, range(len(turns))))) == 1


def test_who_was_registered_before_there_were_rows_is_known_by_the_first_order(
    register: Register, owner_database: Callable[[str], Database], clock: Any
) -> None:
    passes = [register(**JORDINA, **PASS) for _ in range(2)]
    family = register(**AMIRA, members=[THOMAS, INES])
    with owner_database("identity").transaction() as session:
        session.execute(delete(CountedPerson))
    # By now the child is of age; but she was none of the adults of then.
    clock.set(datetime(2030, 7, 10, 8, 0, tzinfo=UTC))
    assert counted(register, INES) != family["household_id"]
    assert counted(register, JORDINA, **PASS) == passes[0]["holder_id"]
    assert counted(register, THOMAS) == family["household_id"]
    assert counted(register, AMIRA) == family["household_id"]


def test_the_same_key_is_answered_with_the_same_id(register: Register) -> None:
    first = register(**AMIRA, key="k")
    assert register(**AMIRA, key="k") == first


def test_an_unknown_programme_keeps_nobody(register: Register, db: Database) -> None:
    with pytest.raises(Refusal, match="programme_unknown"):
        register(**AMIRA, programme="occygene-1999")
    with db.transaction() as session:
        assert session.scalar(select(CountedPerson.counted_as)) is None
