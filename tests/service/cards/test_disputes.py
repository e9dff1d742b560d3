"""ADR 0043: "that wasn't me" locks the household's pots, not its card, until an officer has decided, once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from cards import reading
from cards.disputes import finding
from cards.disputes.opening import DISPUTE_DAYS
from cards.pots import closing
from cards.scan import cancelling, facts
from cards.scan.desk import PotAtDesk
from chassis.clock import rfc3339
from contracts.refusals import Refusal
from tests.service.cards.meeting import Meeting, answer_of

SUMMER = datetime(2020, 7, 10, 8, tzinfo=UTC)


@pytest.fixture
def offer(stage: Any) -> str:
    offer_id: str = stage.publish()
    return offer_id


@pytest.fixture
def card(stage: Any) -> Any:
    card = stage.card()
    stage.credit(card, 1000)
    return card


@pytest.fixture
def visit(stage: Any, card: Any, offer: str) -> str:
    redemption_id: str = stage.redeem(stage.scan(card, offer, pay_cents=600))["id"]
    return redemption_id


def pots_of(stage: Any, card: Any) -> Any:
    caller = stage.caller("holder", subject=card.account_id)
    with stage.db.transaction() as session:
        return reading.get_pots(session, caller, stage.programmes, card_id=card.id)


def queue(stage: Any, state: Any = "open", cursor: str | None = None, limit: int = 50, **who: Any) -> Any:
    with stage.db.transaction() as session:
        caller = stage.caller("officer", **who)
        return finding.find_disputes(session, caller, state=state, cursor=cursor, limit=limit)


def refusal(act: Callable[[], Any]) -> Refusal:
    answer = answer_of(act)
    assert isinstance(answer, Refusal), f"not refused: {answer}"
    return answer


def pays(stage: Any, card: Any, offer: str, pay_cents: int = 1, **fields: Any) -> str:
    asked = stage.scan(card, offer, pay_cents=pay_cents, second_visit=True, **fields)
    answer = answer_of(lambda: stage.redeem(asked))
    return answer.code if isinstance(answer, Refusal) else "accepted"


# --- opening ---


def test_a_disputed_visit_locks_the_pot_and_not_the_card(
    stage: Any, card: Any, offer: str, visit: str
) -> None:
    dispute = stage.dispute(card, visit, note="Nous étions à Foix.")
    (pot,) = pots_of(stage, card)["pots"]
    assert dispute == {
        "id": dispute["id"],
        "redemption_id": visit,
        "state": "open",
        "opened_at": dispute["opened_at"],
        "decided_at": None,
        "redemption_cancelled_at": None,
        "not_cancelled_because": None,
        "locked_pot_ids": [pot["id"]],
    }
    assert dispute["id"].startswith("dsp_")
    assert (pot["locked"], pot["closed"], pot["remaining_cents"]) == (True, False, 400)

    paying = stage.scan(card, offer, pay_cents=400)
    for ask in (stage.quote, stage.redeem):
        refused = refusal(lambda ask=ask: ask(paying))  # type: ignore[misc]
        assert (refused.code, refused.field) == ("pot_locked", "pay_cents")
    without = stage.redeem(stage.scan(card, offer))
    assert (without["already_counted"], without["reduction_cents"], without["due_cents"]) == (
        False,
        800,
        3200,
    )
    assert stage.left_cents() == 400


def test_a_visit_without_the_pot_locks_it_too(stage: Any, card: Any, offer: str) -> None:
    visit = stage.redeem(stage.scan(card, offer))
    stage.dispute(card, visit["id"])
    assert pays(stage, card, offer) == "pot_locked"


def test_there_is_one_dispute_of_a_visit_whatever_the_key(stage: Any, card: Any, visit: str) -> None:
    first = stage.dispute(card, visit, idempotency_key="key-1")
    assert stage.dispute(card, visit, idempotency_key="key-1") == first
    assert stage.dispute(card, visit, note="Encore moi.") == first
    assert len(stage.rows("disputes")) == 1
    stage.decide(first["id"], "rejected")
    again = stage.dispute(card, visit)
    assert (again["id"], again["state"], again["locked_pot_ids"]) == (first["id"], "rejected", [])


def test_what_a_scan_answered_under_its_key_it_answers_while_the_pot_is_locked(
    stage: Any, card: Any, offer: str
) -> None:
    device, scan = stage.device(), stage.scan(card, offer, pay_cents=600)
    first = stage.redeem(scan, device=device, key="one-key")
    stage.dispute(card, first["id"])
    assert stage.redeem(scan, device=device, key="one-key") == first
    # The desk reads the same card again within seconds: nothing is drawn.
    assert stage.redeem(scan, device=device)["already_counted"]


def test_only_the_holder_of_the_household_disputes(stage: Any, card: Any, visit: str) -> None:
    others = stage.card()
    assert refusal(lambda: stage.dispute(others, visit)).code == "not_found"
    assert refusal(lambda: stage.dispute(card, "red_none")).code == "not_found"
    with stage.db.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM allowances WHERE locked_at IS NOT NULL")) == 0


def test_a_cancelled_visit_needs_no_dispute(stage: Any, card: Any, offer: str, visit: str) -> None:
    stage.cancel(visit)
    assert refusal(lambda: stage.dispute(card, visit)).code == "redemption_cancelled"
    assert pays(stage, card, offer) == "accepted"


def test_a_visit_is_disputed_within_sixty_days_of_its_recording(stage: Any, card: Any, visit: str) -> None:
    late = SUMMER + timedelta(days=DISPUTE_DAYS)
    stage.at(late + timedelta(seconds=1))
    refused = refusal(lambda: stage.dispute(card, visit))
    assert (refused.code, refused.details) == ("dispute_too_late", {"max_days": 60})
    stage.at(late)
    assert stage.dispute(card, visit)["state"] == "open"
    # Who asks again hears of it, however late.
    stage.at(late + timedelta(days=1))
    assert stage.dispute(card, visit)["state"] == "open"


@pytest.mark.parametrize("note", ["", "x" * 501, "a\0b"])
def test_a_note_is_of_bounded_length(stage: Any, card: Any, visit: str, note: str) -> None:
    refused = refusal(lambda: stage.dispute(card, visit, note=note))
    assert (refused.code, refused.field) == ("invalid_field", "note")


# --- what a lock does and does not stop ---


def test_another_household_pays_as_ever(stage: Any, card: Any, offer: str, visit: str) -> None:
    others = stage.card()
    stage.credit(others, 1000)
    stage.dispute(card, visit)
    assert pays(stage, others, offer, 1000) == "accepted"


def test_a_visit_of_before_the_dispute_that_is_heard_of_late_is_paid(
    stage: Any, card: Any, offer: str, visit: str
) -> None:
    stage.at(SUMMER + timedelta(minutes=5))
    opened_at = stage.dispute(card, visit)["opened_at"]
    stage.at(SUMMER + timedelta(minutes=10))
    before, since = {"occurred_at": rfc3339(SUMMER + timedelta(minutes=5))}, {"occurred_at": opened_at}
    assert pays(stage, card, offer, 100, **since) == "pot_locked"
    assert pays(stage, card, offer, 100, **before) == "accepted"
    assert stage.left_cents() == 300


def test_credits_reversals_and_expiry_go_on(stage: Any, card: Any, offer: str, visit: str) -> None:
    other = stage.redeem(stage.scan(card, offer, pay_cents=100))["id"]
    stage.dispute(card, visit)
    pot_id = stage.rows("allowances")[0].pot_id
    stage.credit(card, 500, pot_id=pot_id)
    stage.cancel(other, stage.caller("officer"))
    stage.reverse(other, stage.announced("redemption_cancelled")[0]["draws"])
    assert stage.left_cents() == 300 + 500 + 100
    assert pays(stage, card, offer) == "pot_locked"
    stage.at(datetime(2020, 11, 16, 8, tzinfo=UTC))
    assert closing.close_pots(stage.db.transaction, stage.programmes.values()) == 1
    assert stage.left_cents() == 0


def test_a_pot_that_is_credited_while_a_dispute_is_open_waits_with_the_others(
    stage: Any, card: Any, offer: str, visit: str
) -> None:
    dispute = stage.dispute(card, visit)
    later = stage.credit(card, 500, pot_code="departement")
    assert later.pot_id in stage.dispute(card, visit)["locked_pot_ids"]
    assert pays(stage, card, offer) == "pot_locked"
    assert stage.decide(dispute["id"], "rejected")["locked_pot_ids"] == []
    assert pays(stage, card, offer, 900) == "accepted"


def test_the_statement_that_draws_looks_at_the_lock_itself(
    stage: Any, card: Any, offer: str, visit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Were the rule to overlook it, the guard would not: the lock is judged twice over."""
    stage.dispute(card, visit)
    read = facts._read_pot

    def read_unlocked(pot: Any, visit: Any) -> PotAtDesk:
        return read({**pot, "locked_at": None}, visit)

    monkeypatch.setattr(facts, "_read_pot", read_unlocked)
    assert pays(stage, card, offer) == "try_again"
    assert stage.left_cents() == 400
    assert len(stage.rows("redemptions")) == 1


