"""Every "no" of a scan is reachable, says its code, is remembered and leaves nothing else behind."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cards import published, revoking
from chassis.events.outbox import stamp
from contracts.offers import OfferWithdrawn
from contracts.refusals import Refusal, sentence

SUMMER = datetime(2020, 7, 10, 8, tzinfo=UTC)


def refused(stage: Any, code: str, scan: Any, device: Any = None) -> Refusal:
    """Quote and redeem; both must refuse with this code, and both are remembered."""
    before = len(stage.rows("refused_scans"))
    with pytest.raises(Refusal, match=code):
        stage.quote(scan, device=device)
    with pytest.raises(Refusal, match=code) as caught:
        stage.redeem(scan, device=device)
    reasons = [row.reason for row in stage.rows("refused_scans")][before:]
    assert reasons == [code, code]
    assert stage.rows("redemptions") == []
    assert stage.announced("redemption_recorded") == []
    return caught.value


def test_a_card_that_nobody_has_is_unknown_however_it_is_written(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    for shown in ("OCY1:" + "A" * 26, "ocy1:" + "a" * 26, "0" * 16, "0000-0000-0000-0000"):
        refusal = refused(stage, "unknown_card", stage.scan(card, offer, card=shown))
        assert (refusal.field, refusal.details) == ("card", {})


def test_what_can_be_no_cards_is_told_so_and_is_no_guess_however_often(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    stage.credit(card, 7000)
    wrong_digit = card.number[:-1] + str((int(card.number[-1]) + 1) % 10)
    for shown in ("OCY1:nonsense", wrong_digit, card.number[:-1], "3017620422003", "hello"):
        for pay_cents in (0, 100):
            scan = stage.scan(card, offer, card=shown, card_code="0000", pay_cents=pay_cents)
            refusal = refused(stage, "not_a_card_code", scan, device)
            assert refusal.field == "card"
    typed = stage.scan(card, offer, card=card.number, card_code=card.card_code, pay_cents=100)
    assert stage.redeem(typed, device=device)["paid_from_pot_cents"] == 100


def test_a_card_is_not_yet_valid_before_its_first_day(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.at(datetime(2020, 7, 9, 8, tzinfo=UTC))
    refused(stage, "card_not_yet_valid", stage.scan(card, offer))


def test_a_card_is_valid_on_its_last_day_in_paris_and_expired_after_it(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.at(datetime(2021, 6, 30, 22, 0, 1, tzinfo=UTC))
    refused(stage, "card_expired", stage.scan(card, offer))
    stage.at(datetime(2021, 6, 30, 21, 59, tzinfo=UTC))
    assert stage.redeem(stage.scan(card, offer))["net_cents"] == 3200


def test_a_revoked_card_is_refused(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    with stage.db.transaction() as session:
        revoking.revoke_card(
            session,
            stage.caller("officer"),
            stage.programmes,
            idempotency_key="revoke-it",
            card_id=card.id,
            reason="lost",
        )
    refused(stage, "card_revoked", stage.scan(card, offer))


def test_an_offer_that_was_never_heard_of_is_unknown(stage: Any) -> None:
    refused(stage, "offer_unknown", stage.scan(stage.card(), "off_nowhere"))


def test_an_offer_out_of_season_is_not_open(stage: Any) -> None:
    offer = stage.publish(season=[{"from": "08-01", "to": "08-31"}])
    refused(stage, "offer_not_open", stage.scan(stage.card(), offer))


def test_a_withdrawn_offer_is_not_open_even_when_its_publication_comes_last(stage: Any) -> None:
    with stage.db.transaction() as session:
        published.withdraw_offer(session, OfferWithdrawn(**stamp(), offer_id="off_1", version=2))
    stage.publish(offer_id="off_1", version=1)
    refused(stage, "offer_not_open", stage.scan(stage.card(), "off_1"))


@pytest.mark.parametrize("device", [{"provider_id": "prv_2"}, {"site_id": "sit_2"}])
def test_another_providers_or_sites_offer_is_not_available_here(stage: Any, device: dict[str, str]) -> None:
    scan = stage.scan(stage.card(), stage.publish())
    refused(stage, "wrong_provider", scan, stage.device(**device))


@pytest.mark.parametrize("terms", [{"card_types": ["youth"]}, {"programme": "passresot66"}])
def test_an_offer_for_other_cards_does_not_cover_this_one(stage: Any, terms: dict[str, Any]) -> None:
    refused(stage, "card_type_not_covered", stage.scan(stage.card(), stage.publish(**terms)))


@pytest.mark.parametrize(
    ("terms", "party", "covered"),
    [
        # The household is one adult and two children, whatever the card type would allow.
        ({}, {"adults": 2, "children": 0}, {"max_adults": 1, "max_children": 2}),
        ({}, {"adults": 1, "children": 3}, {"max_adults": 1, "max_children": 2}),
        ({"max_children": 1}, {"adults": 1, "children": 2}, {"max_adults": 1, "max_children": 1}),
        ({"audience": "holder"}, {"adults": 1, "children": 1}, {"max_adults": 1, "max_children": 0}),
    ],
)
def test_more_people_than_are_covered_are_refused(
    stage: Any, terms: dict[str, Any], party: dict[str, int], covered: dict[str, int]
) -> None:
    refusal = refused(
        stage, "party_not_covered", stage.scan(stage.card(), stage.publish(**terms), party=party)
    )
    assert refusal.details == covered


def test_a_price_below_the_offers_minimum_is_refused(stage: Any) -> None:
    offer = stage.publish(minimum_gross_cents=3000)
    refusal = refused(stage, "minimum_not_reached", stage.scan(stage.card(), offer, gross_cents=2999))
    assert refusal.details == {"minimum_gross_cents": 3000}


def test_a_pot_pays_only_where_offer_and_pot_allow_it(stage: Any) -> None:
    card = stage.card()
    stage.credit(card, 7000, categories=["campsites"])
    refused(stage, "pot_not_accepted", stage.scan(card, stage.publish(pot_accepted=False), pay_cents=1))
    paid = stage.card(stage.request("youth", holder={"birth_date": "2000-01-01"}, members=[]))
    youth = stage.publish(card_types=["youth"], audience="holder")
    alone = {"adults": 1, "children": 0}
    refused(stage, "pot_not_accepted", stage.scan(paid, youth, party=alone, pay_cents=1))


def test_a_pot_is_closed_the_day_after_its_last_before_any_sweeper(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 7000)
    stage.at(datetime(2020, 11, 15, 23, 0, 1, tzinfo=UTC))
    refusal = refused(stage, "pot_closed", stage.scan(card, offer, pay_cents=100))
    assert refusal.details == {"spend_until": "2020-11-15"}


def test_a_pot_that_holds_too_little_says_what_is_left(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 1250)
    refusal = refused(stage, "pot_insufficient", stage.scan(card, offer, pay_cents=1251))
    assert refusal.details == {"remaining_cents": 1250}
    assert stage.left_cents() == 1250


def test_more_than_the_price_cannot_be_paid(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 7000)
    refusal = refused(stage, "invalid_field", stage.scan(card, offer, pay_cents=3201))
    assert refusal.field == "pay_cents"


def test_a_time_far_from_ours_is_refused(stage: Any) -> None:
    late = (SUMMER - timedelta(hours=1)).isoformat()
    refusal = refused(stage, "invalid_field", stage.scan(stage.card(), stage.publish(), occurred_at=late))
    assert refusal.field == "occurred_at"


def test_a_number_pays_only_with_the_vouchers_code(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 7000)
    wrong = f"{(int(card.card_code) + 1) % 10_000:04d}"
    for code in (None, wrong):
        scan = stage.scan(card, offer, card=card.number, card_code=code, pay_cents=100)
        refused(stage, "card_code_required", scan)
    assert [row.wrong_code for row in stage.rows("refused_scans")] == [False, False, True, True]
    answer = stage.redeem(stage.scan(card, offer, card=card.number, card_code=card.card_code, pay_cents=100))
    assert answer["paid_from_pot_cents"] == 100


def test_a_number_that_pays_nothing_needs_no_code(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    typed = " ".join(card.number[i : i + 4] for i in range(0, 16, 4))
    assert stage.redeem(stage.scan(card, offer, card=typed))["due_cents"] == 3200


def test_after_five_wrong_codes_the_number_rests_and_the_qr_code_still_pays(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 7000)
    wrong = f"{(int(card.card_code) + 1) % 10_000:04d}"
    for _ in range(5):
        with pytest.raises(Refusal, match="card_code_required"):
            stage.redeem(stage.scan(card, offer, card=card.number, card_code=wrong, pay_cents=100))
    right = stage.scan(card, offer, card=card.number, card_code=card.card_code, pay_cents=100)
    with pytest.raises(Refusal, match="card_code_required") as caught:
        stage.redeem(right)
    assert 800 <= caught.value.details["retry_after_s"] <= 900
    assert stage.redeem(stage.scan(card, offer, pay_cents=200))["paid_from_pot_cents"] == 200
    stage.at(SUMMER + timedelta(minutes=16))
    assert stage.redeem(right)["paid_from_pot_cents"] == 100


def test_a_device_that_guesses_is_slowed_down_even_when_it_guesses_right(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    for _ in range(10):
        with pytest.raises(Refusal, match="unknown_card"):
            stage.redeem(stage.scan(card, offer, card="0" * 16), device=device)
    for shown in ("0" * 16, card.number):
        with pytest.raises(Refusal, match="too_many_attempts") as caught:
            stage.redeem(stage.scan(card, offer, card=shown), device=device)
        assert 200 <= caught.value.details["retry_after_s"] <= 300
        said = sentence(caught.value.code, caught.value.details)
        assert said.fr.endswith(" secondes. Le QR code du bon reste accepté.")
        assert said.en.endswith(" seconds. The voucher’s QR code still works.")
    with pytest.raises(Refusal, match="not_a_card_code"):
        stage.redeem(stage.scan(card, offer, card="1234"), device=device)
    assert stage.redeem(stage.scan(card, offer))["net_cents"] == 3200
    stage.at(SUMMER + timedelta(minutes=6))
    assert stage.redeem(stage.scan(card, offer, gross_cents=5000), device=device)["net_cents"] == 4000


def test_a_key_used_for_another_scan_is_refused_and_remembered(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    stage.redeem(stage.scan(card, offer), device=device, key="same-key")
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        stage.redeem(stage.scan(card, offer, gross_cents=4001), device=device, key="same-key")
    assert [row.reason for row in stage.rows("refused_scans")] == ["idempotency_key_reused"]


def test_only_devices_scan(stage: Any) -> None:
    scan = stage.scan(stage.card(), stage.publish())
    for role, code in (
        ("anonymous", "not_authenticated"),
        ("officer", "not_allowed"),
        ("service", "not_allowed"),
    ):
        with pytest.raises(Refusal, match=code):
            stage.redeem(scan, device=stage.caller(role))


def test_a_refused_key_may_be_used_again_once_the_cause_is_mended(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    scan = stage.scan(card, offer, pay_cents=1000)
    with pytest.raises(Refusal, match="pot_insufficient"):
        stage.redeem(scan, device=device, key="same-key")
    stage.credit(card, 7000)
    assert stage.redeem(scan, device=device, key="same-key")["pot_remaining_cents"] == 6000
