"""Accepted scans: what they answer, record and announce; once each, whatever comes twice or at once."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from chassis.database.engine import Database, is_transient
from chassis.database.idempotency import request_hash
from contracts.refusals import Refusal

SUMMER = datetime(2020, 7, 10, 8, tzinfo=UTC)
THREADS = 32


def at_once(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run every call in a thread of its own; a refusal counts as its answer.

    Where a lock is waited for too long a caller hears `try_again` and does so, as here.
    """

    def run(call: Callable[[], Any]) -> Any:
        while True:
            try:
                return call()
            except Refusal as refusal:
                return refusal
            except DBAPIError as error:
                if not is_transient(error):
                    raise

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_a_scan_answers_the_price_and_who_the_card_is_for(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 7000)
    answer = stage.redeem(stage.scan(card, offer, pay_cents=1000))
    assert {key: answer[key] for key in answer if key not in ("id", "recorded_at", "occurred_at")} == {
        "reduction_cents": 800,
        "net_cents": 3200,
        "paid_from_pot_cents": 1000,
        "due_cents": 2200,
        "pot_remaining_cents": 6000,
        "holder": {
            "first_name": "Léa",
            "age_band": "26–39",
            "party_covered": {"adults": 1, "children": 2},
        },
        "already_counted": False,
        "message": None,
    }
    assert stage.left_cents() == 6000


