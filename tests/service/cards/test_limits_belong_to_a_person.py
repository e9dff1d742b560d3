"""Usage limits belong to the person or household that the programme names, whichever card is scanned."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from contracts.refusals import Refusal
from tests.service.cards.test_cards import reissue, revoke
from tests.service.cards.test_redeeming import ALONE, at_once, free_entry, staff_pass


def enter(stage: Any, card: Any, offer: str, **more: Any) -> Any:
    """Scan at the site's entrance."""
    return stage.redeem(stage.scan(card, offer, party=ALONE, gross_cents=900, **more))


def passes_of_one_person(stage: Any, count: int = 2) -> list[Any]:
    """Several passes of a person whom `identity` knows again."""
    stage.people.counted_as = "per_known"
    passes = [staff_pass(stage) for _ in range(count)]
    stage.people.counted_as = None
    return passes


def test_once_a_site_a_year_holds_across_two_passes_ordered_on_one_day(stage: Any) -> None:
    (first, second), offer = passes_of_one_person(stage), free_entry(stage)
    enter(stage, first, offer)
    with pytest.raises(Refusal, match="usage_limit_reached"):
        enter(stage, second, offer)
    assert enter(stage, staff_pass(stage), offer)["due_cents"] == 0


def test_once_a_site_a_year_holds_across_a_renewal_and_a_new_year_begins_anew(stage: Any) -> None:
    stage.at(datetime(2020, 2, 1, 9, tzinfo=UTC))
    (expiring,), offer = passes_of_one_person(stage, 1), free_entry(stage)
    stage.at(datetime(2021, 1, 20, 9, tzinfo=UTC))
    enter(stage, expiring, offer)
    stage.at(datetime(2021, 2, 10, 9, tzinfo=UTC))
    with pytest.raises(Refusal, match="card_expired"):
        enter(stage, expiring, offer)
    (renewed,) = passes_of_one_person(stage, 1)
    with pytest.raises(Refusal, match="usage_limit_reached"):
        enter(stage, renewed, offer)
    stage.at(datetime(2022, 1, 2, 9, tzinfo=UTC))
    assert enter(stage, renewed, offer)["due_cents"] == 0


def test_once_a_site_a_year_holds_across_a_reissue(stage: Any) -> None:
    card, offer = staff_pass(stage), free_entry(stage)
    enter(stage, card, offer)
    revoke(stage, card.id, "lost")
    new = stage.printed(id=reissue(stage, card.id)["id"])
    with pytest.raises(Refusal, match="usage_limit_reached"):
        enter(stage, new, offer)


def test_of_a_persons_passes_scanned_all_at_once_one_enters(stage: Any) -> None:
    passes, offer = passes_of_one_person(stage, 8), free_entry(stage)
    answers = at_once([partial(enter, stage, card, offer, second_visit=True) for card in passes * 2])
    outcomes = Counter(a.code if isinstance(a, Refusal) else "accepted" for a in answers)
    assert outcomes == {"accepted": 1, "usage_limit_reached": 15}


def test_an_order_of_before_persons_were_known_again_has_limits_of_its_own(
    stage: Any, owner_database: Any
) -> None:
    (first, second), offer = passes_of_one_person(stage), free_entry(stage)
    with owner_database("cards").transaction() as session:
        session.connection().exec_driver_sql("UPDATE orders SET counted_as = NULL")
    enter(stage, first, offer)
    stage.at(datetime(2020, 7, 10, 8, tzinfo=UTC) + timedelta(minutes=1))
    with pytest.raises(Refusal, match="usage_limit_reached"):
        enter(stage, first, offer)
    assert enter(stage, second, offer)["due_cents"] == 0


def test_a_cancelled_visit_by_one_pass_frees_the_other(stage: Any) -> None:
    (first, second), offer = passes_of_one_person(stage), free_entry(stage)
    stage.cancel(enter(stage, first, offer)["id"])
    assert enter(stage, second, offer)["due_cents"] == 0
