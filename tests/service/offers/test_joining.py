"""A provider applies, an officer decides."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import select

from contracts.communes import find_commune
from contracts.refusals import Refusal
from offers.models import Contact


def refusal_of(act: Any, *args: Any, **kwargs: Any) -> Refusal:
    with pytest.raises(Refusal) as refused:
        act(*args, **kwargs)
    return refused.value


def test_an_application_is_kept_with_the_communes_name_and_without_showing_the_contact(
    desk: Any, demo_providers: list[dict[str, Any]]
) -> None:
    view = desk.apply()
    commune = find_commune(demo_providers[1]["sites"][0]["insee"])
    assert commune is not None
    assert (view["state"], view["reason"], view["offers"]) == ("applied", None, [])
    assert view["sites"][0]["commune"] == commune.name
    contact = demo_providers[1]["contact"]
    assert not any(value in str(view) for value in contact.values())
    with desk.db.transaction() as session:
        assert session.scalars(select(Contact.email)).all() == [contact["email"]]


def test_the_same_key_gives_the_same_answer_and_another_request_is_refused(desk: Any) -> None:
    first = desk.apply(key="k1")
    assert desk.apply(key="k1") == first
    assert refusal_of(desk.apply, key="k1", name="Another cave").code == "idempotency_key_reused"


def test_acceptance_is_announced_once(desk: Any) -> None:
    provider_id = desk.apply()["id"]
    assert desk.decide(provider_id, key="k1")["state"] == "accepted"
    assert desk.decide(provider_id, key="k1")["state"] == "accepted"
    assert refusal_of(desk.decide, provider_id).code == "already_decided"
    events = desk.announced()
    assert [(e["name"], e["provider_id"]) for e in events] == [("provider_accepted", provider_id)]
    assert events[0]["programmes"] == ["occygene-2020"]


def test_a_refusal_needs_a_reason_and_announces_nothing(desk: Any) -> None:
    provider_id = desk.apply()["id"]
    assert refusal_of(desk.decide, provider_id, "refused").code == "reason_code_required"
    view = desk.decide(provider_id, "refused", "Hors du périmètre.")
    assert (view["state"], view["reason"]) == ("refused", "Hors du périmètre.")
    assert desk.announced() == []


def test_missing_criteria_are_named_and_leave_the_application_open(desk: Any) -> None:
    provider_id = desk.apply(quality_label=False, criteria=["compliant", "insured", "open_6_months"])["id"]
    refusal = refusal_of(desk.decide, provider_id)
    assert (refusal.code, refusal.field) == ("offer_rule_broken", "criteria")
    assert refusal.details["missing"] == ["sanitary_facilities", "ticket_office", "clear_route"]
    assert "Une billetterie" in refusal.details["rule_fr"]
    assert "A ticket office" in refusal.details["rule_en"]
    assert desk.decide(provider_id, "refused", "Critères non remplis.")["state"] == "refused"


@pytest.mark.parametrize(
    ("role", "code"),
    [
        ("anonymous", "not_authenticated"),
        ("holder", "not_allowed"),
        ("device", "not_allowed"),
        ("partner", "not_allowed"),
        ("office_officer", "not_allowed"),
        ("provider_manager", "not_allowed"),
    ],
)
def test_only_officers_decide(desk: Any, role: str, code: str) -> None:
    provider_id = desk.apply()["id"]
    by = desk.caller_of(role)
    assert refusal_of(desk.decide, provider_id, by=by).code == code


def test_an_unknown_provider_is_not_found(desk: Any) -> None:
    assert refusal_of(desk.decide, "prv_nobody").code == "not_found"


def test_a_siret_is_taken_by_acceptance_alone(desk: Any) -> None:
    fake, genuine = desk.apply(name="Faux"), desk.apply()
    desk.decide(fake["id"], "refused", "Ce n’est pas vous.")
    desk.decide(genuine["id"])
    refusal = refusal_of(desk.apply)
    assert (refusal.code, refusal.field) == ("already_exists", "legal_id")


def test_two_officers_deciding_at_once_decide_once(desk: Any) -> None:
    provider_id = desk.apply()["id"]

    def decide(outcome: str) -> str:
        try:
            return str(desk.decide(provider_id, outcome, "Motif.")["state"])
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(decide, ["accepted", "refused", "accepted", "refused"]))
    assert answers.count("already_decided") == 3
    assert len(desk.announced()) == ("accepted" in answers)


def test_two_applications_with_one_siret_are_not_both_accepted(desk: Any) -> None:
    ids = [desk.apply()["id"] for _ in range(4)]

    def accept(provider_id: str) -> str:
        try:
            return str(desk.decide(provider_id)["state"])
        except Refusal as refusal:
            return refusal.code

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(accept, ids))
    assert answers == ["accepted", "already_exists", "already_exists", "already_exists"]
    assert len(desk.announced()) == 1
