"""Orders: kept once, announced once, read back by those who may."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from cards import reading
from cards.orders import validating
from chassis.calls.caller import ANONYMOUS
from chassis.events.outbox import stamp
from contracts.identity import ApplicationRefused
from contracts.refusals import Refusal


def get_order(stage: Any, order_id: str, caller: Any, secret: str | None = None) -> Any:
    """Read an order back."""
    with stage.db.transaction() as session:
        return reading.get_order(
            session, caller, stage.programmes, stage.keys, order_id=order_id, order_secret=secret
        )


def test_an_order_is_kept_and_announced_with_its_partners_channel(stage: Any) -> None:
    order = stage.order(caller=stage.caller("partner", channel="cdt"))
    assert (order["state"], order["channel"], order["amount_due_cents"], order["paid"]) == (
        "placed",
        "cdt",
        0,
        True,
    )
    assert order["checks_required"] == ["residence", "identity", "family_quotient"]
    (event,) = stage.announced("order_placed")
    assert (event["order_id"], event["channel"]) == (order["id"], "cdt")
    assert "Léa" not in str(event)


def test_the_same_key_answers_the_same_order_with_its_secret_which_is_stored_nowhere(stage: Any) -> None:
    first = stage.order(stage.request("family"), key="k" * 10)
    again = stage.order(stage.request("family"), key="k" * 10)
    assert again == first
    assert len(stage.rows("orders")) == 1
    stored = str(stage.rows("idempotency_keys")) + str(stage.rows("orders")) + str(stage.rows("outbox"))
    assert first["order_secret"] not in stored


def test_an_order_that_was_placed_is_answered_again_after_orders_have_closed(stage: Any, clock: Any) -> None:
    first = stage.order(stage.request("family"), key="k" * 10)
    clock.set(datetime(2021, 8, 1, tzinfo=UTC))
    assert stage.order(stage.request("family"), key="k" * 10) == first


def test_two_partners_with_the_same_key_place_two_orders(stage: Any) -> None:
    first = stage.order(key="same-key", caller=stage.caller("partner", subject="par_1"))
    second = stage.order(key="same-key", caller=stage.caller("partner", subject="par_2"))
    assert first["id"] != second["id"]
    assert len(stage.people.households) == 2


def test_a_key_used_for_another_order_is_refused(stage: Any) -> None:
    stage.order(stage.request("family"), key="same-key")
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        stage.order(stage.request("family_bonus"), key="same-key")


AGAIN = ("invalid_field", "members.1")
MOTHER_AGAIN = {"given_name": "LEA", "family_name": "roux", "birth_date": "1985-05-05"}
TOM = {"given_name": "Tom", "family_name": "Roux", "birth_date": "2012-01-01"}


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"programme": "nowhere"}, "programme_unknown", "programme"),
        ({"card_type": "gold"}, "card_type_unknown", "card_type"),
        ({"members": []}, "household_not_covered", "members"),
        ({"members": [MOTHER_AGAIN]}, "invalid_field", "members.0"),
        ({"members": [TOM, {**TOM, "given_name": "TOM"}]}, "invalid_field", "members.1"),
        ({"card_type": "youth", "holder": {"birth_date": "2000-01-01"}, "members": [TOM, TOM]}, *AGAIN),
        ({"holder": {"birth_date": "2005-01-01"}}, "age_not_covered", "holder.birth_date"),
        ({"holder": {"sex": None}}, "invalid_field", "holder.sex"),
        ({"holder": {"family_name": "สมชาย"}}, "invalid_field", "holder.family_name"),
        ({"holder": {"organisation": "Vent 🌊"}}, "invalid_field", "holder.organisation"),
        ({"channel_note": "x" * 501}, "invalid_field", "channel_note"),
    ],
)
def test_a_refused_order_names_its_field_and_leaves_nothing(
    stage: Any, change: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        stage.order(stage.request(**change))
    assert (refused.value.code, refused.value.field) == (code, field)
    assert stage.rows("orders") == []
    assert stage.people.households == {}


def test_before_the_first_day_orders_are_closed_in_paris_and_open_at_its_midnight(stage: Any) -> None:
    stage.at(datetime(2020, 7, 5, 21, 59, 50, tzinfo=UTC))
    with pytest.raises(Refusal, match="orders_not_open"):
        stage.order()
    stage.at(datetime(2020, 7, 5, 22, 0, 0, tzinfo=UTC))
    assert stage.order()["state"] == "placed"


def test_the_public_site_orders_without_a_credential_and_devices_do_not(stage: Any) -> None:
    assert stage.order(caller=ANONYMOUS)["channel"] == "region_site"
    with pytest.raises(Refusal, match="not_allowed"):
        stage.order(caller=stage.device())


def test_an_order_is_read_by_its_placer_its_holder_officers_and_whoever_has_its_secret(stage: Any) -> None:
    order = stage.order()
    account_id = stage.rows("orders")[0].account_id
    holder = stage.caller("holder", subject=account_id)
    for caller in (stage.caller("partner"), stage.caller("officer"), stage.caller("service"), holder):
        assert get_order(stage, order["id"], caller)["id"] == order["id"]
    assert "order_secret" not in get_order(stage, order["id"], ANONYMOUS, order["order_secret"])


def test_an_order_does_not_exist_for_anybody_else(stage: Any) -> None:
    order = stage.order()
    strangers = (
        ANONYMOUS,
        stage.caller("partner", subject="par_2"),
        stage.caller("holder"),
        stage.caller("office_officer"),
        stage.caller("provider_manager"),
        stage.device(),
    )
    for caller in strangers:
        with pytest.raises(Refusal, match="not_found"):
            get_order(stage, order["id"], caller, "0" * 64)


def test_a_card_is_made_once_whichever_of_approval_and_payment_comes_first(stage: Any) -> None:
    for pays_first in (True, False):
        order = stage.order(stage.request("family"))
        steps = [partial(stage.pay, order["id"], 1500), partial(stage.approve, order["id"])]
        first, second = steps if pays_first else reversed(steps)
        first()
        assert get_order(stage, order["id"], stage.caller("officer"))["card_id"] is None
        second()
        second()
        view = get_order(stage, order["id"], stage.caller("officer"))
        assert (view["state"], view["paid"]) == ("validated", True)
        assert view["card_id"] is not None
    assert len(stage.announced("card_validated")) == len(stage.rows("cards")) == 2


def test_the_card_validated_says_who_and_until_when_and_nothing_printed(stage: Any) -> None:
    card = stage.card()
    (event,) = stage.announced("card_validated")
    assert (event["valid_from"], event["valid_until"]) == ("2020-07-10", "2021-06-30")
    assert (event["persons"], event["replaces"]) == (3, None)
    rows = str(event) + str(stage.rows("outbox")) + str(stage.rows("cards"))
    assert card.number not in rows
    assert card.qr_text not in rows


def test_a_refused_application_ends_the_order_even_when_it_was_paid(stage: Any) -> None:
    order = stage.order(stage.request("family"))
    refusal = ApplicationRefused(
        **stamp(), application_id="app_1", order_id=order["id"], reason_code="not_resident"
    )
    stage.pay(order["id"], 1500)
    with stage.db.transaction() as session:
        validating.note_refusal(session, refusal)
    view = get_order(stage, order["id"], stage.caller("partner"))
    assert (view["state"], view["reason_code"], view["paid"]) == ("refused", "not_resident", True)
    assert stage.rows("cards") == []


def test_an_event_about_an_order_that_is_not_here_yet_is_left_for_a_retry(stage: Any) -> None:
    with pytest.raises(validating.OrderNotKnown):
        stage.approve("ord_unknown")


def test_a_payment_of_another_amount_makes_no_card(stage: Any) -> None:
    order = stage.order(stage.request("family"))
    stage.approve(order["id"])
    with pytest.raises(validating.PaymentMismatch):
        stage.pay(order["id"], 1499)
    assert stage.rows("cards") == []
