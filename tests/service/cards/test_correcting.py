"""Who may have an order corrected, and whose it is once its holder has another account."""

from itertools import permutations
from typing import Any

import pytest

from cards.orders import correcting
from cards.reading import get_order
from chassis.calls.caller import Caller, service_caller
from chassis.events.outbox import stamp
from chassis.ids import new_id
from contracts.identity import HolderAccountChanged
from contracts.refusals import Refusal
from tests.admission import admitted
from tests.audited import entries_of
from tests.service.cards.test_cards import reissue, revoke


def ask(stage: Any, caller: Caller, order_id: str, secret: str | None = None) -> Any:
    """Whose order it is, as the service is asked by `identity` or `notify` in the caller's name."""
    with stage.db.transaction() as session:
        return correcting.get_order_holder(
            session,
            admitted(caller, "cards.get_order_holder"),
            stage.keys,
            order_id=order_id,
            order_secret=secret,
        )


def changed(stage: Any, order_id: str, change: int, account_id: str | None = None) -> HolderAccountChanged:
    """What `identity` announces when the order's holder has another account."""
    return HolderAccountChanged(
        **stamp(),
        email_change_id=new_id("emc"),
        order_id=order_id,
        holder_id=row_of(stage, order_id).holder_id,
        account_id=account_id or f"acc_{change}",
        change=change,
    )


def hear(stage: Any, event: HolderAccountChanged) -> None:
    with stage.db.transaction() as session:
        correcting.follow_holder(session, event)


def row_of(stage: Any, order_id: str) -> Any:
    return next(row for row in stage.rows("orders") if row.id == order_id)


def sees(stage: Any, account_id: str, order_id: str) -> bool:
    holder = stage.caller("holder", subject=account_id)
    try:
        with stage.db.transaction() as session:
            get_order(session, holder, stage.programmes, stage.keys, order_id=order_id, order_secret=None)
    except Refusal as refusal:
        return refusal.code != "not_found"
    return True


def test_the_holder_the_partner_the_officer_and_the_secret_may_correct(stage: Any) -> None:
    placed = stage.order()
    row = row_of(stage, placed["id"])
    for caller in (
        stage.caller("holder", subject=row.account_id),
        stage.caller("partner", subject=row.placed_by),
        stage.caller("officer"),
        stage.caller("officer", programmes=(row.programme,)),
        service_caller("notify"),
    ):
        assert ask(stage, caller, placed["id"])["holder_id"] == row.holder_id
    assert ask(stage, stage.caller("anonymous"), placed["id"], placed["order_secret"])["card_id"] is None


@pytest.mark.parametrize(
    "role", ["anonymous", "holder", "partner", "device", "provider_manager", "office_officer"]
)
def test_for_a_stranger_there_is_no_such_order(stage: Any, role: str) -> None:
    order_id = stage.order()["id"]
    fields = {"subject": "par_other"} if role == "partner" else {}
    if role == "office_officer":
        # One of the programme reads the order, and does not correct it.
        fields = {"programmes": (row_of(stage, order_id).programme,)}
    for secret in (None, "0" * 64):
        with pytest.raises(Refusal, match="not_found"):
            ask(stage, stage.caller(role, **fields), order_id, secret)
    with pytest.raises(Refusal, match="not_found"):
        ask(stage, stage.caller("officer", programmes=("passresot66",)), order_id)
    with pytest.raises(Refusal, match="not_allowed"):
        ask(stage, service_caller("offers"), order_id)


def test_the_newest_card_stands_for_the_order(stage: Any) -> None:
    card, officer = stage.card(), stage.caller("officer")
    found = ask(stage, officer, card.order_id)
    assert (found["card_id"], found["card_revoked"]) == (card.id, False)
    revoke(stage, card.id, "lost")
    assert ask(stage, officer, card.order_id)["card_revoked"] is True
    new = reissue(stage, card.id)
    found = ask(stage, officer, card.order_id)
    assert (found["card_id"], found["card_revoked"]) == (new["id"], False)


def test_the_order_goes_to_the_new_account_and_a_token_of_the_old_one_sees_it_no_more(stage: Any) -> None:
    card, sister = stage.card(), stage.card()
    assert sees(stage, card.account_id, card.order_id)
    hear(stage, changed(stage, card.order_id, 7, "acc_new"))
    assert not sees(stage, card.account_id, card.order_id)
    assert sees(stage, "acc_new", card.order_id)
    assert sees(stage, sister.account_id, sister.order_id)


@pytest.mark.parametrize("sequence", list(permutations((3, 4, 9))))
def test_the_last_change_holds_in_whatever_order_and_however_often_they_are_heard(
    stage: Any, sequence: tuple[int, ...]
) -> None:
    order_id = stage.order()["id"]
    events = [changed(stage, order_id, change) for change in sequence]
    for event in (*events, *events):
        hear(stage, event)
    assert row_of(stage, order_id).account_id == "acc_9"


def test_the_change_is_written_down_once_as_the_act_of_identity(stage: Any) -> None:
    order_id = stage.order()["id"]
    event = changed(stage, order_id, 1)
    _, left = entries_of(stage.db, lambda: [hear(stage, event), hear(stage, event)])
    assert left == [("service:identity", "order_account_changed", order_id)]


def test_another_holders_change_does_not_touch_the_order(stage: Any) -> None:
    order_id = stage.order()["id"]
    account_id = row_of(stage, order_id).account_id
    event = HolderAccountChanged(
        **stamp(),
        email_change_id="emc_1",
        order_id=order_id,
        holder_id="per_other",
        account_id="acc_thief",
        change=1,
    )
    hear(stage, event)
    assert row_of(stage, order_id).account_id == account_id
