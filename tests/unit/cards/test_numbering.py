"""Card numbers find every single wrong digit and every swap of neighbours; QR texts have one form."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cards.numbering import check_digit, draw_printed, group, parse_number, parse_qr_text

bodies = st.text("0123456789", min_size=15, max_size=15)


def test_the_check_digit_of_the_published_example_is_right() -> None:
    # Damm's own example.
    assert check_digit("572") == "4"


@given(bodies)
def test_a_number_with_its_check_digit_is_accepted(body: str) -> None:
    assert parse_number(body + check_digit(body)) == body + check_digit(body)


@given(bodies, st.integers(0, 15), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(body: str, place: int, shift: int) -> None:
    number = body + check_digit(body)
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert parse_number(wrong) is None


@given(bodies, st.integers(0, 14))
def test_every_swap_of_different_neighbours_is_found(body: str, place: int) -> None:
    number = body + check_digit(body)
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    assert (parse_number(swapped) is None) == (swapped != number)


@pytest.mark.parametrize("gap", [" ", "\u00a0", "\u202f", "  ", "\t"])
def test_spaces_of_any_kind_between_the_groups_do_not_matter(gap: str) -> None:
    number = draw_printed().number
    assert parse_number(gap + group(number).replace(" ", gap) + gap) == number


@pytest.mark.parametrize("typed", ["", "1234", "0" * 17, "٠" * 16, "12345678-1234567", "OCY1:" + "A" * 26])
def test_what_is_no_number_is_none(typed: str) -> None:
    assert parse_number(typed) is None


def test_what_is_drawn_has_the_printed_form_and_differs_each_time() -> None:
    drawn = [draw_printed() for _ in range(200)]
    assert len({printed.number for printed in drawn}) == 200
    assert len({printed.qr_text for printed in drawn}) == 200
    for printed in drawn:
        assert re.fullmatch(r"OCY1:[A-Z2-7]{26}", printed.qr_text)
        assert re.fullmatch(r"[0-9]{4}", printed.card_code)
        assert parse_number(printed.number) == printed.number


def test_printed_secrets_do_not_show_in_a_log_line() -> None:
    printed = draw_printed()
    assert printed.number not in repr(printed)
    assert printed.qr_text not in repr(printed)


def test_a_qr_text_may_have_a_line_end_but_nothing_else() -> None:
    text = draw_printed().qr_text
    assert parse_qr_text(text + "\r\n") == text
    assert parse_qr_text(text.lower()) is None
    assert parse_qr_text(text + "A") is None
