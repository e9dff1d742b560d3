"""Whether two spellings of a name mean the same: accents, hyphens and case do not matter."""

import unicodedata

# Letters that Unicode does not decompose into a base letter and an accent.
_LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)


def normalise_name(text: str) -> str:
    """Return the name as lower-case words without accents, one space between them.

    Hyphens, apostrophes and any other sign separate words: `D’Œuvre-Lécuyer` gives `d oeuvre lecuyer`.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    letters = "".join(char for char in plain if not unicodedata.combining(char)).translate(_LIGATURES)
    return " ".join("".join(char if char.isalnum() else " " for char in letters).split())


def name_key(name: str) -> str:
    """Return the name without accents, case, signs or blanks: what two spellings have in common."""
    return normalise_name(name).replace(" ", "")


def same_name(a: str, b: str) -> bool:
    """Say whether two spellings match; where words are cut does not matter (`Jean-Pierre`, `Jeanpierre`).

    A spelling without any letter or figure matches nothing, not even itself.
    """
    return bool(name_key(a)) and name_key(a) == name_key(b)
