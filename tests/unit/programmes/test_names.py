"""Names match whatever their accents, hyphens, apostrophes, case and spaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.names import normalise_name, same_name

NAMES = st.text(max_size=30)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Éloïse", "ELOISE"),
        ("Jean-Pierre", "Jean Pierre"),
        ("Jean-Pierre", "jeanpierre"),
        ("D’Angelo", "d'angelo"),
        ("D'Angelo", "DANGELO"),
        ("Lecœur", "LECOEUR"),
        ("Lætitia", "Laetitia"),
        ("Weiß", "WEISS"),
        ("Nuñez", "Nunez"),
        ("  Marie   Anne ", "Marie Anne"),
        ("François", "Franc\u0327ois"),
        ("İpek", "ipek"),
    ],
)
def test_two_spellings_of_one_name_match(a: str, b: str) -> None:
    assert same_name(a, b)


@pytest.mark.parametrize(("a", "b"), [("Martin", "Martine"), ("Marie", "Maria"), ("", ""), ("-", "'")])
def test_other_names_and_no_names_do_not_match(a: str, b: str) -> None:
    assert not same_name(a, b)


def test_a_normalised_name_keeps_its_words() -> None:
    assert normalise_name("D’Œuvre-Lécuyer") == "d oeuvre lecuyer"


@given(NAMES)
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise_name(normalise_name(text)) == normalise_name(text)


@given(NAMES, NAMES)
def test_matching_is_symmetric_and_ignores_case(a: str, b: str) -> None:
    assert same_name(a, b) == same_name(b, a)
    assert same_name(a, a.upper()) == bool(normalise_name(a)) or not a.isascii()


@given(st.text(alphabet="abcéèçœ", min_size=1, max_size=10), st.sampled_from(["-", "'", "’", " ", "  "]))
def test_what_joins_two_words_does_not_matter(word: str, joint: str) -> None:
    assert same_name(f"{word}{joint}{word}", f"{word} {word}".upper())
