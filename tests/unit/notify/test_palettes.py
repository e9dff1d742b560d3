"""Every palette can be read by people who see contrast badly."""

import pytest

from notify.palettes import PALETTES, Palette, palette_of

BODY_TEXT, ENGLISH_TEXT, WHITE = "#1d2a2e", "#4d5a5e", "#ffffff"
# WCAG 2.2: AA for any text, AAA for any text.
AA, AAA = 4.5, 7.0


def luminance(colour: str) -> float:
    """WCAG's relative luminance of `#rrggbb`."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("palette", PALETTES)
def test_text_contrasts_with_its_ground(palette: Palette) -> None:
    assert contrast(palette.deep, WHITE) >= AAA
    assert contrast(palette.deep, palette.tint) >= AAA
    assert contrast(BODY_TEXT, palette.tint) >= AAA
    assert contrast(ENGLISH_TEXT, WHITE) >= AA


def test_a_programme_keeps_its_colours() -> None:
    assert palette_of("occygene-2020") == PALETTES[2]
    assert palette_of("passresot66") == PALETTES[1]
