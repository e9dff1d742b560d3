"""Which names are taken for a voucher, and what a refusal says of the letters that it cannot print."""

import re
import unicodedata

import pytest

from contracts.printable import MARKS_MAX, as_printed, check_printable, printable_ranges
from contracts.refusals import Refusal, sentence
from tests.unit.names import DECOMPOSED, NAMES, UNPRINTABLE, VOCALISED

FIELD = "holder.family_name"


def refusal_of(text: str) -> Refusal:
    with pytest.raises(Refusal) as refused:
        check_printable(FIELD, text)
    assert (refused.value.code, refused.value.field) == ("invalid_field", FIELD)
    return refused.value


@pytest.mark.parametrize("script", NAMES)
def test_names_of_these_scripts_are_taken_composed_or_not(script: str) -> None:
    for name in (*NAMES[script], *DECOMPOSED[script], *VOCALISED.get(script, ())):
        check_printable(FIELD, name)


def test_an_organisations_signs_are_taken() -> None:
    check_printable(FIELD, "Office de tourisme « Céret & Cie » n° 2 – (66400), l’été ; 50 % @ 3 €…")


@pytest.mark.parametrize("what", UNPRINTABLE)
def test_a_refusal_says_in_both_languages_which_letters_cannot_be_printed(what: str) -> None:
    name, letters = UNPRINTABLE[what]
    said = refusal_of(name).details
    named = ", ".join(f"« {letter} »" for letter in letters)
    assert f"ces lettres ne peuvent pas être imprimées sur le bon : {named} ;" in said["rule_fr"]
    assert f"these letters cannot be printed on the voucher: {named};" in said["rule"]
    said["rule"].encode(), said["rule_fr"].encode()


def test_the_refusal_is_a_sentence() -> None:
    refusal = refusal_of("Léa 😀")
    details = {"field": FIELD, **refusal.details}
    assert sentence("invalid_field", details).en == (
        "Field “holder.family_name” is not valid: these letters cannot be printed on the voucher: « 😀 »; "
        "please use other letters."
    )


def test_a_refusal_names_few_letters_once_each_and_in_no_order_of_the_name() -> None:
    said = refusal_of("สมชายสมชาย ก ข ค").details["rule"]
    assert re.findall("« (.+?) »", said) == ["ก", "ข", "ค", "ช", "ม"]
    assert "« ม » …;" in said


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("Nguye\u0302\u0303n", "Nguyễn"),
        ("\u1100\u1161", "가"),
        ("\u202eAmira\u202c", "Amira"),
        ("\u2068Amira\u2069", "Amira"),
        ("葛\U000e0100飾", "葛飾"),
        ("Ben\u00adali\u200b\ufeff", "Benali"),
        ("e\u034f\u0301", "é"),
    ],
)
def test_what_has_neither_shape_nor_meaning_is_not_printed(typed: str, printed: str) -> None:
    assert as_printed(typed) == printed
    check_printable(FIELD, typed)


@pytest.mark.parametrize("sign", ["\u200c", "\u200d", "\u200e", "\u200f", "\u061c"])
def test_signs_that_join_part_or_direct_letters_stay(sign: str) -> None:
    assert as_printed(f"کاظم{sign}زاده") == f"کاظم{sign}زاده"
    check_printable(FIELD, f"کاظم{sign}زاده")


@pytest.mark.parametrize(
    "name", ["\u0301Zoé", "Zoé \u0301", "4\u0301", "Z\u0334\u0308\u0327\u0328"], ids=ascii
)
def test_marks_without_a_letter_and_heaps_of_marks_are_refused(name: str) -> None:
    said = refusal_of(name).details
    assert "3 au plus sur chaque lettre" in said["rule_fr"]
    assert "3 at most on each letter" in said["rule"]


def test_as_many_marks_as_hebrew_needs_are_taken() -> None:
    check_printable(FIELD, "Z\u0334\u0308\u0327")
    check_printable(FIELD, "ש\u05b8\u05bc\u05c2")
    assert MARKS_MAX == 3


def test_the_data_is_in_order_and_has_what_a_name_can_hold_only() -> None:
    ranges = printable_ranges()
    bounds = [bound for run in ranges for bound in run]
    assert bounds == sorted(bounds)
    letters = [chr(code) for first, last in ranges for code in range(first, last + 1)]
    assert [char for char in letters if not unicodedata.is_normalized("NFC", char)] == []
    assert {unicodedata.category(char)[0] for char in letters} <= set("LMNPSZ")
