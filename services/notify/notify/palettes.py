"""The colours of vouchers and mails: a few calm sets, one for each programme, chosen by its code."""

from dataclasses import dataclass
from urllib.parse import quote
from zlib import crc32


@dataclass(frozen=True, kw_only=True)
class Palette:
    """`deep` carries white text and is text on `tint` and on white: contrast of at least 7 to 1.

    `hill` and `far` draw the landscape under the title; `warm` is decoration only.
    """

    deep: str
    hill: str
    far: str
    tint: str
    warm: str


PALETTES = (
    Palette(deep="#14465a", hill="#2f7286", far="#7fb0bb", tint="#edf4f5", warm="#e0a458"),
    Palette(deep="#6b2c3e", hill="#9a5062", far="#cf9ba5", tint="#f8f0f1", warm="#dda15e"),
    Palette(deep="#20503c", hill="#48805f", far="#9dbf9e", tint="#eff5ef", warm="#e3b04b"),
)


def palette_of(programme: str) -> Palette:
    """The programme's own colours, the same for ever."""
    return PALETTES[crc32(programme.encode()) % len(PALETTES)]


def hills(palette: Palette) -> str:
    """The landscape under the voucher's title, as an SVG data URI: far ridge, sun, near hills, paper."""
    drawn = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 210 26" preserveAspectRatio="none">'
        f'<circle cx="172" cy="8" r="6" fill="{palette.warm}"/>'
        f'<path fill="{palette.far}" d="M0 17 28 9 46 14 74 4 98 13 122 7 150 14 181 6 210 12V25H0z"/>'
        f'<path fill="{palette.hill}" d="M0 20C30 11 52 12 86 19S150 24 210 13V25H0z"/>'
        '<path fill="#fff" d="M0 24C44 17 92 26 132 23S188 18 210 22V26H0z"/>'
        "</svg>"
    )
    return f"data:image/svg+xml,{quote(drawn)}"
