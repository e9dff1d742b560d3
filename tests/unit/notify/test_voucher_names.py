"""Names in any script on the voucher, looked at in the PDF's own fonts and in its pixels."""

import io
import logging
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

import pypdfium2
import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader
from pypdf.generic import ContentStream
from weasyprint import HTML
from weasyprint.text.fonts import FontConfiguration

from contracts.cards import VoucherView
from contracts.identity import Contact
from contracts.printable import as_printed, check_printable, is_mark, printable_ranges
from contracts.programmes import Programme
from contracts.refusals import Refusal
from devstack.host.libraries import CHINESE
from notify.palettes import palette_of
from notify.templating import render
from notify.voucher import render_voucher
from tests.unit.names import DECOMPOSED, NAMES, UNPRINTABLE, VOCALISED

Draw = Callable[..., bytes]
Box = tuple[float, float, float, float]
OURS = {"Open-Sans", "Open-Sans-Bold", "DejaVu-Sans-Mono-Bold"}


@pytest.fixture
def draw(programmes: dict[str, Programme], card_of: Callable[..., VoucherView]) -> Draw:
    """``draw("Amira", "Benali")``: that holder's voucher as PDF; an organisation makes it a staff pass."""

    def make(given: str, family: str, organisation: str | None = None) -> bytes:
        programme, card_type = ("passresot66", "staff") if organisation else ("occygene-2020", "family")
        card = card_of(programme, card_type, **({"adults": 1, "children": 0} if organisation else {}))
        return render_voucher(
            programmes[programme],
            card,
            Contact(email="a@b.org", given_name=given, family_name=family, organisation=organisation),
        )

    return make


def glyphs(pdf: bytes) -> Iterator[tuple[str, int, int]]:
    """Each glyph that is drawn: the font's name, the glyph's id, and how many glyphs the font has."""
    for page in PdfReader(io.BytesIO(pdf)).pages:
        yield from _glyphs_of(page)


def _glyphs_of(page: Any) -> Iterator[tuple[str, int, int]]:
    fonts = {key: _embedded(font.get_object()) for key, font in page["/Resources"]["/Font"].items()}
    for operands, operator in ContentStream(page.get_contents(), page.pdf).operations:
        if operator == b"Tf":
            name, count = fonts[operands[0]]
        shown = {b"Tj": operands, b"TJ": operands[0] if operands else []}.get(operator, [])
        for text in (each for each in shown if hasattr(each, "original_bytes")):
            drawn = text.original_bytes
            yield from ((name, int.from_bytes(drawn[at : at + 2]), count) for at in range(0, len(drawn), 2))


def _embedded(font: Any) -> tuple[str, int]:
    descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
    file = descriptor.get("/FontFile2") or descriptor["/FontFile3"]
    count = TTFont(io.BytesIO(file.get_object().get_data()))["maxp"].numGlyphs
    return font["/BaseFont"].rpartition("+")[2], count


def boxes_drawn(pdf: bytes) -> list[tuple[str, int, int]]:
    """The glyphs for which a reader draws the box of a missing letter: the first, or one that no font has."""
    return [each for each in glyphs(pdf) if each[1] == 0 or each[1] >= each[2]]


def fonts_drawn(pdf: bytes) -> set[str]:
    return {name for name, _, _ in glyphs(pdf)}


def read_back(pdf: bytes) -> str:
    """The page's text, right-to-left scripts in the order of reading."""
    text = str(pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range())
    return " ".join(text.split())


def pixels(pdf: bytes) -> bytes:
    return bytes(pypdfium2.PdfDocument(pdf)[0].render(scale=2).to_pil().tobytes())


def lines_of(pdf: bytes, beginning: str, end: str) -> tuple[list[Box], list[Box]]:
    """The boxes of the ink of what stands between two labels, and those of the labels themselves."""
    page = pypdfium2.PdfDocument(pdf)[0].get_textpage()
    text = "".join(page.get_text_range(at, 1) for at in range(page.count_chars()))
    first, last = text.index(beginning) + len(beginning), text.index(end)
    inks = [page.get_charbox(at) for at in range(page.count_chars())]
    drawn = [box for box in inks[first:last] if box[2] > box[0]]
    return drawn, [*inks[first - len(beginning) : first], *inks[last : last + len(end)]]


@pytest.mark.parametrize("script", NAMES)
def test_a_name_is_drawn_with_letters_and_read_back(draw: Draw, script: str) -> None:
    pdf = draw(*NAMES[script])
    assert boxes_drawn(pdf) == []
    # Signs without shape are not in a page's text.
    letters = [name.replace("\u200c", "") for name in NAMES[script]]
    for name in letters:
        assert name in read_back(pdf)


@pytest.mark.parametrize("script", NAMES)
def test_a_decomposed_name_looks_like_the_composed_one(draw: Draw, script: str) -> None:
    assert pixels(draw(*DECOMPOSED[script])) == pixels(draw(*NAMES[script]))


@pytest.mark.parametrize("what", UNPRINTABLE)
def test_what_is_refused_would_be_a_box_or_is_no_letter(draw: Draw, what: str) -> None:
    name, _ = UNPRINTABLE[what]
    with pytest.raises(Refusal):
        check_printable("holder.given_name", name)
    if what in ("Thai", "Hindi", "a rare Chinese letter", "Urdu", "private use"):
        assert boxes_drawn(draw(name, "Roux"))