# --- deciding ---


def test_an_upheld_dispute_cancels_the_redemption_and_unlocks_the_pot(
    stage: Any, card: Any, offer: str, visit: str
) -> None:
    dispute = stage.dispute(card, visit)
    decided = stage.decide(dispute["id"], "upheld", note="QR photographié")
    assert decided["state"] == "upheld"
    assert (decided["locked_pot_ids"], decided["not_cancelled_because"]) == ([], None)
    (cancelled,) = stage.announced("redemption_cancelled")
    assert (cancelled["redemption_id"], cancelled["paid_from_pot_cents"]) == (visit, 600)
    assert cancelled["cancelled_at"] == decided["redemption_cancelled_at"]
    # The money comes back as of any cancellation: once the wallet has reversed it.
    assert stage.left_cents() == 400
    stage.reverse(visit, cancelled["draws"])
    assert stage.left_cents() == 1000
    assert pays(stage, card, offer, 1000) == "accepted"


def test_a_rejected_dispute_lets_the_redemption_stand(stage: Any, card: Any, offer: str, visit: str) -> None:
    decided = stage.decide(stage.dispute(card, visit)["id"], "rejected")
    assert (decided["state"], decided["redemption_cancelled_at"]) == ("rejected", None)
    assert stage.announced("redemption_cancelled") == []
    assert pays(stage, card, offer, 400) == "accepted"


