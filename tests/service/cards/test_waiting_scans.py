"""A scan that waits for a lock is judged on what has been committed by then, whatever it is judged on.

Lock and facts go out together (ADR 0038). Each fact is changed here while a scan that was already sent waits.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from cards import published
from cards.models import Card, Order
from cards.orders import correcting
from cards.pots import closing
from cards.rights import RIGHTS
from cards.scan.facts import MAX_GUESSES, MAX_WRONG_CODES
from chassis.database.prepared import Prepared
from chassis.database.sends import Sends
from chassis.events.outbox import stamp
from chassis.ids import new_id
from contracts.identity import HolderAccountChanged
from contracts.offers import OfferWithdrawn
from contracts.programmes import UsageLimit
from contracts.refusals import Refusal
from tests.service.cards.meeting import Meeting
from tests.service.cards.test_cards import revoke
from tests.service.cards.test_guessing import NOBODYS, typed, wrong_code
from tests.service.cards.test_limits_belong_to_a_person import enter, passes_of_one_person
from tests.service.cards.test_redeeming import free_entry

# What the service has no right to change once a card is made; what is asked for is no fact.
CHANGING = set(re.findall(r"\w+", RIGHTS["cards"] + RIGHTS["orders"]))
FOR_EVER = {column.name for table in (Card, Order) for column in table.__table__.columns} - CHANGING
ASKED = {"counted_as", "its_programme"}
CHANGED_MEANWHILE: set[str] = set()
# The last minute of the pot's last day in Paris, and when no visit of it can be heard of any more.
LAST_MINUTE = datetime(2020, 11, 15, 22, 59, tzinfo=UTC)
NOT_HEARD_OF = LAST_MINUTE + timedelta(minutes=17)
PER = ("provider", "site", "offer")
WINDOWS = ("day", "month", "year", "validity")
Test = Callable[..., None]


def changes(*facts: str) -> Callable[[Test], Test]:
    """The test changes these columns of what the scan reads."""
    CHANGED_MEANWHILE.update(facts)
    return lambda test: test


@pytest.fixture
def at_the_turn(stage: Any) -> Any:
    """A scan of the same card that nothing else depends on: who comes after it waits for the turn."""
    offer = stage.publish()
    return lambda card: stage.redeem(stage.scan(card, offer, gross_cents=100))


@pytest.fixture
def at_the_row(stage: Any) -> Any:
    """Somebody who locks the card itself, as a revocation does."""

    def lock(card: Any) -> None:
        with stage.db.transaction() as session:
            session.execute(text("SELECT 1 FROM cards WHERE id = :id FOR NO KEY UPDATE"), {"id": card.id})

    return lock


@pytest.fixture(params=["turn", "row"])
def hold(request: pytest.FixtureRequest, at_the_turn: Any, at_the_row: Any) -> Any:
    """Hold the card in either way."""
    return {"turn": at_the_turn, "row": at_the_row}[request.param]


@changes("pots")
@pytest.mark.parametrize(("wanted", "answer", "left"), [(400, "accepted", 0), (401, "pot_insufficient", 400)])
def test_what_the_first_draws_is_gone_for_the_second(
    stage: Any, meeting: Meeting, wanted: int, answer: str, left: int
) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 1000)
    _, second = meeting.of(
        lambda: stage.redeem(stage.scan(card, offer, pay_cents=600)),
        lambda other: other.redeem(stage.scan(card, offer, pay_cents=wanted)),
    )
    assert said(second) == answer
    assert stage.left_cents() == left
    assert meeting.waits_for == "advisory"


@changes("pots")
def test_what_another_card_of_the_household_draws_is_gone_for_the_second(
    stage: Any, meeting: Meeting, owner_database: Any
) -> None:
    cards, offer = [stage.card(), stage.card()], stage.publish()
    for table in ("orders", "cards"):
        with owner_database("cards").transaction() as session:
            session.execute(text(f"UPDATE {table} SET household_id = 'hh_same'"))  # noqa: S608
    stage.credit(stage.printed(id=cards[0].id), 1000)
    _, second = meeting.of(
        lambda: stage.redeem(stage.scan(cards[0], offer, pay_cents=600)),
        lambda other: other.redeem(stage.scan(cards[1], offer, pay_cents=600)),
    )
    assert said(second) == "pot_insufficient"
    assert second.details["remaining_cents"] == stage.left_cents() == 400
    # Their visits are counted by themselves, so they meet at the pot.
    assert meeting.waits_for == "transactionid"


@changes("pots")
def test_a_credit_that_is_heard_of_meanwhile_pays(stage: Any, meeting: Meeting, hold: Any) -> None:
    card, offer = stage.card(), stage.publish()
    _, second = meeting.of(
        lambda: hold(card),
        lambda other: other.redeem(stage.scan(card, offer, pay_cents=600)),
        lambda: stage.credit(card, 1000),
    )
    assert second["pot_remaining_cents"] == stage.left_cents() == 400


@changes("pots")
def test_a_pot_that_is_closed_meanwhile_pays_nothing(stage: Any, meeting: Meeting, hold: Any) -> None:
    stage.at(LAST_MINUTE)
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 1000)

    def its_time_is_over() -> None:
        stage.at(NOT_HEARD_OF)
        assert closing.close_pots(stage.db.transaction, stage.programmes.values()) == 1

    _, second = meeting.of(
        lambda: hold(card),
        lambda other: other.redeem(stage.scan(card, offer, pay_cents=600)),
        its_time_is_over,
    )
    assert said(second) == "pot_closed"
    assert stage.rows("redemption_draws") == []


@changes("pots")
def test_a_pot_that_is_locked_by_a_dispute_meanwhile_pays_nothing(
    stage: Any, meeting: Meeting, hold: Any
) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 1000)
    visit = stage.redeem(stage.scan(card, offer, pay_cents=100))
    _, second = meeting.of(
        lambda: hold(card),
        lambda other: other.redeem(stage.scan(card, offer, pay_cents=600)),
        lambda: stage.dispute(card, visit["id"]),
    )
    assert said(second) == "pot_locked"
    assert stage.left_cents() == 900


@changes("pots")
def test_a_dispute_that_is_about_to_be_committed_is_waited_for(stage: Any, meeting: Meeting) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 1000)
    visit = stage.redeem(stage.scan(card, offer, pay_cents=100))
    _, second = meeting.of(
        lambda: stage.dispute(card, visit["id"]),
        lambda other: other.redeem(stage.scan(card, offer, pay_cents=600)),
    )
    assert said(second) == "pot_locked"
    assert stage.left_cents() == 900
    # At the pot: neither its turn nor its card keeps a scan from going on.
    assert meeting.waits_for == "transactionid"


@changes("pots")
def test_a_decision_that_is_about_to_be_committed_is_waited_for(stage: Any, meeting: Meeting) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 1000)
    dispute = stage.dispute(card, stage.redeem(stage.scan(card, offer, pay_cents=100))["id"])
    _, second = meeting.of(
        lambda: stage.decide(dispute["id"], "rejected"),
        lambda other: other.redeem(stage.scan(card, offer, pay_cents=600)),
    )
    assert said(second) == "accepted"
    assert stage.left_cents() == 300


@changes("uses")
@pytest.mark.parametrize("per", PER)
@pytest.mark.parametrize("window", WINDOWS)
def test_the_visit_of_the_first_counts_towards_every_kind_of_limit(
    stage: Any, meeting: Meeting, per: Any, window: Any
) -> None:
    programme = stage.programmes["occygene-2020"]
    limit = UsageLimit(code="once", per=per, window=window, max=1)
    limited = {programme.code: replace(programme, usage_limits={"once": limit})}
    stage.programmes = meeting.waiting.programmes = stage.programmes | limited
    card, offer = stage.card(), stage.publish()
    _, second = meeting.of(
        lambda: stage.redeem(stage.scan(card, offer)),
        lambda other: other.redeem(stage.scan(card, offer, second_visit=True)),
    )
    assert said(second) == "usage_limit_reached"


@changes("uses")
@pytest.mark.parametrize("by", ["qr_text", "number"])
def test_the_visit_by_a_persons_other_pass_counts(stage: Any, meeting: Meeting, by: str) -> None:
    (first, second), offer = passes_of_one_person(stage), free_entry(stage)
    second = replace(second, qr_text=getattr(second, by))
    _, answer = meeting.of(lambda: enter(stage, first, offer), lambda other: enter(other, second, offer))
    assert said(answer) == "usage_limit_reached"
    assert meeting.waits_for == "advisory"


@changes("uses")
def test_a_visit_that_is_cancelled_meanwhile_counts_no_more(stage: Any, meeting: Meeting) -> None:
    (first, second), offer = passes_of_one_person(stage), free_entry(stage, site_ids=["sit_1", "sit_2"])
    visit = enter(stage, first, offer)
    at_another_site = stage.device(site_id="sit_2")
    _, answer = meeting.of(
        lambda: stage.redeem(
            stage.scan(first, offer, party={"adults": 1, "children": 0}), device=at_another_site
        ),
        lambda other: enter(other, second, offer),
        lambda: stage.cancel(visit["id"]),
    )
    assert answer["already_counted"] is False


@changes("repeated")
@pytest.mark.parametrize("by", ["qr_text", "number"])
def test_the_same_visit_read_by_two_devices_counts_once(stage: Any, meeting: Meeting, by: str) -> None:
    card, offer = stage.card(), stage.publish()
    first, second = meeting.of(
        lambda: stage.redeem(stage.scan(card, offer)),
        lambda other: other.redeem(stage.scan(card, offer, card=getattr(card, by))),
    )
    assert (second["already_counted"], second["id"]) == (True, first["id"])
    assert len(stage.rows("redemptions")) == 1


@changes("repeated")
def test_what_is_cancelled_meanwhile_is_not_repeated(stage: Any, meeting: Meeting, hold: Any) -> None:
    card, offer = stage.card(), stage.publish()
    visit = stage.redeem(stage.scan(card, offer))
    _, second = meeting.of(
        lambda: hold(card),
        lambda other: other.redeem(stage.scan(card, offer)),
        lambda: stage.cancel(visit["id"]),
    )
    assert second["already_counted"] is False
    assert second["id"] != visit["id"]


@changes("kept")
def test_the_same_key_sent_twice_is_answered_twice_and_counted_once(stage: Any, meeting: Meeting) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    stage.credit(card, 1000)
    scan = stage.scan(card, offer, pay_cents=600)
    first, second = meeting.of(
        lambda: stage.redeem(scan, device=device, key="one-key"),
        lambda other: other.redeem(scan, device=device, key="one-key"),
    )
    assert first == second
    assert len(stage.rows("redemptions")) == len(stage.announced("redemption_recorded")) == 1


@changes("kept")
def test_a_key_that_the_first_used_for_another_scan_is_told(stage: Any, meeting: Meeting) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    _, second = meeting.of(
        lambda: stage.redeem(stage.scan(card, offer), device=device, key="one-key"),
        lambda other: other.redeem(stage.scan(card, offer, gross_cents=100), device=device, key="one-key"),
    )
    assert said(second) == "idempotency_key_reused"


@changes("kept")
def test_a_replay_says_what_was_cancelled_meanwhile(stage: Any, meeting: Meeting, hold: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    visit = stage.redeem(stage.scan(card, offer), device=device, key="one-key")
    _, second = meeting.of(
        lambda: hold(card),
        lambda other: other.redeem(stage.scan(card, offer), device=device, key="one-key"),
        lambda: stage.cancel(visit["id"]),
    )
    assert second.pop("cancelled_at") is not None
    assert second == visit


@changes("revoked_at")
def test_a_card_that_is_revoked_meanwhile_is_refused(stage: Any, meeting: Meeting) -> None:
    card, offer = stage.card(), stage.publish()
    _, second = meeting.of(
        lambda: revoke(stage, card.id, "stolen"), lambda other: other.redeem(stage.scan(card, offer))
    )
    assert said(second) == "card_revoked"
    assert meeting.waits_for == "transactionid"


@changes("withdrawn", "withdrawn_at")
def test_an_offer_that_is_withdrawn_meanwhile_is_refused(stage: Any, meeting: Meeting, hold: Any) -> None:
    card, offer = stage.card(), stage.publish()

    def withdraw() -> None:
        with stage.db.transaction() as session:
            withdrawal = OfferWithdrawn(**stamp(), offer_id=offer, version=2)
            published.withdraw_offer(session, withdrawal)

    _, second = meeting.of(lambda: hold(card), lambda other: other.redeem(stage.scan(card, offer)), withdraw)
    assert said(second) == "offer_not_open"


@changes("terms")
@pytest.mark.parametrize("known", [True, False], ids=["on other terms", "for the first time"])
def test_an_offer_that_is_published_meanwhile_counts_as_published(
    stage: Any, meeting: Meeting, hold: Any, known: bool
) -> None:
    card, offer = stage.card(), new_id("off")
    if known:
        stage.publish(offer_id=offer)
    _, second = meeting.of(
        lambda: hold(card),
        lambda other: other.redeem(stage.scan(card, offer)),
        lambda: stage.publish(offer_id=offer, version=2, percent=50),
    )
    assert second["reduction_cents"] == 2000


@changes("wrong_code_full_at")
def test_the_wrong_code_of_the_first_is_counted(stage: Any, meeting: Meeting) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 1000)
    wrong = typed(stage, card, offer, card_code=wrong_code(card))
    for _ in range(MAX_WRONG_CODES - 1):
        with pytest.raises(Refusal, match="card_code_required"):
            stage.redeem(wrong)
    _, second = meeting.of(lambda: stage.redeem(wrong), lambda other: other.redeem(typed(stage, card, offer)))
    assert said(second) == "card_code_required"
    assert second.details["retry_after_s"] > 0


@changes("guesses_full_at")
def test_what_the_device_guesses_meanwhile_is_counted(stage: Any, meeting: Meeting, hold: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    stage.credit(card, 1000)

    def guess() -> None:
        with pytest.raises(Refusal, match="unknown_card"):
            stage.redeem(stage.scan(card, offer, card=NOBODYS), device=device)

    for _ in range(MAX_GUESSES - 1):
        guess()
    _, second = meeting.of(
        lambda: hold(card), lambda other: other.redeem(typed(stage, card, offer), device=device), guess
    )
    assert said(second) == "too_many_attempts"


@changes("account_id")
def test_a_correction_of_the_order_meanwhile_is_neither_lost_nor_in_the_way(
    stage: Any, meeting: Meeting, hold: Any
) -> None:
    card, offer = stage.card(), stage.publish()
    (order,) = stage.rows("orders")

    def correct() -> None:
        change = {"account_id": "acc_new", "email_change_id": "emc_1", "change": 1}
        changed = HolderAccountChanged(**stamp(), order_id=order.id, holder_id=order.holder_id, **change)
        with stage.db.transaction() as session:
            correcting.follow_holder(session, changed)

    _, second = meeting.of(lambda: hold(card), lambda other: other.redeem(stage.scan(card, offer)), correct)
    assert second["already_counted"] is False
    assert stage.rows("orders")[0].account_id == "acc_new"
    # Whose page is told of the visit.
    assert [event["account_id"] for event in stage.announced("redemption_recorded")][-1] == "acc_new"


def test_a_card_that_is_made_after_the_lock_looked_for_it_is_unknown_not_unlocked(
    stage: Any, meeting: Meeting, owner_database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    card, offer = stage.card(), stage.publish()
    number_hash = stage.rows("cards")[0].qr_hash
    begin, pause = Sends.begin, Prepared("pause", "SELECT pg_advisory_xact_lock(:adults)")

    def begin_slowly(sends: Sends, lock: Prepared, facts: Prepared, *, values: Any) -> Any:
        return begin(sends, lock, pause, facts, values=values)

    def change(hash_: bytes) -> None:
        with owner_database("cards").transaction() as session:
            session.execute(text("UPDATE cards SET qr_hash = :hash"), {"hash": hash_})

    def pass_by() -> None:
        with stage.db.transaction() as session:
            session.execute(text(pause.sql), {"adults": 1})

    monkeypatch.setattr(Sends, "begin", begin_slowly)
    change(b"of nobody")
    _, second = meeting.of(
        pass_by, lambda other: other.redeem(stage.scan(card, offer)), lambda: change(number_hash)
    )
    assert said(second) == "unknown_card"
    assert said(stage.redeem(stage.scan(card, offer))) == "accepted"


def test_each_fact_that_can_change_is_changed_meanwhile_in_a_test_of_this_file(stage: Any) -> None:
    read: set[str] = set()

    def look(_connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if "scan_draw_facts" in statement and "PREPARE" not in statement:
            read.update(column.name for column in cursor.description)

    card, offer = stage.card(), stage.publish()
    stage.credit(card, 100)
    event.listen(stage.db.engine, "after_cursor_execute", look)
    stage.redeem(stage.scan(card, offer, pay_cents=100))
    assert read - FOR_EVER - ASKED == CHANGED_MEANWHILE


def said(answer: Any) -> str:
    return answer.code if isinstance(answer, Refusal) else "accepted"
