"""Seasons, pots and the form of a scan, without a database."""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from cards.numbering import draw_printed
from cards.scan.desk import CardAtDesk, PotAtDesk
from cards.scan.drawing import draw_from_pots
from cards.scan.request import check_occurred_at, read_scan, visit_of
from cards.scan.rules import in_season
from cards.sealing import Keys
from contracts.base import Season
from contracts.offers import OfferPublished
from contracts.programmes import Programme
from contracts.programmes.shape import People
from contracts.refusals import Refusal
from contracts.writing import span

KEYS = Keys(sealing=secrets.token_bytes(32), number_hash=secrets.token_bytes(32))
TODAY = date(2020, 8, 1)
AT = datetime(2020, 8, 1, 9, tzinfo=UTC)


def pot(pot_id: str, amount: int, until: str = "2020-11-15", **fields: Any) -> PotAtDesk:
    """A pot with so much left."""
    usual: dict[str, Any] = {
        "pot_code": "region_bonus",
        "categories": (),
        "spend_from": date(2020, 7, 1),
        "closed": False,
        "locked": False,
    }
    return PotAtDesk(
        pot_id=pot_id, amount_cents=amount, spend_until=date.fromisoformat(until), **{**usual, **fields}
    )


@pytest.fixture
def draw(
    offer_of: Callable[..., OfferPublished], programmes: dict[str, Programme]
) -> Callable[..., dict[str, int]]:
    """``draw(pots, pay_cents, **terms)``: what is taken from each pot."""
    card = CardAtDesk(
        id="card_1",
        order_id="ord_1",
        counted_as="hou_1",
        household_id="hh_1",
        account_id="acc_1",
        holder_id="per_1",
        programme="occygene-2020",
        card_type="family_bonus",
        sealed=b"",
        valid_from=date(2020, 7, 6),
        valid_until=date(2021, 6, 30),
        revoked_at=None,
        household=People(adults=2, children=2),
        first_name="Léa",
        age_band="26–39",
        offer=None,
        is_offer_known=True,
        is_offer_withdrawn=False,
        offer_withdrawn_at=None,
    )

    def taken(pots: list[PotAtDesk], pay_cents: int, card_type: str = "family_bonus", **terms: Any) -> Any:
        mine = replace(card, card_type=card_type)
        draws = draw_from_pots(pots, mine, offer_of(**terms), pay_cents, programmes["occygene-2020"], TODAY)
        return {each["pot_id"]: each["amount_cents"] for each in draws}

    return taken


@pytest.mark.parametrize(
    ("seasons", "day", "is_open"),
    [
        ([], date(2020, 1, 1), True),
        ([{"from": "07-01", "to": "08-31"}], date(2020, 7, 1), True),
        ([{"from": "07-01", "to": "08-31"}], date(2020, 8, 31), True),
        ([{"from": "07-01", "to": "08-31"}], date(2020, 9, 1), False),
        ([{"from": "11-15", "to": "03-31"}], date(2020, 12, 31), True),
        ([{"from": "11-15", "to": "03-31"}], date(2020, 2, 29), True),
        ([{"from": "11-15", "to": "03-31"}], date(2020, 4, 1), False),
        ([{"from": "01-01", "to": "01-31"}, {"from": "05-01", "to": "05-31"}], date(2020, 5, 2), True),
    ],
)
def test_a_season_has_both_its_ends_and_may_span_the_new_year(
    seasons: list[Season], day: date, is_open: bool
) -> None:
    assert in_season(seasons, day) is is_open


def test_the_pot_that_ends_first_is_spent_first(draw: Callable[..., Any]) -> None:
    pots = [pot("pot_a", 500, "2020-11-15"), pot("pot_b", 300, "2020-09-30")]
    assert draw(pots, 400) == {"pot_b": 300, "pot_a": 100}
    assert draw(pots, 300) == {"pot_b": 300}


def test_a_pot_pays_its_own_categories_only(draw: Callable[..., Any]) -> None:
    pots = [pot("pot_a", 500, categories=("campsites",)), pot("pot_b", 300)]
    assert draw(pots, 200) == {"pot_b": 200}
    with pytest.raises(Refusal, match="pot_insufficient"):
        draw(pots, 301)


@pytest.mark.parametrize(
    ("code", "pots", "pay_cents", "more"),
    [
        ("pot_not_accepted", [pot("pot_a", 500)], 1, {"pot_accepted": False}),
        ("pot_not_accepted", [], 1, {"card_type": "youth"}),
        ("pot_not_accepted", [pot("pot_a", 500, categories=("campsites",))], 1, {"card_type": "youth"}),
        # The credit is still on its way.
        ("pot_insufficient", [], 1, {}),
        ("pot_insufficient", [pot("pot_a", 500)], 501, {}),
        ("pot_closed", [pot("pot_a", 0, closed=True)], 1, {}),
        ("pot_closed", [pot("pot_a", 500, "2020-07-31")], 1, {}),
        ("pot_closed", [pot("pot_a", 500, spend_from=date(2020, 8, 2))], 1, {}),
        ("pot_locked", [pot("pot_a", 500, locked=True)], 1, {}),
        ("pot_locked", [pot("pot_a", 500), pot("pot_b", 500, locked=True)], 1, {}),
        ("pot_not_accepted", [pot("pot_a", 500, locked=True)], 1, {"pot_accepted": False}),
        ("pot_closed", [pot("pot_a", 500, "2020-07-31", locked=True)], 1, {}),
    ],
)
def test_a_pot_that_cannot_pay_says_why(
    draw: Callable[..., Any], code: str, pots: list[PotAtDesk], pay_cents: int, more: dict[str, Any]
) -> None:
    with pytest.raises(Refusal, match=code):
        draw(pots, pay_cents, **more)