@pytest.mark.parametrize(
    ("scripts", "font"),
    [
        (("French", "Vietnamese", "Cyrillic", "Polish"), None),
        (("Arabic", "Persian", "Armenian", "Georgian", "Tifinagh"), "DejaVu Sans"),
        (("Chinese", "Japanese", "Korean"), CHINESE),
    ],
)
def test_a_voucher_carries_a_font_more_only_for_a_script_that_needs_it(
    draw: Draw, scripts: tuple[str, ...], font: str | None
) -> None:
    for script in scripts:
        more = fonts_drawn(draw(*NAMES[script])) - OURS
        # A font without a bold weight is called bold where Fontconfig would thicken it.
        assert {name.removesuffix("-Bold").replace("-", " ") for name in more} == ({font} if font else set())


def test_right_to_left_names_run_from_the_right_and_latin_ones_from_the_left(draw: Draw) -> None:
    for script, turned in (("Arabic", True), ("Hebrew", True), ("Greek", False)):
        page = pypdfium2.PdfDocument(draw(*NAMES[script]))[0].get_textpage()
        given, family = (page.search(name).get_next() for name in NAMES[script])
        assert given
        assert family
        assert (page.get_charbox(given[0])[0] > page.get_charbox(family[0])[0]) is turned


def test_a_name_with_vowel_signs_stands_in_the_pages_text_as_it_was_typed(draw: Draw) -> None:
    name = " ".join(as_printed(part) for part in VOCALISED["Arabic"])
    assert name in PdfReader(io.BytesIO(draw(*VOCALISED["Arabic"]))).pages[0].extract_text()


@pytest.mark.parametrize("script", VOCALISED)
def test_vowel_signs_stand_at_their_letters_and_take_no_place_of_their_own(draw: Draw, script: str) -> None:
    pdf = draw(*VOCALISED[script])
    assert boxes_drawn(pdf) == []
    given, family = VOCALISED[script]
    # One sign stays, as a name without any is set in another style.
    bare = draw(given[:2] + _without_signs(given[2:]), _without_signs(family))
    assert _breadth(pdf) == pytest.approx(_breadth(bare), abs=4)


def _breadth(pdf: bytes) -> float:
    drawn, _ = lines_of(pdf, "Holder", "Foyer")
    return max(box[2] for box in drawn) - min(box[0] for box in drawn)


def _without_signs(name: str) -> str:
    return "".join(char for char in name if not is_mark(char))


HEAPS = [("Z\u0334\u0308\u0301y", "Q\u0327\u0324\u0325"), ("\u00c5\u0301\u0302\u0303", "\u1eb8\u0324\u0325")]


@pytest.mark.parametrize("name", [*NAMES.values(), *VOCALISED.values(), *HEAPS], ids=ascii)
def test_a_name_touches_neither_the_label_above_nor_the_one_beneath(
    draw: Draw, name: tuple[str, str]
) -> None:
    for text in name:
        check_printable("holder.given_name", text)
    drawn, labels = lines_of(draw(*name), "Holder", "Foyer")
    above, beneath = (
        [box for box in labels if box[1] > drawn[0][1]],
        [b for b in labels if b[3] < drawn[0][3]],
    )
    assert max(box[3] for box in drawn) <= min(box[1] for box in above) + 1
    assert min(box[1] for box in drawn) >= max(box[3] for box in beneath) - 1


@pytest.mark.parametrize("letter", ["W", "王", "م", "Ж", "ẹ\u0301", "ש\u05b8\u05bc", "김"], ids=ascii)
def test_the_longest_name_in_any_script_stays_on_one_page(draw: Draw, letter: str) -> None:
    name = letter * (80 // len(letter))
    pdf = draw(name, name, letter * (120 // len(letter)))
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    drawn, _ = lines_of(pdf, "Holder", "Organisme")
    margin = 18 / 25.4 * 72
    assert min(box[0] for box in drawn) >= margin
    assert max(box[2] for box in drawn) <= margin + 108 / 25.4 * 72 + 1
    assert boxes_drawn(pdf) == []


@pytest.mark.parametrize("style", ["name usual", "value", "name usual marked", "value marked"])
def test_every_letter_that_is_taken_is_drawn_in_both_weights(
    style: str, caplog: pytest.LogCaptureFixture
) -> None:
    codes = [code for first, last in printable_ranges() for code in range(first, last + 1)]
    lines = [[_at_home(chr(code)) for code in codes[at : at + 40]] for at in range(0, len(codes), 40)]
    css = render("voucher.css.j2", palette=palette_of("occygene-2020"))
    text = "".join(f'<p class="{style}">{escape("".join(line))}</p>' for line in lines)
    pdf = HTML(string=f"<style>{css}</style>{text}").write_pdf(font_config=FontConfiguration())
    assert pdf
    assert caplog.records == []
    assert boxes_drawn(pdf) == []


def _at_home(char: str) -> str:
    # A mark wants a letter.
    return f"a{char}" if is_mark(char) else char


def test_a_letter_without_glyph_is_logged_without_the_letter(
    draw: Draw, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        draw("สมชาย", "Roux")
    assert {record.getMessage() for record in caplog.records} == {"voucher_letter_without_glyph"}


def test_marks_that_turn_directions_do_not_turn_a_name(draw: Draw) -> None:
    assert pixels(draw("\u202eAmira", "Benali\u202c")) == pixels(draw("Amira", "Benali"))
    assert as_printed("\u202eAmira") == "Amira"
