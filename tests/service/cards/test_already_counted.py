"""The same card at the same place within seconds is counted once, whatever was read and by which device."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.refusals import Refusal
from tests.service.cards.test_redeeming import ALONE, at_once, free_entry, staff_pass

SUMMER = datetime(2020, 7, 10, 8, tzinfo=UTC)


@pytest.fixture
def ready(stage: Any) -> tuple[Any, Any, Any]:
    """A card with a pot: its scan by QR code, by number with the code, and a device."""
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 7000)
    scan = stage.scan(card, offer, pay_cents=1000)
    return scan, {**scan, "card": card.number, "card_code": card.card_code}, stage.device()


@pytest.mark.parametrize(("first", "second"), [(1, 1), (0, 1), (1, 0)], ids=["enter bounces", "qr", "number"])
def test_a_typed_number_with_its_code_that_pays_is_counted_once(
    stage: Any, ready: Any, first: int, second: int
) -> None:
    device = ready[2]
    paid = stage.redeem(ready[first], device=device)
    stage.at(SUMMER + timedelta(seconds=3))
    again = stage.redeem(ready[second], device=device)
    assert (again["already_counted"], again["id"]) == (True, paid["id"])
    assert stage.left_cents() == 6000
    assert len(stage.rows("redemptions")) == 1


def test_the_code_is_judged_before_a_repeat_is_told(stage: Any, ready: Any) -> None:
    by_qr, by_number, device = ready
    stage.redeem(by_qr, device=device)
    for code in (None, f"{(int(by_number['card_code']) + 1) % 10_000:04d}"):
        with pytest.raises(Refusal, match="card_code_required"):
            stage.redeem({**by_number, "card_code": code}, device=device)
    assert sum(row.wrong_code for row in stage.rows("refused_scans")) == 1


def test_two_devices_of_one_site_count_one_visit(stage: Any, ready: Any) -> None:
    first = stage.redeem(ready[0], device=stage.device())
    stage.at(SUMMER + timedelta(seconds=3))
    second = stage.redeem(ready[0], device=stage.device())
    assert (second["already_counted"], second["id"]) == (True, first["id"])
    assert "autre appareil de ce lieu" in second["message"]["fr"]
    assert "another device of this place" in second["message"]["en"]
    assert stage.left_cents() == 6000


def test_two_devices_that_are_heard_in_the_other_order_count_one_visit(stage: Any, ready: Any) -> None:
    stage.at(SUMMER + timedelta(minutes=5))
    stage.redeem({**ready[0], "occurred_at": (SUMMER + timedelta(seconds=5)).isoformat()})
    late = stage.redeem({**ready[0], "occurred_at": SUMMER.isoformat()})
    assert late["already_counted"]
    assert "il y a 5 s" in late["message"]["fr"]


def test_a_second_visit_that_the_desk_says_is_one_is_counted(stage: Any, ready: Any) -> None:
    first = stage.redeem(ready[0], device=stage.device())
    second = stage.redeem({**ready[0], "second_visit": True}, device=stage.device())
    assert second["id"] != first["id"]
    assert stage.left_cents() == 5000


def test_a_second_visit_is_judged_by_the_programmes_limits(stage: Any) -> None:
    scan = stage.scan(staff_pass(stage), free_entry(stage), party=ALONE, gross_cents=900)
    stage.redeem(scan)
    assert stage.redeem(scan)["already_counted"]
    with pytest.raises(Refusal, match="usage_limit_reached"):
        stage.redeem({**scan, "second_visit": True})


def test_of_two_devices_at_once_one_counts_and_the_other_is_told(stage: Any, ready: Any) -> None:
    answers = at_once([lambda: stage.redeem(ready[0]) for _ in range(8)])
    assert sorted(answer["already_counted"] for answer in answers) == [False] + [True] * 7
    assert len({answer["id"] for answer in answers}) == 1
    assert stage.left_cents() == 6000


def test_a_quote_after_the_visit_says_that_it_was_counted(stage: Any, ready: Any) -> None:
    stage.redeem(ready[0])
    quote = stage.quote(ready[0])
    assert (quote["already_counted"], quote["id"], quote["occurred_at"]) == (True, None, None)
    assert not stage.quote({**ready[0], "second_visit": True})["already_counted"]
