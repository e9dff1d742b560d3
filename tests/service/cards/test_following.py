"""What became of visits since a moment: for their holder and their provider only, none of them missing."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event as sql_event
from sqlalchemy import text

from cards import following, reading
from chassis.calls.caller import Caller
from chassis.clock import now, rfc3339
from contracts.refusals import Refusal
from tests.service.cards.test_cards import revoke


@pytest.fixture
def offer(stage: Any) -> str:
    offer_id: str = stage.publish()
    return offer_id


def own(stage: Any, account_id: str, since: str | None = None) -> Any:
    caller = stage.caller("holder", subject=account_id)
    with stage.db.transaction() as session:
        return following.find_own_visit_changes(session, caller, since=since)


def at_provider(stage: Any, caller: Caller, since: str | None = None, provider_id: str = "prv_1") -> Any:
    with stage.db.transaction() as session:
        return following.find_provider_visit_changes(session, caller, provider_id, since)


def told(found: Any) -> list[tuple[str, str]]:
    return [(one["change"], one["visit"]["id"]) for one in found["changes"]]


def test_recorded_and_cancelled_are_told_in_the_order_in_which_they_were(stage: Any, offer: str) -> None:
    card, since = stage.card(), rfc3339(now())
    first, second = (stage.redeem(stage.scan(card, offer, gross_cents=cents))["id"] for cents in (4000, 4100))
    stage.cancel(first)
    found = own(stage, card.account_id, since)
    assert told(found) == [("recorded", first), ("recorded", second), ("cancelled", first)]
    assert (found["since"], found["complete"]) == (since, True)
    recorded, _, cancelled = found["changes"]
    assert (recorded["at"], recorded["visit"]["cancelled_at"]) == (recorded["visit"]["recorded_at"], None)
    assert cancelled["at"] == cancelled["visit"]["cancelled_at"]
    assert at_provider(stage, stage.caller("officer"), since) == found


def test_what_was_recorded_before_and_cancelled_since_is_told_as_cancelled(stage: Any, offer: str) -> None:
    card = stage.card()
    redeemed = stage.redeem(stage.scan(card, offer))["id"]
    stage.at(now() + timedelta(minutes=5))
    since = rfc3339(now())
    stage.cancel(redeemed)
    assert told(own(stage, card.account_id, since)) == [("cancelled", redeemed)]
    assert told(at_provider(stage, stage.caller("officer"), since)) == [("cancelled", redeemed)]


def test_without_a_moment_the_last_minute_is_told(stage: Any, offer: str) -> None:
    card = stage.card()
    stage.redeem(stage.scan(card, offer))
    stage.at(now() + following.ON_THE_WAY + timedelta(seconds=1))
    newest = stage.redeem(stage.scan(card, offer, gross_cents=4100))["id"]
    found = own(stage, card.account_id)
    assert told(found) == [("recorded", newest)]
    assert found["since"] <= rfc3339(now() - following.ON_THE_WAY)


def test_the_event_says_what_the_list_says(stage: Any, offer: str) -> None:
    card = stage.card()
    stage.cancel(stage.redeem(stage.scan(card, offer))["id"])
    visits = [one["visit"] for one in own(stage, card.account_id)["changes"]]
    for visit, name in zip(visits, ("redemption_recorded", "redemption_cancelled"), strict=True):
        (event,) = stage.announced(name)
        assert event["account_id"] == card.account_id
        said = {**event, "id": event["redemption_id"], "occurred_at": event["visited_at"]}
        said |= {"recorded_at": event["redeemed_at"], "cancelled_at": event.get("cancelled_at")}
        assert {name: said[name] for name in visit} == visit


def test_a_card_revoked_between_visit_and_upload_is_said_by_the_event_too(stage: Any, offer: str) -> None:
    card, visited = stage.card(), rfc3339(now())
    stage.at(now() + timedelta(minutes=5))
    revoke(stage, card.id, "stolen")
    stage.at(now() + timedelta(minutes=5))
    redeemed = stage.redeem(stage.scan(card, offer, occurred_at=visited))["id"]
    stage.cancel(redeemed)
    for change in own(stage, card.account_id, visited)["changes"]:
        assert change["visit"]["revoked_meanwhile"]
    for name in ("redemption_recorded", "redemption_cancelled"):
        assert [event["revoked_meanwhile"] for event in stage.announced(name)] == [True]


def test_the_lists_show_what_is_followed(stage: Any, offer: str) -> None:
    card, late = stage.card(), rfc3339(now() - timedelta(minutes=5))
    first = stage.redeem(stage.scan(card, offer))["id"]
    second = stage.redeem(stage.scan(card, offer, gross_cents=4100, occurred_at=late))["id"]
    holder, manager = stage.caller("holder", subject=card.account_id), stage.caller("officer")
    with stage.db.transaction() as session:
        own_list = reading.find_own_visits(session, holder, cursor=None, limit=10)
        desk_list = reading.find_provider_visits(session, manager, "prv_1", None, 1)
        rest = reading.find_provider_visits(session, manager, "prv_1", desk_list["next_cursor"], 1)
    # By visit for who remembers it, by arrival for who watches the desk.
    assert [one["id"] for one in own_list["redemptions"]] == [first, second]
    assert [one["id"] for page in (desk_list, rest) for one in page["redemptions"]] == [second, first]
    assert rest["next_cursor"] is None
    followed = {one["visit"]["id"]: one["visit"] for one in own(stage, card.account_id)["changes"]}
    assert {one["id"]: one for one in own_list["redemptions"]} == followed


def test_others_see_nothing(stage: Any, offer: str) -> None:
    card = stage.card()
    stage.redeem(stage.scan(card, offer))
    assert told(own(stage, "acc_of_another")) == []
    assert told(at_provider(stage, stage.caller("officer"), provider_id="prv_2")) == []
    assert told(at_provider(stage, stage.caller("officer", programmes=("passresot66",)))) == []
    assert len(told(at_provider(stage, stage.caller("officer", programmes=("occygene-2020",))))) == 1
    with pytest.raises(Refusal, match="not_found"):
        at_provider(stage, stage.caller("provider_manager", provider_id="prv_2"))
    with stage.db.transaction() as session, pytest.raises(Refusal, match="not_allowed"):
        following.find_own_visit_changes(session, stage.caller("officer"), since=None)


def test_of_more_than_can_be_told_the_newest_are_and_it_is_said_since_when(
    stage: Any, offer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "CHANGES_MAX", 3)
    card, since = stage.card(), rfc3339(now())
    visits = [stage.redeem(stage.scan(card, offer, gross_cents=4000 + number))["id"] for number in range(5)]
    stage.cancel(visits[-1])
    found = own(stage, card.account_id, since)
    assert told(found) == [("recorded", visits[-2]), ("recorded", visits[-1]), ("cancelled", visits[-1])]
    assert (found["since"], found["complete"]) == (found["changes"][0]["at"], False)


def test_a_moment_that_is_none_is_refused_by_its_field(stage: Any) -> None:
    with pytest.raises(Refusal) as refused:
        own(stage, "acc_1", "yesterday")
    assert (refused.value.code, refused.value.field) == ("invalid_field", "since")


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda stage: at_provider(stage, stage.caller("officer")), "ix_redemptions_of_provider"),
        (lambda stage: at_provider(stage, stage.caller("officer")), "ix_redemptions_cancelled"),
        (lambda stage: own(stage, "acc_1"), "ix_redemptions_card_id_id"),
    ],
)
def test_what_is_asked_is_found_by_an_index(stage: Any, ask: Callable[[Any], Any], index: str) -> None:
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "FROM redemptions" in statement:
            asked.append(str(statement) % {name: f"'{value}'" for name, value in parameters.items()})

    sql_event.listen(stage.db.engine, "before_cursor_execute", note)
    ask(stage)
    sql_event.remove(stage.db.engine, "before_cursor_execute", note)
    with stage.db.transaction() as session:
        session.execute(text("SET LOCAL enable_seqscan = off"))
        plans = "".join(row[0] for one in asked for row in session.execute(text(f"EXPLAIN {one}")))
    assert index in plans
