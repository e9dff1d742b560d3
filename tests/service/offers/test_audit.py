"""Each call that changes a provider or an offer leaves an entry: who, what, to which."""

from typing import Any

import pytest

from tests.audited import changing_calls, entries_of, everything_audited

from .conftest import CAVE

Acts = list[tuple[str, str, str]]


def apply_provider(desk: Any) -> tuple[Acts, Acts]:
    applied, left = entries_of(desk.db, desk.apply)
    return left, [("anonymous", "provider_applied", applied["id"])]


def decide_provider(desk: Any) -> tuple[Acts, Acts]:
    applied = desk.apply()
    _, left = entries_of(desk.db, lambda: desk.decide(applied["id"]))
    return left, [("stf_officer", "provider_decided", applied["id"])]


def create_offer(desk: Any) -> tuple[Acts, Acts]:
    provider = desk.accept()
    by = desk.manager_of(provider["id"])
    draft, left = entries_of(desk.db, lambda: desk.draft(provider["id"], by=by))
    return left, [("stf_manager", "offer_drafted", draft["id"])]


def publish_offer(desk: Any) -> tuple[Acts, Acts]:
    draft = desk.draft(desk.accept()["id"])
    _, left = entries_of(desk.db, lambda: desk.publish(draft))
    assert entries_of(desk.db, lambda: desk.publish(draft))[1] == []
    return left, [("stf_officer", "offer_published", draft["id"])]


def withdraw_offer(desk: Any) -> tuple[Acts, Acts]:
    draft = desk.draft(desk.accept()["id"])
    desk.publish(draft)
    _, left = entries_of(desk.db, lambda: desk.withdraw(draft, by=desk.manager_of(draft["provider_id"])))
    assert entries_of(desk.db, lambda: desk.withdraw(draft))[1] == []
    return left, [("stf_manager", "offer_withdrawn", draft["id"])]


ACTS = (apply_provider, decide_provider, create_offer, publish_offer, withdraw_offer)
CALLS = {act.__name__: act for act in ACTS}


@pytest.mark.parametrize("name", sorted(changing_calls("offers")))
def test_a_call_that_changes_something_says_who_did_what_to_which(desk: Any, name: str) -> None:
    left, expected = CALLS[name](desk)
    assert left == expected


def test_an_entry_holds_nobodys_name_or_address(desk: Any) -> None:
    desk.decide(desk.apply()["id"], "refused", "Trop loin de Toulouse")
    said = everything_audited(desk.db)
    assert "provider_decided" in said
    for personal in (*CAVE["contact"].values(), "Trop loin"):
        assert personal not in said