def test_a_scan_announces_all_that_its_readers_need(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    credit = stage.credit(card, 7000)
    answer = stage.redeem(stage.scan(card, offer, pay_cents=1000))
    (event,) = stage.announced("redemption_recorded")
    assert event["redemption_id"] == answer["id"]
    assert event["draws"] == [{"pot_id": credit.pot_id, "amount_cents": 1000}]
    assert (event["card_id"], event["household_id"]) == (card.id, card.household_id)
    assert (event["provider_id"], event["site_id"], event["offer_id"]) == ("prv_1", "sit_1", offer)
    assert event["gross_cents"] - event["reduction_cents"] == event["net_cents"] == 3200
    assert event["paid_from_pot_cents"] + event["due_cents"] == event["net_cents"]
    assert event["redeemed_at"] == event["visited_at"] == answer["recorded_at"] == answer["occurred_at"]


def test_a_quote_says_the_same_price_and_changes_nothing(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    stage.credit(card, 7000)
    scan = stage.scan(card, offer, pay_cents=1000)
    quote = stage.quote(scan, device=device)
    assert stage.rows("redemptions") == []
    assert stage.left_cents() == 7000
    answer = stage.redeem(scan, device=device)
    assert {**answer, "id": None, "recorded_at": None, "occurred_at": None} == quote


def test_two_pots_pay_together_the_one_that_ends_first_before(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    late = stage.credit(card, 1000, pot_code="later", spend_until="2020-12-31")
    soon = stage.credit(card, 700)
    answer = stage.redeem(stage.scan(card, offer, pay_cents=900))
    (event,) = stage.announced("redemption_recorded")
    assert event["draws"] == [
        {"pot_id": soon.pot_id, "amount_cents": 700},
        {"pot_id": late.pot_id, "amount_cents": 200},
    ]
    assert answer["pot_remaining_cents"] == stage.left_cents() == 800


def test_a_replayed_key_gets_the_stored_answer_to_the_letter_however_late(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    scan = stage.scan(card, offer, occurred_at=SUMMER.isoformat())
    first = stage.redeem(scan, device=device, key="same-key")
    stage.at(SUMMER + timedelta(days=500))
    again = stage.redeem(scan, device=device, key="same-key")
    assert json.dumps(again) == json.dumps(first)
    assert len(stage.rows("redemptions")) == len(stage.announced("redemption_recorded")) == 1


def test_a_second_read_within_seconds_is_told_kindly_that_it_was_counted(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    stage.credit(card, 7000)
    scan = stage.scan(card, offer, pay_cents=1000)
    first = stage.redeem(scan, device=device)
    stage.at(SUMMER + timedelta(seconds=4))
    second = stage.redeem(scan, device=device)
    assert second["already_counted"]
    assert not first["already_counted"]
    assert second["message"]["fr"].startswith("Déjà compté il y a")
    same = ("id", "recorded_at", "net_cents", "paid_from_pot_cents", "pot_remaining_cents", "holder")
    assert [second[key] for key in same] == [first[key] for key in same]
    assert stage.quote(scan, device=device)["already_counted"]
    assert len(stage.rows("redemptions")) == 1
    assert stage.left_cents() == 6000


@pytest.mark.parametrize(
    ("seconds", "change", "site_id"),
    [
        (11, {}, "sit_1"),
        (4, {"gross_cents": 4001}, "sit_1"),
        (4, {"party": {"adults": 1, "children": 1}}, "sit_1"),
        (4, {"pay_cents": 999}, "sit_1"),
        (4, {"second_visit": True}, "sit_1"),
        (4, {}, "sit_2"),
    ],
)
def test_a_later_or_different_scan_is_another_use(
    stage: Any, seconds: int, change: dict[str, Any], site_id: str
) -> None:
    card, offer, device = stage.card(), stage.publish(site_ids=["sit_1", "sit_2"]), stage.device()
    stage.credit(card, 7000)
    scan = stage.scan(card, offer, pay_cents=1000)
    first = stage.redeem(scan, device=device)
    stage.at(SUMMER + timedelta(seconds=seconds))
    second = stage.redeem({**scan, **change}, device=stage.device(site_id=site_id))
    assert second["id"] != first["id"]
    assert not second["already_counted"]


def test_a_scan_after_a_cancelled_one_is_no_repeat(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    first = stage.redeem(stage.scan(card, offer), device=device)
    stage.cancel(first["id"], device)
    assert stage.redeem(stage.scan(card, offer), device=device)["id"] != first["id"]


def test_of_32_scans_at_once_on_a_pot_for_10_exactly_10_are_accepted(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 10 * 100)
    scan = stage.scan(card, offer, pay_cents=100, second_visit=True)
    answers = at_once([lambda: stage.redeem(scan) for _ in range(THREADS)])
    outcomes = Counter(a.code if isinstance(a, Refusal) else "accepted" for a in answers)
    assert outcomes == {"accepted": 10, "pot_insufficient": 22}
    assert stage.left_cents() == 0
    assert len(stage.rows("redemption_draws")) == len(stage.announced("redemption_recorded")) == 10


def test_cards_of_one_household_at_once_never_overspend_their_pots(stage: Any, owner_database: Any) -> None:
    cards = [stage.card() for _ in range(4)]
    for table in ("orders", "cards"):
        with owner_database("cards").transaction() as session:
            session.connection().exec_driver_sql(f"UPDATE {table} SET household_id = 'hh_same'")  # noqa: S608
    cards = [stage.printed(id=card.id) for card in cards]
    offer = stage.publish()
    stage.credit(cards[0], 550)
    stage.credit(cards[0], 450, pot_code="later", spend_until="2020-12-31")
    scans = [stage.scan(card, offer, pay_cents=100, second_visit=True) for card in cards * 4]
    calls = [partial(stage.redeem, scan) for scan in scans]
    outcomes = Counter(a.code if isinstance(a, Refusal) else "accepted" for a in at_once(calls))
    assert outcomes == {"accepted": 10, "pot_insufficient": 6}
    assert stage.left_cents() == 0


def test_32_posts_of_one_key_make_one_redemption_and_32_equal_answers(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    stage.credit(card, 7000)
    scan = stage.scan(card, offer, pay_cents=100)
    answers = at_once([lambda: stage.redeem(scan, device=device, key="same-key") for _ in range(THREADS)])
    assert len({json.dumps(answer) for answer in answers}) == 1
    assert len(stage.rows("redemptions")) == 1
    assert stage.left_cents() == 6900


def test_one_key_on_two_cards_at_once_counts_one_and_leaves_nothing_of_the_other(stage: Any) -> None:
    offer, device = stage.publish(), stage.device()
    cards = [stage.card() for _ in range(8)]
    for card in cards:
        stage.credit(card, 7000)
    scans = [stage.scan(card, offer, pay_cents=100) for card in cards]
    answers = at_once([partial(stage.redeem, scan, device=device, key="one-key") for scan in scans])
    outcomes = Counter(a.code if isinstance(a, Refusal) else "accepted" for a in answers)
    assert outcomes == {"accepted": 1, "idempotency_key_reused": 7}
    assert len(stage.rows("redemptions")) == len(stage.announced("redemption_recorded")) == 1
    assert stage.left_cents() == 8 * 7000 - 100


def test_a_used_key_is_told_so_even_where_no_card_is_known(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    scan = stage.scan(card, offer)
    stage.redeem(scan, device=device, key="one-key")
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        stage.redeem({**scan, "card": "OCY1:" + "A" * 26}, device=device, key="one-key")


def written_otherwise(card: Any) -> list[str]:
    """The card's number and QR text as readers and hands write them."""
    groups = [card.number[start : start + 4] for start in range(0, 16, 4)]
    numbers = [separator.join(groups) for separator in ("", " ", "-", "\u2011", ".", "\u202f", "\u200e")]
    return [*numbers, card.qr_text, f"]Q1{card.qr_text.lower()}\r\n", f"\ufeff{card.qr_text}\t"]


def test_a_card_is_found_however_its_number_or_qr_text_is_written(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    for gross_cents, shown in enumerate(written_otherwise(card), start=4000):
        stage.redeem(stage.scan(card, offer, card=shown, gross_cents=gross_cents))
    assert {row.card_id for row in stage.rows("redemptions")} == {card.id}


def test_the_same_key_with_the_card_written_otherwise_is_the_same_request(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    stage.credit(card, 7000)
    written = written_otherwise(card)
    for medium, forms, pay_cents in (("number", written[:7], 100), ("qr", written[7:], 200)):
        scans = [
            stage.scan(card, offer, card=form, card_code=f" {card.card_code} ", pay_cents=pay_cents)
            for form in forms
        ]
        scans.append({**scans[0], "card_code": card.card_code})
        answers = [stage.redeem(scan, device=device, key=f"key-of-{medium}") for scan in scans]
        assert len({json.dumps(answer) for answer in answers}) == 1
    assert [row.medium for row in stage.rows("redemptions")] == ["number", "qr"]
    assert stage.left_cents() == 6700
    with pytest.raises(Refusal, match="idempotency_key_reused"):
        stage.redeem(stage.scan(stage.card(), offer, pay_cents=200), device=device, key="key-of-qr")


def test_what_an_earlier_release_kept_under_the_request_as_sent_is_answered_again(
    stage: Any, owner_database: Callable[[str], Database]
) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    scan = stage.scan(card, offer, card=" ".join(card.number))
    first = stage.redeem(scan, device=device, key="one-key")
    with owner_database("cards").transaction() as session:
        kept = {"sent": request_hash("redeem", dict(scan)), "key": "one-key"}
        session.execute(text("UPDATE idempotency_keys SET request_hash = :sent WHERE key = :key"), kept)
    assert stage.redeem(scan, device=device, key="one-key") == first
    assert len(stage.rows("redemptions")) == 1


def test_a_second_read_keeps_its_answer_under_its_own_key(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    scan = stage.scan(card, offer)
    stage.redeem(scan, device=device, key="first-key")
    repeat = stage.redeem(scan, device=device, key="second-key")
    stage.at(SUMMER + timedelta(hours=1))
    again = stage.redeem(scan, device=device, key="second-key")
    assert repeat["already_counted"]
    assert json.dumps(again) == json.dumps(repeat)


def test_wrong_codes_sent_all_at_once_are_counted_one_by_one(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 7000)
    wrong = f"{(int(card.card_code) + 1) % 10_000:04d}"
    scan = stage.scan(card, offer, card=card.number, card_code=wrong, pay_cents=100)
    answers = at_once([lambda: stage.redeem(scan) for _ in range(16)])
    assert {answer.code for answer in answers} == {"card_code_required"}
    assert sum(row.wrong_code for row in stage.rows("refused_scans")) == 5


def staff_pass(stage: Any, card_type: str = "staff", **holder: Any) -> Any:
    """A PassResOT66, ordered at the tourist office."""
    holder = {"organisation": "OT de Collioure", "birth_date": "1990-01-01", **holder}
    return stage.card(stage.request(card_type, programme="passresot66", holder=holder, members=[]))


def free_entry(stage: Any, **terms: Any) -> str:
    """A site's free entry for the holder of a PassResOT66."""
    usual = {
        "programme": "passresot66",
        "card_types": ["staff", "seasonal"],
        "audience": "holder",
        "kind": "free",
        "percent": None,
        "pot_accepted": False,
    }
    return str(stage.publish(**{**usual, **terms}))


ALONE = {"adults": 1, "children": 0}


def test_a_staff_pass_enters_free_once_a_site_and_year(stage: Any) -> None:
    card, offer = staff_pass(stage), free_entry(stage, site_ids=["sit_1", "sit_2"])
    scan = stage.scan(card, offer, party=ALONE, gross_cents=900)
    assert stage.redeem(scan)["due_cents"] == 0
    assert stage.redeem(scan)["already_counted"]
    with pytest.raises(Refusal, match="usage_limit_reached") as refused:
        stage.redeem({**scan, "second_visit": True})
    assert refused.value.details == {"limit": "once_a_year", "max_uses": 1, "window": "year"}
    with pytest.raises(Refusal, match="usage_limit_reached"):
        stage.redeem(stage.scan(card, free_entry(stage), party=ALONE, gross_cents=900))
    assert stage.redeem(scan, device=stage.device(site_id="sit_2"))["due_cents"] == 0
    stage.at(datetime(2020, 12, 31, 23, 0, 1, tzinfo=UTC))
    assert stage.redeem(scan)["due_cents"] == 0


def test_a_cancelled_use_does_not_count_towards_a_limit(stage: Any) -> None:
    card, offer = staff_pass(stage), free_entry(stage)
    scan = stage.scan(card, offer, party=ALONE, gross_cents=900)
    stage.cancel(stage.redeem(scan)["id"])
    assert stage.redeem(scan)["due_cents"] == 0


def test_of_many_scans_at_once_a_usage_limit_lets_one_pass(stage: Any) -> None:
    card, offer = staff_pass(stage), free_entry(stage)
    scan = stage.scan(card, offer, party=ALONE, gross_cents=900, second_visit=True)
    answers = at_once([lambda: stage.redeem(scan) for _ in range(THREADS)])
    outcomes = Counter(a.code if isinstance(a, Refusal) else "accepted" for a in answers)
    assert outcomes == {"accepted": 1, "usage_limit_reached": THREADS - 1}


def test_a_staff_pass_is_for_its_holder_alone_even_a_trainee(stage: Any) -> None:
    card, offer = staff_pass(stage, birth_date="2003-01-01"), free_entry(stage)
    with pytest.raises(Refusal, match="party_not_covered"):
        stage.redeem(stage.scan(card, offer, party={"adults": 1, "children": 1}, gross_cents=900))
    assert stage.redeem(stage.scan(card, offer, party=ALONE, gross_cents=900))["due_cents"] == 0


def test_a_seasonal_pass_ends_with_the_contract_and_a_permanent_one_after_a_year(stage: Any) -> None:
    offer = free_entry(stage)
    seasonal = staff_pass(stage, "seasonal", contract_end="2020-09-30")
    permanent = staff_pass(stage)
    stage.at(datetime(2020, 9, 30, 21, 0, tzinfo=UTC))
    stage.redeem(stage.scan(seasonal, offer, party=ALONE))
    stage.at(datetime(2020, 9, 30, 22, 1, tzinfo=UTC))
    with pytest.raises(Refusal, match="card_expired"):
        stage.redeem(stage.scan(seasonal, offer, party=ALONE))
    stage.at(datetime(2021, 7, 9, 12, 0, tzinfo=UTC))
    stage.redeem(stage.scan(permanent, offer, party=ALONE))
    stage.at(datetime(2021, 7, 10, 12, 0, tzinfo=UTC))
    with pytest.raises(Refusal, match="card_expired"):
        stage.redeem(stage.scan(permanent, offer, party=ALONE))
