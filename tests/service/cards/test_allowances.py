"""Allowances rise and fall once for each cause, in any order, and what they hold always adds up."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from cards import revoking
from cards.pots import allowances, closing
from cards.scan import cancelling
from chassis.ids import new_id
from contracts.refusals import Refusal

SUMMER = datetime(2020, 7, 10, 8, tzinfo=UTC)
# A visit of its last minute may be heard of for a quarter of an hour.
AFTER_THE_LAST_DAY = datetime(2020, 11, 15, 23, 15, 1, tzinfo=UTC)
HEARD_OF = timedelta(minutes=16)


def close(stage: Any) -> int:
    """Let the sweeper come by."""
    return closing.close_pots(stage.db.transaction, stage.programmes.values())


def revoke(stage: Any, card: Any, reason: str) -> None:
    """An officer revokes a card."""
    with stage.db.transaction() as session:
        revoking.revoke_card(
            session,
            stage.caller("officer"),
            stage.programmes,
            idempotency_key=new_id("key"),
            card_id=card.id,
            reason=reason,  # type: ignore[arg-type]
        )


def paid_scan(stage: Any, card: Any, pay_cents: int) -> tuple[str, list[Any]]:
    """A redemption paid from the pot: its id and draws."""
    answer = stage.redeem(stage.scan(card, stage.publish(), pay_cents=pay_cents))
    return answer["id"], stage.announced("redemption_recorded")[-1]["draws"]


def releases(stage: Any) -> list[tuple[int, str, bool]]:
    """What was announced as released."""
    return [
        (event["amount_cents"], event["reason"], event["closes_pot"])
        for event in stage.announced("allowance_released")
    ]


def test_a_credit_raises_once_however_often_it_is_heard(stage: Any) -> None:
    card = stage.card()
    credit = stage.credit(card, 7000)
    stage.credit(card, 7000, credit_id=credit.credit_id, pot_id=credit.pot_id)
    assert stage.left_cents() == 7000
    (pot,) = stage.rows("allowances")
    assert pot.credited_cents == 7000


def test_two_credits_of_one_pot_add_up_even_at_once(stage: Any) -> None:
    card = stage.card()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: stage.credit(card, 100, pot_id="pot_1"), range(8)))
    (pot,) = stage.rows("allowances")
    assert (pot.amount_cents, pot.credited_cents) == (800, 800)
    assert stage.left_cents() == 800


def test_a_cancelled_redemption_gives_back_only_when_the_debit_is_reversed_and_once(stage: Any) -> None:
    card = stage.card()
    stage.credit(card, 7000)
    redemption_id, draws = paid_scan(stage, card, 1000)
    stage.cancel(redemption_id)
    assert stage.left_cents() == 6000
    stage.reverse(redemption_id, draws)
    stage.reverse(redemption_id, draws)
    assert stage.left_cents() == 7000


def test_a_reversal_heard_before_the_cancellation_is_committed_counts_all_the_same(stage: Any) -> None:
    card = stage.card()
    stage.credit(card, 7000)
    redemption_id, draws = paid_scan(stage, card, 1000)
    stage.reverse(redemption_id, draws)
    stage.cancel(redemption_id)
    assert stage.left_cents() == 7000


def test_a_reversal_for_a_pot_not_heard_of_yet_is_left_for_a_retry_whole(stage: Any) -> None:
    card = stage.card()
    known = stage.credit(card, 100)
    draws = [{"pot_id": known.pot_id, "amount_cents": 10}, {"pot_id": "pot_zzz", "amount_cents": 5}]
    with pytest.raises(allowances.PotNotKnown):
        stage.reverse("red_1", draws)
    assert stage.left_cents() == 100
    stage.credit(card, 50, pot_id="pot_zzz")
    stage.reverse("red_1", draws)
    assert stage.left_cents() == 165


def test_a_pot_closes_after_its_last_day_in_paris_and_says_so_once(stage: Any) -> None:
    card = stage.card()
    stage.credit(card, 7000)
    paid_scan(stage, card, 1000)
    stage.at(AFTER_THE_LAST_DAY - timedelta(seconds=10))
    assert close(stage) == 0
    stage.at(AFTER_THE_LAST_DAY)
    assert close(stage) == 1
    assert close(stage) == 0
    assert releases(stage) == [(6000, "spend_until_passed", True)]
    assert stage.left_cents() == 0


def test_an_empty_pot_closes_too(stage: Any) -> None:
    card = stage.card()
    stage.credit(card, 1000)
    paid_scan(stage, card, 1000)
    stage.at(AFTER_THE_LAST_DAY)
    close(stage)
    assert releases(stage) == [(0, "spend_until_passed", True)]


def test_many_pots_close_once_each_when_sweepers_meet(stage: Any) -> None:
    card = stage.card()
    count = 2 * closing.BATCH_SIZE + 3
    for _ in range(count):
        stage.credit(card, 10)
    stage.at(AFTER_THE_LAST_DAY)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: close(stage), range(4)))
    close(stage)
    assert releases(stage) == [(10, "spend_until_passed", True)] * count
    assert stage.left_cents() == 0


def test_what_reaches_a_closed_pot_goes_back_to_the_funder_at_once(stage: Any) -> None:
    card = stage.card()
    credit = stage.credit(card, 7000)
    redemption_id, draws = paid_scan(stage, card, 1000)
    stage.at(AFTER_THE_LAST_DAY)
    close(stage)
    stage.cancel(redemption_id, stage.caller("officer"))
    stage.reverse(redemption_id, draws)
    stage.credit(card, 500, pot_id=credit.pot_id)
    assert releases(stage) == [
        (6000, "spend_until_passed", True),
        (1000, "reached_closed_pot", False),
        (500, "reached_closed_pot", False),
    ]
    assert stage.left_cents() == 0


def test_a_card_revoked_for_fraud_releases_its_households_pot(stage: Any) -> None:
    card = stage.card()
    stage.credit(card, 7000)
    revoke(stage, card, "fraud")
    assert close(stage) == 0
    stage.at(SUMMER + HEARD_OF)
    assert close(stage) == 1
    assert releases(stage) == [(7000, "card_revoked", True)]
    assert stage.left_cents() == 0


def test_a_credit_that_was_on_its_way_to_a_fraud_goes_back_as_well(stage: Any) -> None:
    card = stage.card()
    revoke(stage, card, "fraud")
    stage.at(SUMMER + HEARD_OF)
    assert close(stage) == 0
    stage.credit(card, 7000)
    assert close(stage) == 1
    assert releases(stage) == [(7000, "card_revoked", True)]


def test_a_lost_card_keeps_its_pot_for_the_reissue(stage: Any) -> None:
    card = stage.card()
    stage.credit(card, 7000)
    revoke(stage, card, "lost")
    stage.at(SUMMER + HEARD_OF)
    assert close(stage) == 0
    assert releases(stage) == []
    assert stage.left_cents() == 7000


def test_a_pot_stays_while_another_card_of_the_household_can_spend_it(
    stage: Any, owner_database: Any
) -> None:
    first, second = stage.card(), stage.card()
    with owner_database("cards").transaction() as session:
        session.execute(
            text("UPDATE cards SET household_id = :hh WHERE id = :id"),
            {"hh": first.household_id, "id": second.id},
        )
    stage.credit(first, 7000)
    revoke(stage, first, "error")
    stage.at(SUMMER + HEARD_OF)
    assert close(stage) == 0
    revoke(stage, second, "fraud")
    stage.at(SUMMER + 2 * HEARD_OF)
    assert close(stage) == 1
    assert releases(stage) == [(7000, "card_revoked", True)]


def test_a_device_cancels_within_fifteen_minutes_and_an_officer_later(stage: Any) -> None:
    offer = stage.publish()
    answer = stage.redeem(stage.scan(stage.card(), offer))
    with pytest.raises(Refusal, match="not_found"):
        stage.cancel(answer["id"], stage.device(provider_id="prv_2"))
    with pytest.raises(Refusal, match="not_allowed"):
        stage.cancel(answer["id"], stage.caller("holder"))
    stage.at(SUMMER + timedelta(minutes=16))
    with pytest.raises(Refusal, match="cancellation_too_late"):
        stage.cancel(answer["id"])
    view = stage.cancel(answer["id"], stage.caller("officer"))
    assert view["cancelled_at"] is not None


def test_a_cancellation_repeats_what_was_recorded_and_is_announced_once(stage: Any) -> None:
    card = stage.card()
    stage.credit(card, 7000)
    redemption_id, _ = paid_scan(stage, card, 1000)
    with ThreadPoolExecutor(8) as pool:
        views = list(pool.map(lambda _: stage.cancel(redemption_id), range(8)))
    assert len({view["cancelled_at"] for view in views}) == 1
    (cancelled,) = stage.announced("redemption_cancelled")
    (recorded,) = stage.announced("redemption_recorded")
    own = ("event_id", "occurred_at", "cancelled_at")
    assert {k: v for k, v in cancelled.items() if k not in own} == {
        k: v for k, v in recorded.items() if k not in own
    }


def test_cancelling_an_unknown_redemption_is_not_found(stage: Any) -> None:
    with pytest.raises(Refusal, match="not_found"), stage.db.transaction() as session:
        cancelling.cancel_redemption(
            session,
            stage.caller("officer"),
            stage.programmes,
            idempotency_key="some-key",
            redemption_id="red_none",
        )


def test_the_database_itself_refuses_an_overdrawn_pot_and_a_changed_history(
    stage: Any, owner_database: Any
) -> None:
    stage.credit(stage.card(), 100)
    for statement in (
        "UPDATE allowances SET amount_cents = -1",
        "UPDATE allowance_raises SET amount_cents = 1",
        "DELETE FROM allowance_raises",
    ):
        # Checks and triggers hold for the owner too.
        with pytest.raises(IntegrityError), owner_database("cards").transaction() as session:
            session.execute(text(statement))
    assert stage.left_cents() == 100
