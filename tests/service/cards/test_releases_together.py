"""Two releases serve side by side while one is rolled out: what one wrote the other reads rightly."""

from typing import Any

import pytest
from sqlalchemy import text

from cards.books import SOLD
from contracts.identity import Household
from tests.service.cards.meeting import Meeting
from tests.service.cards.test_when_it_happened import uploaded

# How a scan of the release before begins; it counts by its next statement, as this one does.
LOCK_BEFORE = """
    SELECT card.id, pg_advisory_xact_lock(hashtextextended(coalesce(placed.counted_as, placed.id), 0)) AS turn
    FROM cards AS card JOIN orders AS placed ON placed.id = card.order_id
    WHERE card.id = :id
    FOR NO KEY UPDATE OF card
"""


def scan_before(stage: Any, card: Any) -> int:
    """As far as the release before got before it recorded; how many visits it saw."""
    with stage.db.transaction() as session:
        session.execute(text(LOCK_BEFORE), {"id": card.id})
        return int(session.scalar(text("SELECT count(*) FROM redemptions")) or 0)


def test_a_scan_of_this_release_waits_for_one_of_the_release_before(stage: Any, meeting: Meeting) -> None:
    card, offer = stage.card(), stage.publish()
    _, second = meeting.of(
        lambda: scan_before(stage, card), lambda other: other.redeem(stage.scan(card, offer))
    )
    assert second["already_counted"] is False
    assert meeting.waits_for == "advisory"


def test_a_scan_of_the_release_before_waits_for_one_of_this_and_sees_its_visit(
    stage: Any, meeting: Meeting
) -> None:
    card, offer = stage.card(), stage.publish()
    _, seen = meeting.of(
        lambda: stage.redeem(stage.scan(card, offer)), lambda other: scan_before(other, card)
    )
    assert seen == 1
    assert meeting.waits_for == "advisory"


@pytest.fixture
def by_the_release_before(owner_database: Any) -> Any:
    """What was recorded so far is as the release before this one records it: it knows no `counted_as`."""

    def rewrite() -> None:
        with owner_database("cards").transaction() as session:
            session.connection().exec_driver_sql("UPDATE redemptions SET counted_as = NULL")

    return rewrite


def test_a_cancellation_is_said_of_the_moment_that_the_redemption_was_said_of(
    stage: Any, by_the_release_before: Any
) -> None:
    # The release before counted it on the day of its recording, and there it must be taken out.
    card, offer = stage.card(), stage.publish()
    answer = uploaded(stage, card, offer)
    by_the_release_before()
    stage.cancel(answer["id"])
    (event,) = stage.announced("redemption_cancelled")
    assert event["visited_at"] == event["redeemed_at"] == answer["recorded_at"]
    assert [row[4] for row in sold(stage)] == ["2020-08-11"]


def test_a_late_visit_stands_in_the_books_on_its_own_day(stage: Any) -> None:
    card, offer = stage.card(), stage.publish()
    uploaded(stage, card, offer)
    assert [row[4] for row in sold(stage)] == ["2020-08-10"]


def sold(stage: Any) -> list[Any]:
    """The book by which the nightly reconciliation compares statistics."""
    with stage.db.transaction() as session:
        ids = list(session.scalars(text("SELECT id FROM redemptions")))
        return list(session.execute(text(SOLD.rows), {"keys": ids}))


@pytest.mark.parametrize(
    "known", [{"counted_as": "per_known", "since": "2020-07-10"}, {}], ids=["more", "less"]
)
def test_an_order_is_placed_whatever_the_release_of_identity_answers_beside_the_ids(
    stage: Any, known: dict[str, str]
) -> None:
    answer = stage.people.register_household

    def register(**asked: Any) -> Household:
        ids = {name: value for name, value in answer(**asked).items() if name != "counted_as"}
        return {**ids, **known}  # type: ignore[typeddict-item,return-value]

    stage.people.register_household = register
    placed = stage.order()
    (row,) = stage.rows("orders")
    assert (row.id, row.counted_as) == (placed["id"], known.get("counted_as"))
