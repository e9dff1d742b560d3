"""What an application to join must say."""

from collections.abc import Callable
from typing import Any

import pytest

from contracts.programmes import Programme
from contracts.refusals import Refusal
from offers.application_rules import check_application, missing_for

Make = Callable[..., Any]
Programmes = dict[str, Programme]


def test_every_provider_of_the_demo_may_apply_and_be_accepted(
    demo_providers: list[dict[str, Any]], programmes: Programmes
) -> None:
    assert len(demo_providers) >= 24
    for provider in demo_providers:
        given = {key: value for key, value in provider.items() if key != "offers"}
        assert check_application(given, programmes) == given  # type: ignore[arg-type]
        joined = [programmes[code] for code in provider["programmes"]]
        criteria, label = provider["criteria"], provider["quality_label"]
        assert missing_for(joined, provider["category"], criteria, label) == []


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": " "}, "invalid_field", "name"),
        ({"name": "a" * 121}, "invalid_field", "name"),
        ({"name": "a\x00b"}, "invalid_field", "name"),
        ({"category": "spas"}, "invalid_field", "category"),
        ({"category": "campsites", "programmes": ["passresot66"]}, "invalid_field", "category"),
        (
            {"category": "campsites", "programmes": ["occygene-2020", "passresot66"]},
            "invalid_field",
            "category",
        ),
        ({"programmes": []}, "invalid_field", "programmes"),
        ({"programmes": ["occygene-2020", "occygene-2020"]}, "invalid_field", "programmes"),
        ({"programmes": ["occygene-2020", "occygene-1999"]}, "programme_unknown", "programmes.1"),
        ({"legal_id": "73282932000075"}, "invalid_field", "legal_id"),
        ({"contact": {"email": "nobody"}}, "invalid_field", "contact.email"),
        ({"contact": {"phone": "call me"}}, "invalid_field", "contact.phone"),
        ({"website": "javascript:alert(1)"}, "invalid_field", "website"),
        ({"criteria": ["no_such_criterion"]}, "invalid_field", "criteria.0"),
        ({"months_open": [5, 6, 7, 8, 9]}, "invalid_field", "months_open"),
        ({"months_open": [5, 6, 7, 8, 9, 13]}, "invalid_field", "months_open.5"),
        ({"months_open": [5, 6, 7, 8, 9, 9]}, "invalid_field", "months_open"),
        ({"sites": []}, "invalid_field", "sites"),
        ({"site": {"insee": "09999"}}, "commune_unknown", "sites.0.insee"),
        ({"site": {"latitude": 1.6053, "longitude": 42.9655}}, "invalid_field", "sites.0.latitude"),
        ({"site": {"latitude": float("nan")}}, "invalid_field", "sites.0.latitude"),
        ({"site": {"longitude": 180.5}}, "invalid_field", "sites.0.longitude"),
        (
            {"site": {"opening": [{"from": "02-30", "to": "08-31"}]}},
            "invalid_field",
            "sites.0.opening.0.from",
        ),
        ({"quality_label": "yes"}, "invalid_field", "quality_label"),
    ],
)
def test_a_field_at_fault_is_named(
    application: Make, programmes: Programmes, changes: dict[str, Any], code: str, field: str
) -> None:
    with pytest.raises(Refusal) as refused:
        check_application(application(**changes), programmes)
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_programme_that_asks_for_no_months_takes_whoever_opens_rarely(
    application: Make, programmes: Programmes
) -> None:
    given = application(programmes=["passresot66"], months_open=[7])
    assert check_application(given, programmes)["months_open"] == [7]


def test_texts_lose_the_blanks_around_them(application: Make, programmes: Programmes) -> None:
    assert check_application(application(name="  Grotte  "), programmes)["name"] == "Grotte"


def test_the_label_stands_in_for_the_criteria_only_where_the_category_says_so(programmes: Programmes) -> None:
    occygene = [programmes["occygene-2020"]]
    assert missing_for(occygene, "campsites", [], True) == []
    assert [c.code for c in missing_for(occygene, "guided_tours", [], True)] == ["sold_by_booking_centre"]


def test_every_missing_criterion_is_named(programmes: Programmes) -> None:
    fulfilled = ["two_stars", "compliant"]
    missing = missing_for([programmes["occygene-2020"]], "holiday_villages", fulfilled, False)
    assert [c.code for c in missing] == ["lodging_and_shared_facilities", "meals"]


def test_criteria_are_asked_by_the_programme_that_has_them(programmes: Programmes) -> None:
    both = [programmes["passresot66"], programmes["occygene-2020"]]
    assert missing_for(both[:1], "cultural_sites", [], False) == []
    assert missing_for(both, "cultural_sites", [], False)
