"""One person, one household: who is in other orders is shown, and a second pot needs an officer's word."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import select, update

from chassis.database.engine import Database
from contracts.programmes import Programme
from contracts.refusals import Refusal
from identity.checking.applications import get_application
from identity.checking.family_quotient import FamilyQuotientApi
from identity.checking.quotient_reading import read_due_quotients
from identity.fill_birth_fingerprints import fill_birth_fingerprints
from identity.models import Person
from tests.audited import entries_of

Acts = Callable[..., Any]

# Both parents and the family are known to the CAF of the sandbox: 640.
AMIRA = {"given_name": "Amira", "family_name": "Benali Roux", "birth_date": "1988-04-12", "sex": "F"}
THOMAS = {"given_name": "Thomas", "family_name": "Roux", "birth_date": "1986-11-03", "sex": "M"}
TOULOUSE = {"country": "99100", "insee": "31555"}
GAILLAC = {"country": "99100", "insee": "81004"}
CHILDREN = [
    {"given_name": name, "family_name": "Roux", "birth_date": born}
    for name, born in (("Inès", "2010-02-17"), ("Sami", "2012-09-08"), ("Lina", "2016-05-30"))
]
SOPHIE_DURAND = {"given_name": "Sophie", "family_name": "Durand", "birth_date": "1985-06-01"}
SOPHIE_MARTIN = {**SOPHIE_DURAND, "family_name": "Martin", "birth_name": "Durand"}


def named(person: dict[str, Any]) -> dict[str, Any]:
    """As a member is listed."""
    return {key: person[key] for key in ("given_name", "family_name", "birth_date")}


@pytest.fixture
def by_hand(programmes: dict[str, Programme]) -> dict[str, Programme]:
    """The programme with a bonus card that asks for no quotient."""
    programme = programmes["occygene-2020"]
    bonus = programme.card_types["family_bonus"]
    checks = tuple(check for check in bonus.checks if check.decided_by == "officer")
    types = {**programme.card_types, "family_bonus": replace(bonus, checks=checks)}
    return {**programmes, "occygene-2020": replace(programme, card_types=types)}


@pytest.fixture
def bonus(order: Acts, by_hand: dict[str, Programme]) -> Acts:
    """``bonus(THOMAS, AMIRA, *CHILDREN)``: the first orders for all."""

    def act(holder: dict[str, Any], *members: dict[str, Any], **fields: Any) -> dict[str, Any]:
        more = {"given_programmes": by_hand, **fields}
        placed: dict[str, Any] = order(members=[named(one) for one in members], **{**holder, **more})
        return placed

    return act


@pytest.fixture
def accept(decide: Acts) -> Acts:
    """Accept all first checks of an order."""
    return lambda placed: [decide(check_id) for check_id in placed["checks"].values()]


@pytest.fixture
def application_of(db: Database) -> Acts:
    def read(placed: dict[str, Any]) -> Any:
        with db.transaction() as session:
            return get_application(session, order_id=placed["order_id"])

    return read


@pytest.fixture
def second_pot_of(application_of: Acts) -> Acts:
    """The check of a second pot, if the order has one."""

    def read(placed: dict[str, Any]) -> Any:
        checks = application_of(placed)["checks"]
        return next((check for check in checks if check["kind"] == "second_pot"), None)

    return read


@pytest.fixture
def also_in(queue: Acts) -> Acts:
    """What the officer is shown of an order's people."""

    def read(placed: dict[str, Any]) -> Any:
        return next(check for check in queue()["checks"] if check["order_id"] == placed["order_id"])[
            "also_in"
        ]

    return read


def seen(placed: dict[str, Any], person: str, role: str, **fields: str) -> dict[str, str]:
    common = {"order_state": "pending", "known_by": "name", **fields}
    return {"person": person, "order_id": placed["order_id"], "as": role, **common}


def test_everybody_of_the_household_who_is_in_another_order_is_shown_with_that_order(
    bonus: Acts, also_in: Acts, accept: Acts, queue: Acts
) -> None:
    by_amira = bonus(AMIRA, THOMAS, *CHILDREN)
    by_thomas = bonus(THOMAS, AMIRA, *CHILDREN)
    alone = bonus({**AMIRA, "given_name": "Nadia"}, {**CHILDREN[0], "birth_date": "2010-02-18"})
    assert also_in(by_thomas) == [
        seen(by_amira, "holder", "member"),
        seen(by_amira, "members.0", "holder"),
        *(seen(by_amira, f"members.{index}", "member") for index in (1, 2, 3)),
    ]
    assert also_in(alone) == []
    accept(by_amira)
    assert {one["order_state"] for one in also_in(by_thomas)} == {"approved"}
    mine = next(check for check in queue()["checks"] if check["order_id"] == by_thomas["order_id"])
    assert mine["possible_duplicate_of"] == []


