"""An order that is being filled in: every rule that has its input answers, and nothing is kept."""

from typing import Any

import pytest
from sqlalchemy import text

from cards.orders.checking import check_order
from contracts.refusals import Refusal
from tests.admission import admitted

ADULT = {"given_name": "Léa", "family_name": "Roux", "birth_date": "1985-05-05"}
CHILD = {"given_name": "Tom", "family_name": "Roux", "birth_date": "2012-01-01"}
IN_TOULOUSE = {"address": {"insee": "31555"}}
IN_PARIS = {"address": {"insee": "75056"}}


def check(stage: Any, card_type: str = "family", caller: Any = None, **draft: Any) -> list[tuple[str, str]]:
    """Code and field of each broken rule."""
    found = check_order(
        admitted(caller or stage.caller("partner"), "cards.check_order"),
        stage.programmes,
        order={"programme": "occygene-2020", "card_type": card_type, **draft},  # type: ignore[typeddict-item]
    )
    assert all(one["rule"]["fr"] and one["rule"]["en"] for one in found)
    return [(one["code"], one["field"]) for one in found]


@pytest.mark.parametrize(
    ("card_type", "draft", "broken"),
    [
        ("family", {}, []),
        ("family", {"holder": {}}, []),
        ("family", {"holder": ADULT | IN_TOULOUSE, "members": [CHILD]}, []),
        ("youth", {"holder": ADULT}, [("age_not_covered", "holder.birth_date")]),
        ("family", {"holder": {"birth_date": "2031-01-01"}}, [("invalid_field", "holder.birth_date")]),
        ("family", {"holder": ADULT, "members": []}, [("household_not_covered", "members")]),
        ("family", {"holder": ADULT, "members": [{"given_name": "Tom"}]}, []),
        ("family", {"holder": ADULT, "members": [ADULT]}, [("invalid_field", "members.0")]),
        ("family", {"holder": ADULT, "members": [CHILD, CHILD]}, [("invalid_field", "members.1")]),
        ("family", {"holder": IN_PARIS}, [("residence_not_covered", "holder.address.insee")]),
        (
            "family",
            {"holder": {"address": {"insee": "00000"}}},
            [("commune_unknown", "holder.address.insee")],
        ),
        (
            "family_bonus",
            {"holder": ADULT},
            [("invalid_field", "holder.sex"), ("invalid_field", "holder.birth_place")],
        ),
        (
            "youth",
            {"holder": ADULT | IN_PARIS, "members": [CHILD]},
            [
                ("residence_not_covered", "holder.address.insee"),
                ("age_not_covered", "holder.birth_date"),
                ("household_not_covered", "members"),
            ],
        ),
    ],
)
def test_each_rule_answers_as_soon_as_its_input_is_there(
    stage: Any, card_type: str, draft: dict[str, Any], broken: list[tuple[str, str]]
) -> None:
    assert check(stage, card_type, **draft) == broken


def test_what_is_broken_is_what_an_order_would_be_refused_for(stage: Any) -> None:
    request = stage.request("youth", members=[])
    [(code, field)] = check(stage, "youth", holder=dict(request["holder"]), members=[])
    with pytest.raises(Refusal, match=code) as refused:
        stage.order(request)
    assert refused.value.field == field


def test_nothing_is_kept(stage: Any) -> None:
    check(stage, holder=ADULT | IN_TOULOUSE, members=[CHILD])
    with stage.db.transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM orders")) == 0
    assert stage.people.households == {}


def test_what_nobody_may_order_is_refused_as_an_order_is(stage: Any) -> None:
    with pytest.raises(Refusal, match="card_type_unknown"):
        check(stage, "none_such")
    with pytest.raises(Refusal, match="programme_unknown"):
        check(stage, caller=stage.caller("officer", programmes=("passresot66",)))