def test_the_pot_stays_locked_while_another_dispute_is_open(
    stage: Any, card: Any, offer: str, visit: str
) -> None:
    other = stage.redeem(stage.scan(card, offer))["id"]
    first = stage.dispute(card, visit)
    stage.at(SUMMER + timedelta(minutes=5))
    second = stage.dispute(card, other)
    assert stage.decide(first["id"], "rejected")["locked_pot_ids"] == first["locked_pot_ids"]
    assert pays(stage, card, offer) == "pot_locked"
    # Since the one that is open, not since the one that was decided.
    (pot,) = stage.rows("allowances")
    assert rfc3339(pot.locked_at) == second["opened_at"]
    assert stage.decide(second["id"], "rejected")["locked_pot_ids"] == []
    assert pays(stage, card, offer) == "accepted"


def test_a_dispute_is_decided_once(stage: Any, card: Any, visit: str) -> None:
    dispute = stage.dispute(card, visit)
    decided = stage.decide(dispute["id"], "rejected", idempotency_key="key-1")
    assert stage.decide(dispute["id"], "rejected", idempotency_key="key-1") == decided
    stage.at(SUMMER + timedelta(minutes=5))
    assert stage.decide(dispute["id"], "rejected") == decided
    assert refusal(lambda: stage.decide(dispute["id"], "upheld")).code == "already_decided"
    assert stage.announced("redemption_cancelled") == []


def test_what_was_cancelled_meanwhile_may_be_upheld(stage: Any, card: Any, visit: str) -> None:
    dispute = stage.dispute(card, visit)
    cancelled = stage.cancel(visit)
    stage.at(SUMMER + timedelta(minutes=5))
    assert stage.decide(dispute["id"], "upheld")["redemption_cancelled_at"] == cancelled["cancelled_at"]
    assert len(stage.announced("redemption_cancelled")) == 1


