"""Orders open applications, officers decide checks, applications are approved or refused."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from chassis.calls.caller import Caller, service_caller
from chassis.database.engine import Database
from contracts.programmes import Programme
from contracts.refusals import Refusal
from identity.checking.applications import get_application
from tests.admission import admitted

Order = Callable[..., dict[str, Any]]
Announced = Callable[[str], list[dict[str, Any]]]
CallerOf = Callable[..., Caller]
Decide = Callable[..., Any]

OFFICE = {"birth_place": None, "programme": "passresot66", "card_type": "staff"}


def state_of(db: Database, order_id: str) -> str:
    with db.transaction() as session:
        return get_application(session, order_id=order_id)["state"]


def test_an_application_opens_with_the_checks_of_its_card_type(order: Order, db: Database) -> None:
    placed = order()
    with db.transaction() as session:
        view = get_application(session, order_id=placed["order_id"])
    assert view["state"] == "pending"
    assert [(check["kind"], check["waiting_for"]) for check in view["checks"]] == [
        ("residence", "officer"),
        ("identity", "officer"),
        ("family_quotient", "service"),
    ]


def test_an_order_on_its_way_is_opening(db: Database) -> None:
    assert state_of(db, "ord_unknown") == "opening"


def test_all_checks_accepted_approves_once(order: Order, decide: Decide, announced: Announced) -> None:
    placed = order(card_type="youth")
    for check_id in placed["checks"].values():
        assert announced("application_approved") == []
        assert decide(check_id)["state"] == "accepted"
    assert [event["order_id"] for event in announced("application_approved")] == [placed["order_id"]]
    assert [event["outcome"] for event in announced("check_decided")] == ["accepted", "accepted"]


def test_a_card_type_without_checks_is_approved_at_once(
    order: Order, announced: Announced, programmes: dict[str, Programme]
) -> None:
    programme = programmes["occygene-2020"]
    free = replace(programme.card_types["youth"], checks=())
    given = {"occygene-2020": replace(programme, card_types={"youth": free})}
    placed = order(card_type="youth", given_programmes=given)
    assert [event["order_id"] for event in announced("application_approved")] == [placed["order_id"]]


def test_one_refusal_refuses_and_leaves_the_others_as_they_are(
    order: Order, decide: Decide, announced: Announced, queue: Callable[..., Any]
) -> None:
    placed = order(card_type="youth")
    view = decide(placed["checks"]["residence"], "refused", "not_resident", note="Habite Bordeaux")
    assert (view["state"], view["reason_code"]) == ("refused", "not_resident")
    assert "note" not in view
    (refused,) = announced("application_refused")
    assert (refused["order_id"], refused["reason_code"]) == (placed["order_id"], "not_resident")
    assert queue()["checks"] == []
    with pytest.raises(Refusal, match="check_already_decided"):
        decide(placed["checks"]["residence"], key="again")
    with pytest.raises(Refusal, match=r"^already_decided"):
        decide(placed["checks"]["identity"])
    assert len(announced("check_decided")) == 1


def test_the_last_two_checks_decided_at_once_approve_once(
    order: Order, decide: Decide, announced: Announced
) -> None:
    placed = [order(card_type="youth") for _ in range(4)]
    checks = [check_id for one in placed for check_id in one["checks"].values()]
    with ThreadPoolExecutor(8) as pool:
        assert [view["state"] for view in pool.map(decide, checks)] == ["accepted"] * 8
    assert len(announced("application_approved")) == 4


def test_a_decision_repeated_with_its_key_is_answered_again(order: Order, decide: Decide) -> None:
    check_id = order(card_type="youth")["checks"]["residence"]
    first = decide(check_id, key="k")
    assert decide(check_id, key="k") == first
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        decide(check_id, "refused", "other", key="k")


@pytest.mark.parametrize(
    ("outcome", "reason", "code"),
    [
        ("refused", None, "reason_code_required"),
        ("refused", "because", "invalid_field"),
        ("accepted", "other", "invalid_field"),
        ("perhaps", None, "invalid_field"),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(
    order: Order, decide: Decide, outcome: str, reason: str | None, code: str
) -> None:
    check_id = order(card_type="youth")["checks"]["residence"]
    with pytest.raises(Refusal, match=code):
        decide(check_id, outcome, reason)


def test_no_officer_overrules_a_service_that_is_still_asking(order: Order, decide: Decide) -> None:
    with pytest.raises(Refusal, match="not_allowed"):
        decide(order()["checks"]["family_quotient"])


def test_only_callers_with_the_scope_decide(order: Order, decide: Decide, caller_of: CallerOf) -> None:
    check_id = order(card_type="youth")["checks"]["residence"]
    for kind in ("partner", "device", "holder", "provider_manager"):
        with pytest.raises(Refusal, match="not_allowed"):
            decide(check_id, caller=caller_of(kind))
    with pytest.raises(Refusal, match="not_authenticated"):
        decide(check_id, caller=caller_of("anonymous"))


def test_an_offices_officer_sees_and_decides_its_own_people_only(
    order: Order, decide: Decide, queue: Callable[..., Any], caller_of: CallerOf
) -> None:
    own = order(organisation="Office de Tourisme de Céret", **OFFICE)
    foreign = order(organisation="OT Collioure", **OFFICE)
    region = order(card_type="youth")
    office = caller_of("office_officer", organisation="office de tourisme de ceret")
    seen = [check["id"] for check in queue(caller=office)["checks"]]
    assert sorted(seen) == sorted(own["checks"].values())
    for other in (foreign["checks"]["membership"], region["checks"]["residence"]):
        with pytest.raises(Refusal, match="not_found"):
            decide(other, caller=office)
    assert decide(own["checks"]["membership"], caller=office)["decided_by"] == "stf_office"
    assert len(queue(caller=caller_of("office_officer"))["checks"]) == 3


def test_the_queue_is_paged_oldest_first(order: Order, queue: Callable[..., Any]) -> None:
    expected = [check_id for _ in range(3) for check_id in order(card_type="youth")["checks"].values()]
    found, cursor = [], None
    while True:
        page = queue(limit=4, cursor=cursor)
        found += [check["id"] for check in page["checks"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    # Ids begin with the time, to the millisecond.
    assert found == sorted(expected)
    for wrong in (0, 101, True):
        with pytest.raises(Refusal, match="invalid_field"):
            queue(limit=wrong)


def test_an_officer_sees_who_it_is_about_and_possible_duplicates(
    order: Order, queue: Callable[..., Any]
) -> None:
    child = {"given_name": "Léo", "family_name": "Bérnard-Núñez", "birth_date": "2011-04-20"}
    first = order(members=[child], email="elodie@example.org")
    other_spelling = {"given_name": "ÉLODIE", "family_name": "Bérnard-Núñez", "email": "autre@example.org"}
    second = order(card_type="family", **other_spelling)
    order("puig_1000")
    order(organisation="OT", **OFFICE)
    by_order: dict[str, Any] = {check["order_id"]: check for check in queue()["checks"]}
    one = by_order[first["order_id"]]
    assert one["possible_duplicate_of"] == [second["order_id"]]
    assert by_order[second["order_id"]]["possible_duplicate_of"] == [first["order_id"]]
    assert sum(bool(check["possible_duplicate_of"]) for check in by_order.values()) == 2
    assert one["holder"]["email"] == "elodie@example.org"
    assert one["holder"]["birth_place"] == {"country": "99100", "insee": "34172"}
    assert one["members"] == [child]


def test_an_application_is_told_to_the_gateway_alone(order: Order, db: Database, caller_of: CallerOf) -> None:
    admitted(service_caller("gateway"), "identity.get_application")
    assert state_of(db, order()["order_id"]) == "pending"
    others = map(caller_of, ("holder", "partner", "officer", "office_officer", "service"))
    for caller in (service_caller("notify"), *others):
        with pytest.raises(Refusal, match="not_allowed"):
            admitted(caller, "identity.get_application")
    with pytest.raises(Refusal, match="not_authenticated"):
        admitted(caller_of("anonymous"), "identity.get_application")
