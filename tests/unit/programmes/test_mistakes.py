"""A programme file with a mistake is refused with file, key and reason."""

import pytest

from contracts.programmes import ProgrammeError, read_programmes

FILE = "occygene-2020.toml"

# what is replaced, by what, the key named, a part of the reason
MISTAKES = [
    ('funder = "Région Occitanie"', "", "funder", "missing"),
    ('funder = "Région Occitanie"', 'funder = "  "', "funder", "empty"),
    ('funder = "Région Occitanie"', f'funder = "{"x" * 501}"', "funder", "at most 500"),
    ('funder = "Région Occitanie"', 'funder = "R"\nfundr = "R"', "fundr", "not known here"),
    ('code = "occygene-2020"', 'code = "occygene-2021"', "code", "file's name"),
    ("orders_open = 2020-07-06", "orders_open = 2020-07-06T08:00:00", "orders_open", "a day"),
    ("orders_close = 2021-06-30", "orders_close = 2020-07-05", "orders_close", "before"),
    ("valid_until = 2021-06-30", "valid_until = 2020-06-30", "valid_until", "before"),
    ("valid_until = 2021-06-30", "", "valid_until", "missing"),
    ('timezone = "Europe/Paris"', 'timezone = "Europe/Toulouse"', "timezone", "not a timezone"),
    ('channels = ["region_site",', "channels = [7,", "channels[0]", "one of"),
    ('"phone_desk", "operator"]', '"phone_desk", "crt"]', "channels[5]", "twice"),
    ("undo_window_s = 900", "undo_window_s = -1", "undo_window_s", "from 0"),
    ("undo_window_s = 900", f"undo_window_s = {2**63 - 1}", "undo_window_s", "from 0"),
    ('kind = "identity"', 'kind = "second_pot"', "card_types.youth.checks[1].kind", "by the platform itself"),
    ("late_window_s = 900", "late_window_s = 2592001", "late_window_s", "from 120"),
    # Every live scan that says when it happened would be refused: it is late by the network alone.
    ("late_window_s = 900", "late_window_s = 0", "late_window_s", "from 120"),
    ('uses_belong_to = "household"', 'uses_belong_to = "card"', "uses_belong_to", "must be one of"),
    ("price_cents = 1500", "price_cents = 15.0", "card_types.family.price_cents", "whole number"),
    ("price_cents = 1500", "price_cents = true", "card_types.family.price_cents", "whole number"),
    ("price_cents = 1500", "", "card_types.family.price_cents", "missing"),
    ("min = 18, max = 25", 'min = "18", max = 25', "card_types.youth.age.min", "whole number"),
    ("min = 18, max = 25", "min = 26, max = 25", "card_types.youth.age.max", "below min"),
    ("min = 18, max = 25", "min = 18, below = 26", "card_types.youth.age.below", "not known here"),
    ("[card_types.youth]", "[card_types.Youth]", "card_types.Youth", "no code"),
    ("below = 1000", "below = 0", "card_types.family_bonus.family_quotient.below", "from 1"),
    ("family_quotient = { below = 1000 }", "", "card_types.family_bonus.family_quotient", "missing"),
    ('["sex", "birth_place"]', '["sex"]', "card_types.family_bonus.holder_fields", "birth_place"),
    ('["sex", "birth_place"]', '["shoe_size"]', "card_types.family_bonus.holder_fields[0]", "one of"),
    ('pots = ["region_bonus"]', 'pots = ["bonus"]', "card_types.family_bonus.pots[0]", "region_bonus"),
    ('"family_quotient_api"', '"oracle"', "card_types.family_bonus.checks[2].decided_by", "one of"),
    ('kind = "family_quotient"', 'kind = "identity"', "card_types.family_bonus.checks[2].kind", "twice"),
    (
        "cap_per_household_cents = 30000",
        "cap_per_household_cents = 300",
        "pots.region_bonus.cap_per_household_cents",
        "below",
    ),
    ("spend_until = 2020-11-15", "spend_until = 2021-11-15", "pots.region_bonus.spend_until", "valid_until"),
    ("spend_until = 2020-11-15", "spend_until = 2019-11-15", "pots.region_bonus.spend_until", "valid_from"),
    (
        "minimum_percent = 30",
        "minimum_percent = 101",
        "offer_rules.youth_student_rate.minimum_percent",
        "1 to 100",
    ),
    ('base = "student_rate"', 'base = "guess"', "offer_rules.youth_student_rate.base", "one of"),
    (
        "allowed_months = [7, 8]",
        "allowed_months = [7, 13]",
        "offer_rules.campsites_in_summer.allowed_months[1]",
        "one of",
    ),
    ("allowed_months = [7, 8]", "", "offer_rules.campsites_in_summer.allowed_kinds", "asks for nothing"),
    ('["campsites"] }', '["hotels"] }', "offer_rules.campsites_in_summer.applies_to.categories[0]", "one of"),
    (
        "minimum_gross_cents = 3000",
        "max_children = 3",
        "offer_rules.family_minimum.minimum_gross_cents",
        "missing",
    ),
    (
        'fr = "Plongée", en = "Diving"',
        'fr = "Plongée"',
        "categories.outdoor_sports.activities[5].en",
        "missing",
    ),
    (
        "quality_label = {",
        "[provider_terms.other]\nlabel = {",
        "categories.campsites.ways.campsite.label_instead",
        "quality_label",
    ),
    ("[contact]", "[[contact]]", "contact", "a table, not a list"),
]


