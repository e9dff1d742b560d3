"""A scan is judged, counted and shown by when it happened, however late it is heard of within the window."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from cards import published, reading
from cards.pots import closing
from chassis.events.outbox import stamp
from contracts.offers import OfferWithdrawn
from contracts.refusals import Refusal
from tests.service.cards.test_cards import read, reissue, revoke
from tests.service.cards.test_redeeming import ALONE, free_entry, staff_pass

PARIS = ZoneInfo("Europe/Paris")
MIDNIGHT = datetime(2020, 8, 11, tzinfo=PARIS)
SEEN = timedelta(minutes=-2)
UPLOADED = timedelta(minutes=3)


def uploaded(stage: Any, card: Any, offer: str, midnight: datetime = MIDNIGHT, **fields: Any) -> Any:
    """Seen at 23:58, without a network; uploaded at 00:03."""
    stage.at(midnight + UPLOADED)
    return stage.redeem(stage.scan(card, offer, occurred_at=(midnight + SEEN).isoformat(), **fields))


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")


def close(stage: Any) -> int:
    """Let the sweeper come by."""
    return closing.close_pots(stage.db.transaction, stage.programmes.values())


def uses(stage: Any, card: Any) -> Any:
    """The card's list, as an officer sees it."""
    officer = stage.caller("officer")
    with stage.db.transaction() as session:
        page = reading.find_card_redemptions(session, officer, card_id=card.id, cursor=None, limit=10)
    return page["redemptions"]


