"""What a card has saved: all its visits, and the day on which its price was earned back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cards.saving import get_savings
from contracts.refusals import Refusal
from tests.admission import admitted
from tests.service.cards.test_cards import reissue, revoke

# 20 % of 40 €.
SAVED_CENTS = 800


def bought(stage: Any) -> Any:
    """A family's card of 15 €."""
    order = stage.order(stage.request("family"))
    stage.approve(order["id"])
    stage.pay(order["id"], 1_500)
    return stage.printed(order_id=order["id"])


def savings(stage: Any, card: Any, caller: Any = None) -> Any:
    """As its holder reads them."""
    caller = caller or stage.caller("holder", subject=card.account_id)
    with stage.db.transaction() as session:
        return get_savings(session, admitted(caller, "cards.get_savings"), stage.programmes, card_id=card.id)


def test_a_price_is_earned_back_on_the_day_in_paris_on_which_reductions_reach_it(stage: Any) -> None:
    card, offer = bought(stage), stage.publish()
    nothing = {"price_cents": 1_500, "visits": 0, "saved_cents": 0, "regained_on": None}
    assert savings(stage, card) == nothing
    stage.redeem(stage.scan(card, offer))
    assert savings(stage, card) == nothing | {"visits": 1, "saved_cents": SAVED_CENTS}
    # Past midnight in Paris.
    stage.at(datetime(2020, 7, 11, 22, 30, tzinfo=UTC))
    stage.redeem(stage.scan(card, offer))
    stage.at(datetime(2020, 7, 14, 12, tzinfo=UTC))
    stage.redeem(stage.scan(card, offer))
    found = savings(stage, card)
    assert (found["visits"], found["saved_cents"]) == (3, 3 * SAVED_CENTS)
    assert found["regained_on"] == "2020-07-12"


def test_a_cancelled_visit_saved_nothing_and_a_new_card_goes_on_with_the_old_ones(stage: Any) -> None:
    card, offer = bought(stage), stage.publish()
    stage.redeem(stage.scan(card, offer))
    stage.cancel(stage.redeem(stage.scan(card, offer, gross_cents=4_100))["id"])
    assert savings(stage, card)["saved_cents"] == SAVED_CENTS
    revoke(stage, card.id, "lost")
    new = stage.printed(id=reissue(stage, card.id)["id"])
    stage.at(datetime(2020, 7, 10, 8, tzinfo=UTC) + timedelta(days=1))
    stage.redeem(stage.scan(new, offer))
    found = savings(stage, new)
    assert (found["visits"], found["saved_cents"], found["regained_on"]) == (2, 2 * SAVED_CENTS, "2020-07-11")
    assert savings(stage, card) == found


def test_a_card_that_was_free_has_nothing_to_earn_back(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.redeem(stage.scan(card, offer))
    found = savings(stage, card)
    assert (found["price_cents"], found["saved_cents"], found["regained_on"]) == (0, SAVED_CENTS, None)


@pytest.mark.parametrize("role", ["holder", "office_officer"])
def test_savings_of_others_do_not_exist(stage: Any, role: str) -> None:
    stranger = stage.caller(role, **({"programmes": ("passresot66",)} if role == "office_officer" else {}))
    with pytest.raises(Refusal, match="not_found"):
        savings(stage, stage.card(), stranger)