@pytest.mark.parametrize("maiden_first", [True, False])
def test_one_person_under_two_names_is_shown_whichever_order_came_first(
    bonus: Acts, also_in: Acts, maiden_first: bool, queue: Acts
) -> None:
    names = [SOPHIE_DURAND, SOPHIE_MARTIN] if maiden_first else [SOPHIE_MARTIN, SOPHIE_DURAND]
    one, other = (bonus(name) for name in names)
    assert also_in(one) == [seen(other, "holder", "holder", known_by="birth_name")]
    assert also_in(other) == [seen(one, "holder", "holder", known_by="birth_name")]
    found = {check["order_id"]: check["possible_duplicate_of"] for check in queue()["checks"]}
    assert found == {one["order_id"]: [other["order_id"]], other["order_id"]: [one["order_id"]]}


def test_two_marriages_are_one_person_by_the_birth_name(bonus: Acts, also_in: Acts) -> None:
    first = bonus(SOPHIE_MARTIN)
    second = bonus({**SOPHIE_MARTIN, "family_name": "Bernard"})
    assert also_in(second) == [seen(first, "holder", "holder", known_by="birth_name")]


def test_a_member_is_known_by_the_birth_name_of_a_holder(bonus: Acts, also_in: Acts) -> None:
    first = bonus(AMIRA, SOPHIE_DURAND)
    assert also_in(bonus(SOPHIE_MARTIN)) == [seen(first, "holder", "member", known_by="birth_name")]


def test_a_birth_name_that_is_the_family_name_is_no_second_name(bonus: Acts, db: Database) -> None:
    bonus({**SOPHIE_DURAND, "birth_name": "DURAND"})
    with db.transaction() as session:
        assert list(session.scalars(select(Person.birth_fingerprint))) == [None]


def test_birth_names_of_before_are_filled_in(
    bonus: Acts, also_in: Acts, db: Database, owner_database: Any, key: bytes
) -> None:
    for number in range(3):
        bonus({**SOPHIE_MARTIN, "given_name": f"Sophie{number}"})
    before = bonus(SOPHIE_MARTIN)
    with owner_database("identity").transaction() as session:
        session.execute(update(Person).values(birth_fingerprint=None))
    now = bonus(SOPHIE_DURAND)
    assert also_in(now) == []
    assert fill_birth_fingerprints(db.transaction, key, page=2) == 4
    assert also_in(now) == [seen(before, "holder", "holder", known_by="birth_name")]
    assert fill_birth_fingerprints(db.transaction, key) == 0


def test_people_of_another_programme_are_not_shown(order: Acts, also_in: Acts) -> None:
    order(**AMIRA, organisation="OT", birth_place=None, programme="passresot66", card_type="staff")
    assert also_in(order(**AMIRA)) == []