def test_seen_at_23_58_and_uploaded_at_00_03_everything_says_the_day_before(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    answer = uploaded(stage, card, offer)
    seen, heard = utc(MIDNIGHT + SEEN), utc(MIDNIGHT + UPLOADED)
    assert answer["occurred_at"] == seen
    assert answer["recorded_at"][:16] == heard[:16]
    (view,) = uses(stage, card)
    assert (view["occurred_at"], view["recorded_at"]) == (seen, answer["recorded_at"])
    (event,) = stage.announced("redemption_recorded")
    assert (event["visited_at"], event["redeemed_at"]) == (seen, answer["recorded_at"])


@pytest.mark.parametrize("offset", [timedelta(hours=23, minutes=59), -timedelta(hours=16)])
def test_a_visit_is_taken_in_any_offset_also_one_that_no_database_knows(
    stage: Any, offset: timedelta
) -> None:
    card, offer, device, seen = stage.card(), stage.publish(), stage.device(), MIDNIGHT + SEEN
    stage.at(MIDNIGHT)
    said = seen.astimezone(timezone(offset)).isoformat()
    answer = stage.redeem(stage.scan(card, offer, occurred_at=said), device=device)
    assert answer["occurred_at"] == utc(seen)
    page = read(stage, "find_device_redemptions", device, since=said, cursor=None, limit=10)
    assert [view["id"] for view in page["redemptions"]] == [answer["id"]]


def test_pages_lose_and_double_nothing_while_visits_of_before_are_uploaded(stage: Any) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()

    def visit(minute: int) -> str:
        stage.at(MIDNIGHT)
        seen = (MIDNIGHT - timedelta(minutes=minute)).isoformat()
        return str(stage.redeem(stage.scan(card, offer, occurred_at=seen), device=device)["id"])

    made = {minute: visit(minute) for minute in (2, 4, 6, 8, 10)}
    seen, cursor = [], None
    for late in (5, 9, 1):
        page = read(stage, "find_device_redemptions", device, since=None, cursor=cursor, limit=2)
        seen += [view["id"] for view in page["redemptions"]]
        cursor = page["next_cursor"]
        made[late] = visit(late)
    page = read(stage, "find_device_redemptions", device, since=None, cursor=cursor, limit=2)
    seen += [view["id"] for view in page["redemptions"]]
    # The visit of 23:59 came after its page was read: it stands on the first page from now on.
    assert seen == [made[minute] for minute in (2, 4, 5, 6, 8, 9, 10)]
    assert page["next_cursor"] is None


@pytest.mark.parametrize(
    ("midnight", "season"),
    [
        (datetime(2021, 7, 1, tzinfo=PARIS), []),
        (datetime(2020, 9, 1, tzinfo=PARIS), [{"from": "07-01", "to": "08-31"}]),
    ],
    ids=["the card's last day", "the season's last day"],
)
def test_the_last_day_is_the_visits_last_day(stage: Any, midnight: datetime, season: list[Any]) -> None:
    card, offer = stage.card(), stage.publish(season=season)
    assert uploaded(stage, card, offer, midnight)["due_cents"] == 3200
    with pytest.raises(Refusal, match=r"card_expired|offer_not_open"):
        stage.redeem(stage.scan(card, offer, gross_cents=4001))


def test_the_first_day_is_the_visits_first_day(stage: Any) -> None:
    card, first_day = stage.card(), datetime(2020, 9, 1, tzinfo=PARIS)
    offer = stage.publish(season=[{"from": "09-01", "to": "09-30"}])
    with pytest.raises(Refusal, match="offer_not_open"):
        uploaded(stage, card, offer, first_day)
    stage.redeem(stage.scan(card, offer))


def test_the_pots_last_day_is_the_visits_and_the_pot_is_closed_once_the_window_has_passed(
    stage: Any,
) -> None:
    card, offer, midnight = stage.card(), stage.publish(), datetime(2020, 11, 16, tzinfo=PARIS)
    stage.credit(card, 7000)
    stage.at(midnight + timedelta(minutes=1))
    assert close(stage) == 0
    assert uploaded(stage, card, offer, midnight, pay_cents=1000)["pot_remaining_cents"] == 6000
    with pytest.raises(Refusal, match="pot_closed"):
        stage.redeem(stage.scan(card, offer, pay_cents=1000, gross_cents=4001))
    stage.at(midnight + timedelta(minutes=14, seconds=59))
    assert close(stage) == 0
    stage.at(midnight + timedelta(minutes=15, seconds=1))
    assert close(stage) == 1
    (released,) = stage.announced("allowance_released")
    assert released["amount_cents"] == 6000
    assert stage.left_cents() == 0


def test_a_second_visit_on_31_december_uploaded_in_january_is_refused_and_the_first_of_january_stands(
    stage: Any,
) -> None:
    card, offer, new_year = staff_pass(stage), free_entry(stage), datetime(2021, 1, 1, tzinfo=PARIS)
    scan = stage.scan(card, offer, party=ALONE, gross_cents=900)
    stage.redeem(scan)
    stage.at(new_year + timedelta(minutes=1))
    january = stage.redeem(scan)
    with pytest.raises(Refusal, match="usage_limit_reached"):
        uploaded(stage, card, offer, new_year, party=ALONE, gross_cents=900)
    stands = [view for view in uses(stage, card) if view["id"] == january["id"]]
    assert stands[0]["cancelled_at"] is None


def test_a_first_visit_on_31_december_is_counted_in_its_year_though_january_has_its_own(stage: Any) -> None:
    card, offer, new_year = staff_pass(stage), free_entry(stage), datetime(2021, 1, 1, tzinfo=PARIS)
    stage.at(new_year + timedelta(minutes=1))
    stage.redeem(stage.scan(card, offer, party=ALONE, gross_cents=900))
    december = uploaded(stage, card, offer, new_year, party=ALONE, gross_cents=901)
    # Newest visit first, whichever was heard of first.
    assert [view["id"] for view in uses(stage, card)][1] == december["id"]


def test_a_card_revoked_between_the_visit_and_its_upload_is_accepted_and_marked(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.at(MIDNIGHT)
    revoke(stage, card.id, "stolen")
    answer = uploaded(stage, card, offer)
    assert answer["message"]["fr"].startswith("Carte annulée depuis cette visite")
    assert [view["revoked_meanwhile"] for view in uses(stage, card)] == [True]
    (audited,) = [row for row in stage.rows("audit_entries") if row.act == "redemption_recorded"]
    assert audited.details["card_revoked_at"].startswith(utc(MIDNIGHT)[:16])
    with pytest.raises(Refusal, match="card_revoked"):
        stage.redeem(stage.scan(card, offer, gross_cents=4001))


def test_a_visit_after_the_revocation_is_refused_however_it_is_uploaded(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.at(MIDNIGHT + SEEN - timedelta(seconds=1))
    revoke(stage, card.id, "stolen")
    with pytest.raises(Refusal, match="card_revoked"):
        uploaded(stage, card, offer)


def test_a_live_scan_of_a_revoked_card_is_refused_though_this_clock_is_behind_the_revokers(
    stage: Any,
) -> None:
    card, offer = stage.card(), stage.publish()
    stage.at(MIDNIGHT)
    revoke(stage, card.id, "lost")
    stage.at(MIDNIGHT - timedelta(seconds=5))
    for said in (None, (MIDNIGHT - timedelta(seconds=1)).isoformat()):
        with pytest.raises(Refusal, match="card_revoked"):
            stage.redeem(stage.scan(card, offer, occurred_at=said))


def test_a_pot_revoked_for_fraud_still_pays_a_visit_of_before(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.credit(card, 7000)
    stage.at(MIDNIGHT)
    revoke(stage, card.id, "fraud")
    assert close(stage) == 0
    assert uploaded(stage, card, offer, pay_cents=1000)["paid_from_pot_cents"] == 1000
    stage.at(MIDNIGHT + timedelta(minutes=16))
    assert close(stage) == 1
    assert stage.announced("allowance_released")[0]["amount_cents"] == 6000


def test_an_offer_withdrawn_between_the_visit_and_its_upload_is_accepted(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    stage.at(MIDNIGHT)
    with stage.db.transaction() as session:
        withdrawn = OfferWithdrawn(**stamp(), offer_id=offer, version=2)
        published.withdraw_offer(session, withdrawn)
    assert uploaded(stage, card, offer)["due_cents"] == 3200
    with pytest.raises(Refusal, match="offer_not_open"):
        stage.redeem(stage.scan(card, offer, gross_cents=4001))


def test_a_visit_is_taken_as_late_as_the_programme_says_and_no_later(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    for seconds, is_taken in ((900, True), (901, False)):
        stage.at(MIDNIGHT)
        seen = MIDNIGHT - timedelta(seconds=seconds)
        # The clock of the test goes on while it runs: a little later than it was set.
        scan = stage.scan(card, offer, occurred_at=(seen + timedelta(seconds=0.9)).isoformat())
        if is_taken:
            assert stage.redeem(scan)["occurred_at"] < utc(MIDNIGHT - timedelta(minutes=14))
            continue
        with pytest.raises(Refusal, match="invalid_field") as refused:
            stage.redeem({**scan, "gross_cents": 4001})
        assert refused.value.field == "occurred_at"


def test_a_replayed_key_whose_redemption_was_cancelled_answers_the_same_and_says_so_beside_it(
    stage: Any,
) -> None:
    card, offer, device = stage.card(), stage.publish(), stage.device()
    first = stage.redeem(stage.scan(card, offer), device=device, key="same-key")
    repeat = stage.redeem(stage.scan(card, offer), device=device, key="other-key")
    cancelled_at = stage.cancel(first["id"])["cancelled_at"]
    for key, was in (("same-key", first), ("other-key", repeat)):
        again = stage.redeem(stage.scan(card, offer), device=device, key=key)
        assert again.pop("cancelled_at") == cancelled_at
        assert json.dumps(again) == json.dumps(was)


def test_after_a_reissue_the_new_cards_list_shows_the_uses_of_the_old_one(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    old = stage.redeem(stage.scan(card, offer))
    revoke(stage, card.id, "lost")
    new = stage.printed(id=reissue(stage, card.id)["id"])
    fresh = stage.redeem(stage.scan(new, offer))
    assert [view["id"] for view in uses(stage, new)] == [fresh["id"], old["id"]]
    assert [view["card_id"] for view in uses(stage, new)] == [new.id, card.id]