def test_what_can_no_longer_be_cancelled_is_decided_all_the_same_and_says_why(
    stage: Any, card: Any, offer: str, visit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def settled(*_: Any) -> None:
        raise Refusal("cancellation_too_late")

    dispute = stage.dispute(card, visit)
    monkeypatch.setattr(cancelling, "_check_in_time", settled)
    decided = stage.decide(dispute["id"], "upheld")
    assert (decided["state"], decided["redemption_cancelled_at"]) == ("upheld", None)
    assert decided["not_cancelled_because"] == "cancellation_too_late"
    assert queue(stage, "upheld")["disputes"][0]["not_cancelled_because"] == "cancellation_too_late"
    assert stage.announced("redemption_cancelled") == []
    assert pays(stage, card, offer, 400) == "accepted"


def test_officers_decide_disputes_of_their_programmes(stage: Any, card: Any, visit: str) -> None:
    dispute = stage.dispute(card, visit)
    other = stage.caller("officer", programmes=("passresot66",))
    own = stage.caller("officer", programmes=("occygene-2020",))
    assert refusal(lambda: stage.decide(dispute["id"], "upheld", caller=other)).code == "not_found"
    assert refusal(lambda: stage.decide("dsp_none", "upheld")).code == "not_found"
    assert queue(stage, programmes=("passresot66",))["disputes"] == []
    assert len(queue(stage, programmes=("occygene-2020",))["disputes"]) == 1
    assert stage.decide(dispute["id"], "upheld", caller=own)["state"] == "upheld"


@pytest.mark.parametrize(("field", "value"), [("outcome", "perhaps"), ("note", "x" * 501)])
def test_a_decision_that_is_none_is_refused_by_its_field(
    stage: Any, card: Any, visit: str, field: str, value: str
) -> None:
    dispute = stage.dispute(card, visit)
    asked = {"outcome": "upheld", "note": None, field: value}
    refused = refusal(lambda: stage.decide(dispute["id"], asked["outcome"], note=asked["note"]))
    assert (refused.code, refused.field) == ("invalid_field", field)


# --- the queue ---


def test_the_queue_has_what_is_needed_to_decide(stage: Any, card: Any, offer: str) -> None:
    device = stage.device()
    done = stage.redeem(stage.scan(card, offer, pay_cents=600), device=device)
    dispute = stage.dispute(card, done["id"], note="Nous étions à Foix.")
    (waiting,) = queue(stage)["disputes"]
    visit = waiting.pop("visit")
    assert waiting == {
        "id": dispute["id"],
        "programme": "occygene-2020",
        "state": "open",
        "opened_at": dispute["opened_at"],
        "note": "Nous étions à Foix.",
        "decided_at": None,
        "decision_note": None,
        "not_cancelled_because": None,
    }
    assert (visit["id"], visit["card_id"], visit["offer_id"]) == (done["id"], card.id, offer)
    assert (visit["provider_id"], visit["site_id"], visit["device_id"]) == ("prv_1", "sit_1", device.subject)
    assert (visit["medium"], visit["adults"], visit["children"]) == ("qr", 1, 2)
    assert (visit["gross_cents"], visit["paid_from_pot_cents"], visit["due_cents"]) == (4000, 600, 2600)
    assert visit["occurred_at"] == done["occurred_at"]
    stage.decide(dispute["id"], "rejected", note="vu avec le prestataire")
    assert queue(stage)["disputes"] == []
    assert queue(stage, "rejected")["disputes"][0]["decision_note"] == "vu avec le prestataire"


def test_the_queue_is_paged_oldest_first(stage: Any, card: Any, offer: str) -> None:
    visits = [stage.redeem(stage.scan(card, offer, gross_cents=4000 + one))["id"] for one in range(3)]
    made = []
    for minute, visit in enumerate(visits):
        stage.at(SUMMER + timedelta(minutes=minute))
        made.append(stage.dispute(card, visit)["id"])
    first = queue(stage, limit=2)
    rest = queue(stage, cursor=first["next_cursor"], limit=2)
    assert [one["id"] for page in (first, rest) for one in page["disputes"]] == made
    assert rest["next_cursor"] is None
    assert refusal(lambda: queue(stage, limit=101)).field == "limit"
    assert refusal(lambda: queue(stage, state="lost")).field == "state"


# --- races ---


def test_two_disputes_of_one_visit_are_one(stage: Any, meeting: Meeting, card: Any, visit: str) -> None:
    first, second = meeting.of(lambda: stage.dispute(card, visit), lambda other: other.dispute(card, visit))
    assert first == second
    assert len(stage.rows("disputes")) == 1


def test_a_dispute_and_a_decision_of_another_of_the_household_do_not_overlook_each_other(
    stage: Any, meeting: Meeting, card: Any, offer: str, visit: str
) -> None:
    other_visit = stage.redeem(stage.scan(card, offer))["id"]
    first = stage.dispute(card, visit)
    decided, second = meeting.of(
        lambda: stage.decide(first["id"], "rejected"), lambda other: other.dispute(card, other_visit)
    )
    assert (decided["locked_pot_ids"], second["locked_pot_ids"]) == ([], first["locked_pot_ids"])
    assert meeting.waits_for == "advisory"
    assert pays(stage, card, offer) == "pot_locked"


def test_a_dispute_and_a_pot_that_comes_do_not_overlook_each_other(
    stage: Any, meeting: Meeting, card: Any, offer: str, visit: str
) -> None:
    credited, disputed = meeting.of(
        lambda: stage.credit(card, 500, pot_code="departement"), lambda other: other.dispute(card, visit)
    )
    assert credited.pot_id in disputed["locked_pot_ids"]
    stage.decide(disputed["id"], "rejected")
    other_visit = stage.redeem(stage.scan(card, offer))["id"]
    _, later = meeting.of(
        lambda: stage.dispute(card, other_visit), lambda other: other.credit(card, 500, pot_code="other")
    )
    assert all(pot["locked"] for pot in pots_of(stage, card)["pots"])
    assert later.pot_id in [pot["id"] for pot in pots_of(stage, card)["pots"]]


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        (("upheld", "upheld"), "upheld"),
        (("rejected", "rejected"), "rejected"),
        (("upheld", "rejected"), "already_decided"),
        (("rejected", "upheld"), "already_decided"),
    ],
)
def test_two_decisions_at_once_are_one(
    stage: Any, meeting: Meeting, card: Any, visit: str, outcomes: tuple[str, str], said: str
) -> None:
    dispute = stage.dispute(card, visit)
    first, second = meeting.of(
        lambda: stage.decide(dispute["id"], outcomes[0]),
        lambda other: other.decide(dispute["id"], outcomes[1]),
    )
    assert first["state"] == outcomes[0]
    assert said == (second.code if isinstance(second, Refusal) else second["state"])
    assert len(stage.announced("redemption_cancelled")) == (outcomes[0] == "upheld")