def scan(**fields: Any) -> Any:
    """A scan's body that is well formed, but for these fields."""
    usual = {
        "card": draw_printed().qr_text,
        "offer_id": "off_1",
        "party": {"adults": 1, "children": 0},
        "gross_cents": 1000,
    }
    return {**usual, **fields}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("card", ""),
        ("card", "A" * 4_297),
        ("card", "OCY1:\0"),
        ("card", 1234),
        ("offer_id", None),
        ("card_code", 1234),
        ("gross_cents", -1),
        ("gross_cents", 2**63),
        ("gross_cents", 10.0),
        ("gross_cents", True),
        ("pay_cents", -1),
        ("pay_cents", "5"),
        ("party.adults", {"adults": -1, "children": 0}),
        ("party.children", {"adults": 0, "children": 31}),
        ("party", {"adults": 0, "children": 0}),
        ("party", None),
        ("gross_cents", None),
        ("occurred_at", "yesterday"),
        ("occurred_at", "2020-08-01T09:00:00"),
        ("second_visit", "yes"),
        ("second_visit", 2),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_field(field: str, value: Any) -> None:
    with pytest.raises(Refusal, match="invalid_field") as refused:
        read_scan(scan(**{field.split(".")[0]: value}), KEYS)
    assert refused.value.field == field


def test_what_can_be_no_card_is_looked_for_nowhere() -> None:
    number = draw_printed().number
    wrong_digit = number[:-1] + str((int(number[-1]) + 1) % 10)
    for card in (wrong_digit, "OCY1:short", "hello"):
        assert read_scan(scan(card=card), KEYS).card_hash is None


def test_the_code_is_needed_for_a_number_that_pays_and_for_nothing_else() -> None:
    printed = draw_printed()
    assert read_scan(scan(card=printed.number, pay_cents=1), KEYS).needs_code
    assert not read_scan(scan(card=printed.number), KEYS).needs_code
    assert not read_scan(scan(card=printed.qr_text, pay_cents=1), KEYS).needs_code


@pytest.mark.parametrize(
    ("minutes", "is_near"), [(-15, True), (0, True), (2, True), (-15.1, False), (2.1, False)]
)
def test_the_devices_time_must_be_near_ours(
    programmes: dict[str, Programme], minutes: float, is_near: bool
) -> None:
    read = read_scan(scan(occurred_at=(AT + timedelta(minutes=minutes)).isoformat()), KEYS)
    if is_near:
        check_occurred_at(read, programmes["occygene-2020"], AT)
        return
    with pytest.raises(Refusal, match="invalid_field"):
        check_occurred_at(read, programmes["occygene-2020"], AT)


def test_how_late_a_visit_may_be_heard_of_is_the_programmes_word(programmes: dict[str, Programme]) -> None:
    for_days = replace(programmes["occygene-2020"], late_window_s=3 * 86_400)
    read = read_scan(scan(occurred_at=(AT - timedelta(days=3)).isoformat()), KEYS)
    check_occurred_at(read, for_days, AT)
    assert visit_of(read, for_days, AT).day == date(2020, 7, 29)
    with pytest.raises(Refusal, match="invalid_field") as refused:
        check_occurred_at(read, for_days, AT + timedelta(seconds=1))
    assert refused.value.details["rule_fr"] == "au plus 3 jours dans le passé et 2 minutes dans le futur"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (900, "15 minutes"),
        (7_200, "2 heures"),
        (86_400 * 30, "30 jours"),
        (90, "90 secondes"),
        (86_400, "1 jour"),
        (3_600, "1 heure"),
        (121, "121 secondes"),
    ],
)
def test_a_length_of_time_is_told_in_its_largest_whole_unit(seconds: int, words: str) -> None:
    assert span(seconds)["fr"] == words


@pytest.mark.parametrize(
    ("occurred_at", "visited_at"),
    [
        (None, AT),
        (AT - timedelta(minutes=5), AT - timedelta(minutes=5)),
        (AT + timedelta(minutes=2), AT),
        (datetime(1, 1, 1, tzinfo=UTC), AT - timedelta(minutes=15)),
        (datetime(9999, 12, 31, tzinfo=UTC), AT),
    ],
)
def test_a_visit_took_place_when_the_device_says_and_never_after_it_was_heard_of(
    programmes: dict[str, Programme], occurred_at: datetime | None, visited_at: datetime
) -> None:
    said = None if occurred_at is None else occurred_at.isoformat()
    visit = visit_of(read_scan(scan(occurred_at=said), KEYS), programmes["occygene-2020"], AT)
    assert (visit.at, visit.day) == (visited_at, TODAY)
