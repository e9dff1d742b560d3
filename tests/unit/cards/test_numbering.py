"""What is drawn for a card has its printed form, and its check digit is the published one."""

import re

from cards.numbering import check_digit, draw_printed


def test_the_check_digit_of_the_published_example_is_right() -> None:
    # Damm's own example.
    assert check_digit("572") == "4"


def test_what_is_drawn_has_the_printed_form_and_differs_each_time() -> None:
    drawn = [draw_printed() for _ in range(200)]
    assert len({printed.number for printed in drawn}) == 200
    assert len({printed.qr_text for printed in drawn}) == 200
    for printed in drawn:
        assert re.fullmatch(r"OCY1:[A-Z2-7]{26}", printed.qr_text)
        assert re.fullmatch(r"[0-9]{4}", printed.card_code)
        assert re.fullmatch(r"[0-9]{16}", printed.number)
        assert check_digit(printed.number) == "0"


def test_printed_secrets_do_not_show_in_a_log_line() -> None:
    printed = draw_printed()
    assert printed.number not in repr(printed)
    assert printed.qr_text not in repr(printed)