@pytest.mark.parametrize(("old", "new", "key", "reason"), MISTAKES)
def test_a_mistake_is_named_by_file_key_and_reason(
    sources: dict[str, str], old: str, new: str, key: str, reason: str
) -> None:
    text = sources[FILE]
    assert old in text
    with pytest.raises(ProgrammeError) as refused:
        read_programmes({FILE: text.replace(old, new, 1)})
    found = {problem.key: problem.reason for problem in refused.value.problems}
    assert reason in found[key]
    assert f"{FILE}: {key}: " in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('"P1Y"', '"1 year"', "card_types.staff.validity.duration"),
        ('"P1Y"', '"P"', "card_types.staff.validity.duration"),
        ('["organisation", "contract_end"]', '["organisation"]', "card_types.seasonal.validity.rule"),
        ('rule = "contract_end"', 'rule = "forever"', "card_types.seasonal.validity.rule"),
        ('window = "year"', 'window = "week"', "usage_limits.once_a_year.window"),
    ],
)
def test_a_rule_of_the_staff_pass_that_cannot_be_is_refused(
    sources: dict[str, str], old: str, new: str, key: str
) -> None:
    text = sources["passresot66.toml"]
    assert old in text
    with pytest.raises(ProgrammeError) as refused:
        read_programmes({"passresot66.toml": text.replace(old, new)})
    assert [problem.key for problem in refused.value.problems] == [key]


def test_all_mistakes_of_all_files_are_named_at_once(sources: dict[str, str]) -> None:
    broken = {
        FILE: sources[FILE]
        .replace("price_cents = 1500", "price = 15")
        .replace("min = 18, max = 25", "min = -1"),
        "passresot66.toml": "code = ",
        "azur-2027.toml": sources["azur-2027.toml"],
    }
    with pytest.raises(ProgrammeError) as refused:
        read_programmes(broken)
    assert [(problem.file, problem.key) for problem in refused.value.problems] == [
        (FILE, "card_types.family.price"),
        (FILE, "card_types.family.price_cents"),
        (FILE, "card_types.youth.age.min"),
        ("passresot66.toml", "(file)"),
    ]
    assert (refused.value.file, refused.value.key) == (FILE, "card_types.family.price")


def test_an_empty_file_is_refused_by_what_it_lacks() -> None:
    with pytest.raises(ProgrammeError) as refused:
        read_programmes({"empty.toml": ""})
    assert {"code", "card_types", "orders_open", "valid_from"} <= {p.key for p in refused.value.problems}


def test_a_key_that_is_missing_for_every_card_type_is_named_once(sources: dict[str, str]) -> None:
    with pytest.raises(ProgrammeError) as refused:
        read_programmes({FILE: sources[FILE].replace("valid_from = 2020-07-01", "")})
    assert [problem.key for problem in refused.value.problems] == ["valid_from"]
