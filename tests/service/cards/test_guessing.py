"""Guessing slows down whoever guesses, and never the family whose card it was."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from cards.scan.facts import MAX_GUESSES, MAX_WRONG_CODES
from cards.scan.models import GUESSED
from chassis.calls.caller import Caller
from contracts.refusals import Refusal

SUMMER = datetime(2020, 7, 10, 8, tzinfo=UTC)
NOBODYS = "0" * 16
UNKNOWN_QR = "OCY1:" + "A" * 26


def code_of(stage: Any, scan: Any, device: Caller) -> str:
    """How the desk is refused."""
    with pytest.raises(Refusal) as caught:
        stage.redeem(scan, device=device)
    return caught.value.code


def wrong_code(card: Any) -> str:
    return f"{(int(card.card_code) + 1) % 10_000:04d}"


def typed(stage: Any, card: Any, offer: str, **more: Any) -> Any:
    """The card's number with its code, paying a little from the pot, or as given."""
    return stage.scan(
        card, offer, **{"card": card.number, "card_code": card.card_code, "pay_cents": 100, **more}
    )


def guess_numbers(stage: Any, offer: str, device: Caller) -> None:
    card = stage.card()
    for _ in range(MAX_GUESSES):
        assert code_of(stage, stage.scan(card, offer, card=NOBODYS), device) == "unknown_card"


def test_where_numbers_were_guessed_a_family_goes_on_by_its_qr_code(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    stage.credit(card, 7000)
    guess_numbers(stage, offer, device)
    assert code_of(stage, typed(stage, card, offer), device) == "too_many_attempts"
    assert stage.quote(stage.scan(card, offer, pay_cents=100), device=device)["paid_from_pot_cents"] == 100
    assert stage.redeem(stage.scan(card, offer, pay_cents=100), device=device)["paid_from_pot_cents"] == 100


def test_a_device_that_may_not_type_hears_the_same_of_every_number_that_a_card_could_have(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    guess_numbers(stage, offer, device)
    for number in (card.number, NOBODYS, " ".join(NOBODYS)):
        for pay_cents in (0, 100):
            scan = stage.scan(card, offer, card=number, pay_cents=pay_cents)
            assert code_of(stage, scan, device) == "too_many_attempts"
    assert code_of(stage, stage.scan(card, offer, card=UNKNOWN_QR), device) == "unknown_card"


def test_wrong_codes_for_one_card_after_another_are_guesses_too(stage: Any) -> None:
    offer, device = stage.publish(), stage.device()
    cards = [stage.card() for _ in range(MAX_GUESSES)]
    for card in cards:
        scan = typed(stage, card, offer, card_code=wrong_code(card))
        assert code_of(stage, scan, device) == "card_code_required"
    assert code_of(stage, typed(stage, cards[0], offer), device) == "too_many_attempts"
    for card in cards:
        stage.credit(card, 7000)
        assert stage.redeem(typed(stage, card, offer))["paid_from_pot_cents"] == 100, "at another desk"


def test_qr_texts_that_nobody_has_are_no_guesses(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    stage.credit(card, 7000)
    for _ in range(3 * MAX_GUESSES):
        assert code_of(stage, stage.scan(card, offer, card=UNKNOWN_QR), device) == "unknown_card"
    assert stage.redeem(typed(stage, card, offer), device=device)["paid_from_pot_cents"] == 100


def test_a_stranger_who_tries_codes_rests_only_what_is_typed_to_pay_from_the_pot(stage: Any) -> None:
    card, offer, stranger = stage.card(), stage.publish(), stage.device()
    stage.credit(card, 7000)
    for _ in range(MAX_WRONG_CODES):
        code_of(stage, typed(stage, card, offer, card_code=wrong_code(card)), stranger)
    family = stage.device()
    assert code_of(stage, typed(stage, card, offer), family) == "card_code_required"
    assert stage.redeem(typed(stage, card, offer, pay_cents=0), device=family)["due_cents"] == 3200
    assert stage.redeem(stage.scan(card, offer, pay_cents=200), device=family)["paid_from_pot_cents"] == 200
    stage.at(SUMMER + timedelta(minutes=16))
    assert stage.redeem(typed(stage, card, offer), device=family)["paid_from_pot_cents"] == 100


@pytest.mark.parametrize("code", [None, "wrong"])
def test_without_the_code_a_number_tells_nothing_of_pot_or_offer(stage: Any, code: str | None) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 1250)
    given = code and wrong_code(card)
    for changes in (
        {"pay_cents": 1251},
        {"offer_id": "off_nowhere"},
        {"party": {"adults": 9, "children": 0}},
    ):
        with pytest.raises(Refusal, match="card_code_required") as caught:
            stage.quote(typed(stage, card, offer, card_code=given, **changes))
        assert (caught.value.field, caught.value.details) == ("card_code", {})


def test_guesses_are_counted_over_all_devices(stage: Any) -> None:
    def counted() -> tuple[float, ...]:
        return tuple(
            REGISTRY.get_sample_value("card_guesses_total", {"what": what}) or 0.0
            for what in ("number", "code")
        )

    numbers, codes = counted()
    card, offer = stage.card(), stage.publish()
    for _ in range(3):
        code_of(stage, stage.scan(card, offer, card=NOBODYS), stage.device())
        code_of(stage, stage.scan(card, offer, card=UNKNOWN_QR), stage.device())
    for code in (wrong_code(card), None):
        code_of(stage, typed(stage, card, offer, card_code=code), stage.device())
    assert counted() == (numbers + 3, codes + 1)


def test_guesses_are_found_by_an_index_that_holds_nothing_else(stage: Any) -> None:
    with stage.db.transaction() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        asked = f"device_id = 'dev_1' AND {GUESSED} AND refused_at > now()"
        query = f"SELECT refused_at FROM refused_scans WHERE {asked} ORDER BY refused_at DESC LIMIT 1"  # noqa: S608
        plan = "\n".join(session.scalars(text(f"EXPLAIN {query}")))
    assert "ix_refused_scans_guessed" in plan
    assert "Filter" not in plan
