"""A holder's own orders: theirs alone, newest first, each with the card that stands for it."""

from typing import Any

import pytest
from sqlalchemy import text

from cards import reissuing, revoking
from cards.orders.finding import find_own_orders
from chassis.ids import new_id
from contracts.refusals import Refusal
from tests.admission import admitted

ACCOUNT = "acc_family"


def own(stage: Any, cursor: str | None = None, limit: int = 10, caller: Any = None) -> Any:
    """A page of the family's orders."""
    caller = caller or stage.caller("holder", subject=ACCOUNT)
    with stage.db.transaction() as session:
        return find_own_orders(
            session, admitted(caller, "cards.find_own_orders"), stage.programmes, cursor=cursor, limit=limit
        )


def belongs_to(stage: Any, account_id: str, *order_ids: str) -> None:
    """One person placed them, each for another household."""
    with stage.db.transaction() as session:
        session.execute(
            text("UPDATE orders SET account_id = :account WHERE id = ANY(:orders)"),
            {"account": account_id, "orders": list(order_ids)},
        )


def test_every_order_is_shown_once_with_the_card_that_stands_for_it(stage: Any) -> None:
    lost, kept = stage.card(), stage.card()
    waiting = stage.order()
    strangers = stage.card()
    belongs_to(stage, ACCOUNT, lost.order_id, kept.order_id, waiting["id"])
    officer = stage.caller("officer")
    with stage.db.transaction() as session:
        revoking.revoke_card(
            session,
            officer,
            stage.programmes,
            idempotency_key=new_id("key"),
            card_id=lost.id,
            reason="lost",
        )
    with stage.db.transaction() as session:
        new = reissuing.reissue_card(
            session, officer, stage.programmes, stage.keys, idempotency_key=new_id("key"), card_id=lost.id
        )
    first = own(stage, limit=2)
    rest = own(stage, first["next_cursor"], limit=2)
    shown = first["orders"] + rest["orders"]
    assert [(one["id"], one["state"], one["card_id"]) for one in shown] == [
        (waiting["id"], "placed", None),
        (kept.order_id, "validated", kept.id),
        (lost.order_id, "validated", new["id"]),
    ]
    assert [one["card"] and (one["card"]["id"], one["card"]["state"]) for one in shown] == [
        None,
        (kept.id, "valid"),
        (new["id"], "valid"),
    ]
    assert rest["next_cursor"] is None
    assert strangers.order_id not in {one["id"] for one in shown}


def test_a_cursor_of_somebody_elses_page_is_refused(stage: Any) -> None:
    card, strangers = stage.card(), stage.card()
    belongs_to(stage, ACCOUNT, card.order_id)
    with pytest.raises(Refusal, match="invalid_field"):
        own(stage, strangers.order_id)


@pytest.mark.parametrize("kind", ["partner", "officer", "device"])
def test_who_is_no_holder_has_no_own_orders(stage: Any, kind: str) -> None:
    with pytest.raises(Refusal, match="not_allowed"):
        own(stage, caller=stage.caller(kind))