def test_a_form_sent_in_a_loop_does_not_fill_the_page(
    bonus: Acts, also_in: Acts, accept: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("identity.people.recognising.SHOWN_MAX", 3)
    orders = [bonus(AMIRA) for _ in range(6)]
    accept(orders[4])
    shown = also_in(orders[0])
    assert [(one["order_id"], one["order_state"]) for one in shown] == [
        (orders[4]["order_id"], "approved"),
        (orders[1]["order_id"], "pending"),
        (orders[2]["order_id"], "pending"),
    ]


def test_a_second_pot_for_the_same_people_needs_an_officer_who_says_why(
    bonus: Acts, accept: Acts, decide: Acts, application_of: Acts, second_pot_of: Acts, announced: Acts
) -> None:
    by_amira, by_thomas = bonus(AMIRA, THOMAS, *CHILDREN), bonus(THOMAS, AMIRA, *CHILDREN)
    accept(by_amira)
    assert (application_of(by_amira)["state"], second_pot_of(by_amira)) == ("approved", None)
    accept(by_thomas)
    check = second_pot_of(by_thomas)
    assert application_of(by_thomas)["state"] == "pending"
    assert (check["state"], check["waiting_for"], check["reason_code"]) == (
        "pending",
        "officer",
        "household_has_pot",
    )
    with pytest.raises(Refusal) as refused:
        decide(check["id"])
    assert (refused.value.code, refused.value.field) == ("invalid_field", "note")
    assert "pourquoi" in refused.value.details["rule_fr"]
    assert "why" in refused.value.details["rule"]
    assert [event["order_id"] for event in announced("application_approved")] == [by_amira["order_id"]]
    decide(check["id"], note="Parents séparés, deux foyers", key="with a note")
    assert application_of(by_thomas)["state"] == "approved"
    approved = [event["order_id"] for event in announced("application_approved")]
    assert approved == [by_amira["order_id"], by_thomas["order_id"]]


def test_the_quotient_service_gives_no_second_pot_either(
    order: Acts,
    decide: Acts,
    application_of: Acts,
    second_pot_of: Acts,
    db: Database,
    api: FamilyQuotientApi,
    programmes: dict[str, Programme],
) -> None:
    first = order(**AMIRA, birth_place=TOULOUSE, members=[named(THOMAS), *CHILDREN])
    second = order(**THOMAS, birth_place=GAILLAC, members=[named(AMIRA), *CHILDREN])
    for placed in (first, second):
        decide(placed["checks"]["residence"])
        decide(placed["checks"]["identity"])
    assert read_due_quotients(db.transaction, api, programmes) == 2
    assert [application_of(placed)["state"] for placed in (first, second)] == ["approved", "pending"]
    assert second_pot_of(second)["state"] == "pending"
    assert read_due_quotients(db.transaction, api, programmes) == 0


def test_a_second_pot_refused_refuses_the_order(
    bonus: Acts, accept: Acts, decide: Acts, application_of: Acts, second_pot_of: Acts
) -> None:
    for placed in (bonus(AMIRA, *CHILDREN), second := bonus(THOMAS, *CHILDREN)):
        accept(placed)
    decide(second_pot_of(second)["id"], "refused", "duplicate_application")
    assert application_of(second)["state"] == "refused"


def test_a_person_under_two_names_gets_no_second_pot_unseen(
    bonus: Acts, accept: Acts, second_pot_of: Acts
) -> None:
    for placed in (bonus(SOPHIE_DURAND), second := bonus(SOPHIE_MARTIN)):
        accept(placed)
    assert second_pot_of(second)["state"] == "pending"


def test_two_orders_approved_at_the_same_moment_give_one_pot_without_an_officer(
    bonus: Acts, decide: Acts, application_of: Acts
) -> None:
    for number in range(8):
        child = {**CHILDREN[0], "given_name": f"Inès{number}"}
        parents = [{**parent, "given_name": f"{parent['given_name']}{number}"} for parent in (AMIRA, THOMAS)]
        pair = [bonus(parent, child) for parent in parents]
        for placed in pair:
            decide(placed["checks"]["residence"])
        start = Barrier(2)

        def last_check(placed: dict[str, Any], start: Barrier = start) -> None:
            start.wait()
            decide(placed["checks"]["identity"])

        with ThreadPoolExecutor(2) as threads:
            list(threads.map(last_check, pair))
        assert sorted(application_of(placed)["state"] for placed in pair) == ["approved", "pending"]


def test_a_child_of_two_separated_parents_is_allowed_and_shown(
    bonus: Acts, accept: Acts, also_in: Acts, application_of: Acts, second_pot_of: Acts
) -> None:
    by_amira, by_thomas = (bonus(parent, CHILDREN[0], card_type="family") for parent in (AMIRA, THOMAS))
    assert also_in(by_thomas) == [seen(by_amira, "members.0", "member")]
    for placed in (by_amira, by_thomas):
        accept(placed)
        assert (application_of(placed)["state"], second_pot_of(placed)) == ("approved", None)


def test_a_card_without_a_pot_and_a_refused_order_hold_nobody_up(
    bonus: Acts, accept: Acts, decide: Acts, application_of: Acts
) -> None:
    accept(bonus(AMIRA, *CHILDREN, card_type="family"))
    decide(bonus(AMIRA, *CHILDREN)["checks"]["identity"], "refused", "other")
    for placed in (bonus(AMIRA, *CHILDREN), bonus(AMIRA, *CHILDREN, card_type="family")):
        accept(placed)
        assert application_of(placed)["state"] == "approved"


def test_twins_stay_two(bonus: Acts, accept: Acts, also_in: Acts, application_of: Acts) -> None:
    twins = [{**SOPHIE_DURAND, "given_name": name} for name in ("Sophie", "Sonia")]
    first, second = (bonus(twin) for twin in twins)
    assert also_in(second) == []
    for placed in (first, second):
        accept(placed)
        assert application_of(placed)["state"] == "approved"
    assert first["counted_as"] != second["counted_as"]


def test_a_programme_that_gives_a_pot_without_checks_holds_the_second_one_too(
    bonus: Acts, by_hand: dict[str, Programme], application_of: Acts, second_pot_of: Acts
) -> None:
    programme = by_hand["occygene-2020"]
    free = replace(programme.card_types["family_bonus"], checks=())
    given = {"occygene-2020": replace(programme, card_types={"family_bonus": free})}
    first, second = (bonus(parent, *CHILDREN, given_programmes=given) for parent in (AMIRA, THOMAS))
    assert [application_of(placed)["state"] for placed in (first, second)] == ["approved", "pending"]
    assert second_pot_of(second)["waiting_for"] == "officer"


def test_who_held_a_second_pot_and_for_which_order_is_in_the_audit(
    bonus: Acts, accept: Acts, decide: Acts, db: Database, second_pot_of: Acts
) -> None:
    accept(bonus(AMIRA, *CHILDREN))
    second = bonus(THOMAS, *CHILDREN)
    _, left = entries_of(db, lambda: accept(second))
    check_id = second_pot_of(second)["id"]
    assert left[-1] == ("stf_officer", "check_opened", check_id)
    _, left = entries_of(db, lambda: decide(check_id, note="Deux foyers"))
    assert [entry[1] for entry in left] == ["check_decided", "application_approved"]
