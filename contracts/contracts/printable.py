"""Which names the voucher can print, and how it prints them; pure rules.

Only `notify` has the fonts: their letters are data, `data/printable.txt` (ADR 0033), read on first use.
"""

import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache
from importlib import resources

from contracts.refusals import Refusal

# More marks on one letter would reach into the lines above and beneath; Hebrew and Arabic need three.
MARKS_MAX = 3
# A refusal names no more letters than this, in the order of their code points: it must not repeat a name.
NAMED_MAX = 5
# What has no shape, and comes along when names are copied: soft hyphens, joiners of graphemes and words,
# blanks without width, marks that embed, isolate or override a direction, and selectors of variants.
_DROPPED = dict.fromkeys(
    (
        *(0xAD, 0x34F, 0x200B, 0xFEFF),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFE00, 0xFE10),
        *range(0xE0100, 0xE01F0),
    )
)
# What has no shape either, but a meaning: it parts or joins letters (Persian), or says which way signs run.
_KEPT = frozenset("\u200c\u200d\u200e\u200f\u061c")
_WITHOUT_SHAPE = ("C", "M", "Z")


def as_printed(text: str) -> str:
    """The text as the voucher prints it: accents joined to their letters, nothing without a meaning."""
    return unicodedata.normalize("NFC", text.translate(_DROPPED))


def is_mark(char: str) -> bool:
    """Whether it stands on, in or under the letter before it."""
    return unicodedata.category(char) in ("Mn", "Me", "Mc")


def check_printable(field: str, text: str) -> None:
    """Refuse letters that the voucher's fonts lack, and marks that would run into other lines."""
    printed = as_printed(text)
    if lacking := {char for char in printed if not _has(ord(char)) and char not in _KEPT}:
        letters = _named(lacking)
        raise Refusal(
            "invalid_field",
            field=field,
            rule=f"these letters cannot be printed on the voucher: {letters}; please use other letters",
            rule_fr=f"ces lettres ne peuvent pas être imprimées sur le bon : {letters} ; "
            "écrivez-le avec d’autres lettres",
        )
    if _too_marked(printed):
        raise Refusal(
            "invalid_field",
            field=field,
            rule=f"accents and signs need a letter before them, {MARKS_MAX} at most on each letter",
            rule_fr=f"les accents et signes suivent une lettre, {MARKS_MAX} au plus sur chaque lettre",
        )


def printable_ranges() -> list[tuple[int, int]]:
    """The code points that the fonts have, as first and last of each run, in order."""
    text = resources.files("contracts").joinpath("data/printable.txt").read_text(encoding="ascii")
    runs = (line.split("-") for line in text.splitlines())
    return [(int(run[0], 16), int(run[-1], 16)) for run in runs]


def _has(code: int) -> bool:
    firsts, lasts = _bounds()
    place = bisect_right(firsts, code) - 1
    return place >= 0 and code <= lasts[place]


@cache
def _bounds() -> tuple[list[int], list[int]]:
    ranges = printable_ranges()
    return [first for first, _ in ranges], [last for _, last in ranges]


def _too_marked(printed: str) -> bool:
    room = 0
    for char in printed:
        if not is_mark(char):
            room = MARKS_MAX if unicodedata.category(char).startswith("L") else 0
        elif room == 0:
            return True
        else:
            room -= 1
    return False


def _named(chars: Iterable[str]) -> str:
    ordered = sorted(chars)
    return ", ".join(f"« {_shown(char)} »" for char in ordered[:NAMED_MAX]) + (
        " …" if len(ordered) > NAMED_MAX else ""
    )


def _shown(char: str) -> str:
    # What has no shape of its own, or none that anybody agreed on, goes by its number.
    return f"U+{ord(char):04X}" if unicodedata.category(char).startswith(_WITHOUT_SHAPE) else char
