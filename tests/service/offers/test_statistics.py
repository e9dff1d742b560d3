"""Sales are counted from the scans' events, whatever their order."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import event as sql_event

from chassis.events.outbox import stamp
from contracts.cards import RedemptionCancelled, RedemptionRecorded
from contracts.refusals import Refusal
from offers.counting import count_redemptions
from offers.statistics import get_statistics, get_statistics_totals
from tests.admission import admitted

NOTHING = {
    "redemptions": 0,
    "adults": 0,
    "children": 0,
    "gross_cents": 0,
    "reduction_cents": 0,
    "net_cents": 0,
    "paid_from_pot_cents": 0,
}


def recorded(provider_id: str, **changes: Any) -> RedemptionRecorded:
    given: dict[str, Any] = {
        "redemption_id": "red_1",
        "programme": "occygene-2020",
        "card_type": "family_bonus",
        "card_id": "card_1",
        "household_id": "hh_1",
        "holder_id": "per_1",
        "provider_id": provider_id,
        "site_id": "sit_1",
        "offer_id": "off_1",
        "adults": 2,
        "children": 2,
        "gross_cents": 3800,
        "reduction_cents": 1400,
        "net_cents": 2400,
        "paid_from_pot_cents": 2000,
        "due_cents": 400,
        "draws": [{"pot_id": "pot_1", "amount_cents": 2000}],
        "redeemed_at": "2020-07-14T10:00:00.000000Z",
    }
    return RedemptionRecorded(**stamp(), **given | changes)


def cancelled(event: RedemptionRecorded) -> RedemptionCancelled:
    same = {
        f.name: getattr(event, f.name) for f in fields(event) if f.name not in ("event_id", "occurred_at")
    }
    return RedemptionCancelled(**stamp(), **same, cancelled_at="2020-07-14T10:05:00.000000Z")


def hear(desk: Any, event: RedemptionRecorded) -> None:
    with desk.db.transaction() as session:
        count_redemptions(session, [event], -1 if isinstance(event, RedemptionCancelled) else 1)


def read(desk: Any, provider_id: str, *, by: str = "day", caller: Any = None, **days: str) -> Any:
    period = {"first_day": "2020-07-01", "last_day": "2021-06-30"} | days
    reader = admitted(caller or desk.officer, "offers.get_statistics")
    with desk.db.transaction() as session:
        return get_statistics(session, reader, provider_id=provider_id, by=by, **period)


def test_sales_are_summed_by_day_offer_card_type_and_site(desk: Any) -> None:
    provider_id = desk.accept()["id"]
    hear(desk, recorded(provider_id))
    hear(desk, recorded(provider_id, card_type="youth", offer_id="off_2", adults=1, children=0))
    hear(desk, recorded(provider_id, redeemed_at="2020-07-15T10:00:00.000000Z", paid_from_pot_cents=0))
    hear(desk, recorded("prv_other"))
    hear(desk, recorded(provider_id, site_id="sit_2", redeemed_at="2021-06-30T10:00:00.000000Z"))
    sites = read(desk, provider_id, by="site", last_day="2021-06-30")["rows"]
    assert [(row["key"], row["redemptions"]) for row in sites] == [("sit_1", 3), ("sit_2", 1)]
    hear(desk, cancelled(recorded(provider_id, site_id="sit_2", redeemed_at="2021-06-30T10:00:00.000000Z")))
    by_day = read(desk, provider_id)
    assert [(row["key"], row["redemptions"]) for row in by_day["rows"]] == [
        ("2020-07-14", 2),
        ("2020-07-15", 1),
    ]
    assert [row["key"] for row in read(desk, provider_id, by="offer")["rows"]] == ["off_1", "off_2"]
    rows = read(desk, provider_id, by="card_type")["rows"]
    assert [(row["key"], row["adults"], row["children"]) for row in rows] == [
        ("family_bonus", 4, 4),
        ("youth", 1, 0),
    ]
    assert by_day["total"] == {
        "key": "total",
        "redemptions": 3,
        "adults": 5,
        "children": 4,
        "gross_cents": 11400,
        "reduction_cents": 4200,
        "net_cents": 7200,
        "paid_from_pot_cents": 4000,
    }


def test_the_day_is_the_civil_day_in_paris(desk: Any) -> None:
    provider_id = desk.accept()["id"]
    hear(desk, recorded(provider_id, redeemed_at="2020-07-14T21:59:59.999999Z"))
    hear(desk, recorded(provider_id, redeemed_at="2020-07-14T22:00:00.000000Z"))
    hear(desk, recorded(provider_id, redeemed_at="2020-12-31T23:00:00.000000Z"))
    keys = [row["key"] for row in read(desk, provider_id)["rows"]]
    assert keys == ["2020-07-14", "2020-07-15", "2021-01-01"]


def test_a_visit_heard_of_late_is_counted_on_its_own_day_and_taken_out_of_it(desk: Any) -> None:
    provider_id = desk.accept()["id"]
    late = recorded(
        provider_id, visited_at="2020-08-10T21:58:00.000000Z", redeemed_at="2020-08-10T22:03:00.000000Z"
    )
    hear(desk, late)
    (row,) = read(desk, provider_id, first_day="2020-08-01", last_day="2020-08-31")["rows"]
    assert (row["key"], row["redemptions"]) == ("2020-08-10", 1)
    hear(desk, cancelled(late))
    assert read(desk, provider_id, first_day="2020-08-01", last_day="2020-08-31")["rows"] == []


def test_a_cancellation_takes_out_what_was_sold_in_any_order(desk: Any) -> None:
    provider_id = desk.accept()["id"]
    first, second = recorded(provider_id), recorded(provider_id, gross_cents=5000, net_cents=3600)
    for order in permutations([first, cancelled(first), second, cancelled(second)]):
        for event in order:
            hear(desk, event)
    answer = read(desk, provider_id)
    assert answer["rows"] == []
    assert answer["total"] == {"key": "total", **NOTHING}
    hear(desk, first)
    assert read(desk, provider_id)["total"]["net_cents"] == 2400


def test_sales_of_one_moment_are_all_counted(desk: Any) -> None:
    provider_id = desk.accept()["id"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: hear(desk, recorded(provider_id)), range(32)))
    assert read(desk, provider_id)["total"]["redemptions"] == 32


def test_a_batch_of_sales_is_one_statement_for_each_table(desk: Any) -> None:
    provider_id = desk.accept()["id"]
    statements: list[str] = []
    sql_event.listen(desk.db.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    sold = [recorded(provider_id, offer_id=f"off_{number % 10}") for number in range(50)]
    with desk.db.transaction() as session:
        count_redemptions(session, sold, 1)
    assert len(statements) == 2, statements
    assert read(desk, provider_id)["total"]["redemptions"] == 50
    assert len(read(desk, provider_id, by="offer")["rows"]) == 10


def test_a_provider_reads_its_own_statistics_only(desk: Any) -> None:
    provider_id = desk.accept()["id"]
    hear(desk, recorded(provider_id))
    assert read(desk, provider_id, caller=desk.manager_of(provider_id))["total"]["redemptions"] == 1
    for caller, code in (
        (desk.manager_of("prv_other"), "not_found"),
        (desk.caller_of("device", provider_id=provider_id), "not_allowed"),
        (desk.caller_of("holder"), "not_allowed"),
        (desk.caller_of("anonymous"), "not_authenticated"),
    ):
        with pytest.raises(Refusal) as refused:
            read(desk, provider_id, caller=caller)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"by": "week"}, "by"),
        ({"first_day": "14/07/2020"}, "from"),
        ({"last_day": "2020-06-30"}, "to"),
        ({"last_day": "2030-07-01"}, "to"),
    ],
)
def test_a_period_that_makes_no_sense_is_refused(desk: Any, asked: dict[str, str], field: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(desk, desk.accept()["id"], **asked)
    assert (refused.value.code, refused.value.field) == ("invalid_field", field)


def test_an_unknown_provider_is_not_found(desk: Any) -> None:
    with pytest.raises(Refusal) as refused:
        read(desk, "prv_nobody")
    assert refused.value.code == "not_found"


def test_totals_are_for_officers(desk: Any) -> None:
    def totals(caller: Any) -> dict[str, Any]:
        admitted(caller, "offers.get_statistics_totals")
        with desk.db.transaction() as session:
            return get_statistics_totals(session)

    assert totals(desk.officer) == NOTHING
    hear(desk, recorded("prv_1"))
    hear(desk, recorded("prv_2"))
    seen = totals(desk.officer)
    assert (seen["redemptions"], seen["net_cents"], seen["paid_from_pot_cents"]) == (2, 4800, 4000)
    with pytest.raises(Refusal) as refused:
        totals(desk.manager_of("prv_1"))
    assert refused.value.code == "not_allowed"
