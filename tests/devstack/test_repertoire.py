"""The contracts' letters are those that this machine's fonts have."""

import sys

import pytest

from contracts.printable import printable_ranges
from devstack.host.libraries import characters
from devstack.host.repertoire import repertoire, runs


def printable() -> set[int]:
    return {code for first, last in printable_ranges() for code in range(first, last + 1)}


def test_the_fonts_of_this_machine_have_every_letter_that_is_taken_for_a_voucher() -> None:
    assert printable() - set(repertoire()) == set()


@pytest.mark.skipif(
    sys.platform == "darwin", reason="LEFT OUT: its Chinese font has letters that no other has"
)
def test_no_letter_that_the_fonts_have_is_refused_within_the_scripts_that_are_printed() -> None:
    assert set(repertoire()) - printable() == set()


def test_a_font_that_nobody_has_gives_its_substitutes_letters_or_none() -> None:
    assert ord("ก") not in characters("Occitan Grotesque")


def test_runs_are_written_as_first_and_last() -> None:
    assert list(runs([0x20, 0x21, 0x22, 0x2116, 0xAC00, 0xAC01])) == ["0020-0022", "2116", "AC00-AC01"]
    assert list(runs([])) == []