def test_a_dispute_waits_for_a_scan_that_was_first_and_locks_what_it_left(
    stage: Any, meeting: Meeting, card: Any, offer: str, visit: str
) -> None:
    scanned, disputed = meeting.of(
        lambda: stage.redeem(stage.scan(card, offer, pay_cents=100)),
        lambda other: other.dispute(card, visit),
    )
    assert (scanned["pot_remaining_cents"], disputed["state"]) == (300, "open")
    assert meeting.waits_for == "transactionid"
    assert stage.left_cents() == 300


def test_among_scans_disputes_and_decisions_no_cent_is_lost_and_none_is_drawn_from_a_locked_pot(
    stage: Any, card: Any, offer: str, visit: str
) -> None:
    def scan(number: int) -> Any:
        return answer_of(
            lambda: stage.redeem(stage.scan(card, offer, gross_cents=4100 + number, pay_cents=10))
        )

    def dispute_and_decide(_: int) -> Any:
        dispute = stage.dispute(card, visit)
        return answer_of(lambda: stage.decide(dispute["id"], "rejected"))

    with ThreadPoolExecutor(6) as pool:
        decided = pool.submit(dispute_and_decide, 0)
        scans = list(pool.map(scan, range(12)))
    refused = {one.code for one in scans if isinstance(one, Refusal)}
    accepted = [one for one in scans if not isinstance(one, Refusal)]
    assert refused <= {"pot_locked", "try_again"}
    assert decided.result()["locked_pot_ids"] == []
    assert stage.left_cents() == 400 - 10 * len(accepted)
