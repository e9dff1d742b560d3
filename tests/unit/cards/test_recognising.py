"""A code is its digits or its 26 characters, however a reader or a hand writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.numbering import check_digit, draw_printed, group
from cards.recognising import CHECKS, recognise

bodies = st.text("0123456789", min_size=15, max_size=15)
randoms = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", min_size=26, max_size=26)
NUMBER = "4971203355180425"
QR_TEXT = "OCY1:MAQWZ234567BCDEFGHIJKLNOPR"
# The same keys on both keyboards: what a reader for the first names and a system set to the second writes.
QWERTY = "1234567890:]?MAQWZmaqwz"
AZERTY = "&é\"'(-è_çàM$§?QAZW,qazw"
ON_AZERTY = str.maketrans(QWERTY, AZERTY)
# What the caps lock changes of that on Windows: the row of digits and the key of M are shifted too.
WITH_CAPS_LOCK = str.maketrans("&é\"'(-è_çà,?", "1234567890?,")
SEPARATORS = [
    *" \t\u00a0\u202f\u2009\u3000",
    *"-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d",
    *".\u00b7\u2022/_,",
    *"\u200b\u200c\u200d\u2060\ufeff\u00ad",
    *"\u200e\u200f\u202a\u202c\u2066\u2069",
    " - ",
    "\r\n",
]


@given(bodies)
def test_a_number_with_its_check_digit_is_a_cards(body: str) -> None:
    assert recognise(body + check_digit(body)).text == body + check_digit(body)


@given(bodies, st.integers(0, 15), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(body: str, place: int, shift: int) -> None:
    number = body + check_digit(body)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert (recognise(wrong).text, recognise(wrong).check) == (None, "check_digit")


@given(bodies, st.integers(0, 14))
def test_every_swap_of_different_neighbours_is_found(body: str, place: int) -> None:
    number = body + check_digit(body)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert (recognise(swapped).text is None) == (swapped != number)


@pytest.mark.parametrize("between", SEPARATORS, ids=ascii)
def test_of_a_number_the_digits_count_whatever_separates_them(between: str) -> None:
    number = draw_printed().number
    for typed in (group(number).replace(" ", between), between.join(number), f"{between}{number}{between}"):
        read = recognise(typed)
        assert (read.medium, read.text) == ("number", number)


@pytest.mark.parametrize("zero", ["\uff10", "\u0660", "\u0966"], ids=ascii)
def test_digits_are_digits_whatever_their_width_or_script(zero: str) -> None:
    number = draw_printed().number
    assert recognise("".join(chr(ord(zero) + int(digit)) for digit in number)).text == number


@pytest.mark.parametrize("after", ["", "\r", "\n", "\r\n", "\t", "  ", "\u00a0", "\u200e"], ids=ascii)
@pytest.mark.parametrize(
    "before", ["", "]Q1", "]Q0", "]Q3", "\ufeff", "ï»¿", "]Q1\ufeff", " ", "\u202a"], ids=ascii
)
def test_a_qr_text_is_read_whatever_a_reader_puts_around_it_and_in_any_case(before: str, after: str) -> None:
    text = draw_printed().qr_text
    for sent in (text, text.lower(), text.swapcase(), text.capitalize()):
        read = recognise(before + sent + after)
        assert (read.medium, read.text) == ("qr", text)


def test_full_width_letters_are_letters() -> None:
    assert recognise("".join(chr(ord(one) + 0xFEE0) for one in QR_TEXT)).text == QR_TEXT


@given(randoms, st.sampled_from(["", "]Q1"]), st.sampled_from(["", "\r", "\t"]))
def test_what_a_qwerty_reader_types_on_an_azerty_system_is_read_right(
    random: str, before: str, after: str
) -> None:
    text = f"OCY1:{random}"
    typed = (before + text).translate(ON_AZERTY)
    for sent in (typed, typed.swapcase(), (before + text.lower()).translate(ON_AZERTY)):
        assert recognise(sent + after).text == text
    assert recognise(text.translate(ON_AZERTY).translate(WITH_CAPS_LOCK).lower() + after).text == text


@given(bodies)
def test_a_number_typed_on_an_azerty_keyboard_without_shift_is_read_right(body: str) -> None:
    number = body + check_digit(body)
    typed = number.translate(ON_AZERTY)
    on_a_mac = typed.replace("-", "§").replace("_", "!")
    for sent in (typed, typed.upper(), on_a_mac, group(number).translate(ON_AZERTY), f"]C0{number}"):
        assert recognise(sent).text == number


@pytest.mark.parametrize(
    ("sent", "check"),
    [
        ("1234", "length"),
        ("0" * 17, "length"),
        ("3017620422003", "length"),
        ("]E03017620422003", "length"),
        ("4971-2033-5518-042", "length"),
        (NUMBER[:-1] + "1", "check_digit"),
        ("&é\"'(-è_çà", "keyboard"),
        ("OCY1:", "qr"),
        (QR_TEXT[:-1], "qr"),
        (QR_TEXT + "A", "qr"),
        (QR_TEXT + "\n" + QR_TEXT, "qr"),
        (QR_TEXT.replace("M", "1"), "qr"),
        ("OCZ1Ö" + QR_TEXT[5:], "keyboard"),
        ("OCY&M" + QR_TEXT[5:-1], "keyboard"),
        ("OCY&M" + QR_TEXT[5:].replace("M", "m"), "keyboard"),
        (NUMBER[:8] + NUMBER[8:].translate(ON_AZERTY), "keyboard"),
        ("hello", "form"),
        ("https://example.org/4971203355180425", "form"),
        ("4971 2O33 5518 0425", "form"),
        ("4.971203355180425E15", "form"),
        ("²" + NUMBER[1:], "form"),
        ("\u200b", "form"),
        ("--", "form"),
        ("", "form"),
    ],
)
def test_what_can_be_no_card_is_told_with_what_to_check(sent: str, check: str) -> None:
    read = recognise(sent)
    assert (read.text, read.check) == (None, check)
    refusal = read.refusal("card")
    assert (refusal.code, refusal.field) == ("not_a_card_code", "card")
    assert refusal.details["check_fr"] != refusal.details["check_en"]


def test_every_check_is_told_without_what_was_sent() -> None:
    told = recognise("3017620422003").refusal("number").details
    assert "et non 13" in told["check_fr"]
    assert "not 13" in told["check_en"]
    assert all("{" not in words.format(digits=1) for pair in CHECKS.values() for words in pair)


def test_what_was_recognised_does_not_show_in_a_log_line() -> None:
    assert NUMBER not in repr(recognise(NUMBER))
    assert QR_TEXT not in repr(recognise(QR_TEXT))
