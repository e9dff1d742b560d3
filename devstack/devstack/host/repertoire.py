"""The letters that the voucher's fonts have, for the contracts: ``python -m devstack.host.repertoire``."""

import sys
import unicodedata
from collections.abc import Iterable, Iterator

from devstack.host.libraries import CHINESE, characters

# The scripts whose names were drawn and looked at (ADR 0033), by blocks of Unicode. A font may know letters
# of other scripts without the rules by which they are joined: those stay out.
BLOCKS = {
    "ASCII and Latin-1": (0x0020, 0x00FF),
    "Latin": (0x0100, 0x024F),
    "signs of transliteration": (0x02B0, 0x02FF),
    "combining diacritical marks": (0x0300, 0x036F),
    "Greek": (0x0370, 0x03FF),
    "Cyrillic": (0x0400, 0x052F),
    "Armenian": (0x0530, 0x058F),
    "Hebrew": (0x0590, 0x05FF),
    "Arabic": (0x0600, 0x06FF),
    "Arabic, other languages": (0x0750, 0x077F),
    "Georgian": (0x10A0, 0x10FF),
    "Latin of Vietnamese and others": (0x1E00, 0x1EFF),
    "Greek with breathings": (0x1F00, 0x1FFF),
    "punctuation": (0x2010, 0x205E),
    "currencies": (0x20A0, 0x20CF),
    "signs like letters": (0x2100, 0x214F),
    "Latin, other languages": (0x2C60, 0x2C7F),
    "Georgian, old": (0x2D00, 0x2D2F),
    "Tifinagh": (0x2D30, 0x2D7F),
    "Chinese punctuation": (0x3000, 0x303F),
    "Hiragana and Katakana": (0x3040, 0x30FF),
    "Chinese": (0x4E00, 0x9FFF),
    "Latin, still others": (0xA720, 0xA7FF),
    "Hangul": (0xAC00, 0xD7A3),
    "ligatures and presentation forms": (0xFB00, 0xFDFF),
    "presentation forms of Arabic": (0xFE70, 0xFEFC),
    "full width": (0xFF01, 0xFF9F),
}
# Controls, unassigned, private use and surrogates; line and paragraph separators.
NEVER = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")


def repertoire() -> list[int]:
    """The code points of these blocks, as NFC leaves them, that this machine's fonts have in both weights.

    Open Sans is left out: its versions differ, and what one of them has alone cannot be promised.
    """
    in_both_weights = characters("DejaVu Sans") & characters("DejaVu Sans:bold")
    known = in_both_weights | characters(CHINESE)
    return sorted(code for code in known if _in_a_name(code))


def runs(codes: Iterable[int]) -> Iterator[str]:
    """Sorted code points as lines: ``0020-007E``, or ``2116`` for one alone."""
    first = last = None
    for code in codes:
        if first is None or last is None or code != last + 1:
            if first is not None and last is not None:
                yield _run(first, last)
            first = code
        last = code
    if first is not None and last is not None:
        yield _run(first, last)


def _in_a_name(code: int) -> bool:
    char = chr(code)
    return (
        any(first <= code <= last for first, last in BLOCKS.values())
        and unicodedata.category(char) not in NEVER
        and unicodedata.is_normalized("NFC", char)
    )


def _run(first: int, last: int) -> str:
    return f"{first:04X}" if first == last else f"{first:04X}-{last:04X}"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in runs(repertoire()))
