"""The voucher's PDF, read back as a reader, a phone and a screen reader would."""

import io
from collections.abc import Callable
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from pypdf import PdfReader

from contracts.cards import VoucherView
from contracts.identity import Contact
from contracts.programmes import Programme
from notify.voucher import render_voucher

CARD_TYPES = [
    ("occygene-2020", "youth"),
    ("occygene-2020", "family"),
    ("occygene-2020", "family_bonus"),
    ("passresot66", "staff"),
    ("passresot66", "seasonal"),
]
SCREEN_DPI = 96
QR_SIDE_MM_MIN = 40

Render = Callable[..., PdfReader]


@pytest.fixture
def render(
    programmes: dict[str, Programme], card_of: Callable[..., VoucherView], amira: Contact
) -> Callable[..., bytes]:
    def make(programme: str, card_type: str, contact: dict[str, Any] | None = None, **fields: Any) -> bytes:
        who = Contact(**{**amira, **(contact or {})})  # type: ignore[typeddict-item]
        return render_voucher(programmes[programme], card_of(programme, card_type, **fields), who)

    return make


def words(pdf: bytes) -> str:
    """The first page's text with plain single spaces."""
    return " ".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().replace("\u00a0", " ").split())


def codes(pdf: bytes, dpi: int) -> list[zxingcpp.Barcode]:
    image = pypdfium2.PdfDocument(pdf)[0].render(scale=dpi / 72).to_pil()
    return list(zxingcpp.read_barcodes(image))


@pytest.mark.parametrize(("programme", "card_type"), CARD_TYPES)
def test_a_phone_reads_the_card_from_the_rendered_page(
    render: Callable[..., bytes], programme: str, card_type: str
) -> None:
    found = codes(render(programme, card_type), SCREEN_DPI)
    assert [code.text for code in found] == ["OCY1:ABCDEFGHIJKLMNOPQRSTUVWX23"]
    assert found[0].ec_level == "Q"


def test_the_qr_code_is_large_enough_on_paper(render: Callable[..., bytes]) -> None:
    corners = codes(render("occygene-2020", "youth"), SCREEN_DPI)[0].position
    side_px = corners.top_right.x - corners.top_left.x
    assert side_px / SCREEN_DPI * 25.4 >= QR_SIDE_MM_MIN


@pytest.mark.parametrize(("programme", "card_type"), CARD_TYPES)
def test_every_card_type_prints_who_when_and_which_card_on_one_page(
    render: Callable[..., bytes], programmes: dict[str, Programme], programme: str, card_type: str
) -> None:
    pdf = render(programme, card_type)
    text = words(pdf)
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    assert programmes[programme].name["fr"] in text
    assert "Amira Benali-Roux" in text
    assert "du 6 juillet 2020 au 30 juin 2021" in text
    assert "from 6 July 2020 to 30 June 2021" in text
    assert "4971 2033 5518 0426" in text
    assert "0472" in text
    assert programmes[programme].contact.name in text


def test_the_pot_says_its_amount_for_the_household_and_its_last_day(render: Callable[..., bytes]) -> None:
    text = words(render("occygene-2020", "family_bonus", adults=1, children=2))
    assert "210 €" in text
    assert "jusqu’au 15 novembre 2020" in text


def test_the_pot_is_capped_for_a_large_household(render: Callable[..., bytes]) -> None:
    assert "300 €" in words(render("occygene-2020", "family_bonus", adults=2, children=6))


def test_a_card_made_after_the_pots_last_day_promises_no_pot(render: Callable[..., bytes]) -> None:
    text = words(render("occygene-2020", "family_bonus", valid_from="2020-11-16"))
    assert "Cagnotte" not in text


def test_the_staff_pass_has_a_place_for_the_photo_the_organisation_and_its_limit(
    render: Callable[..., bytes],
) -> None:
    contact = {"organisation": "Office de tourisme de Collioure"}
    text = words(render("passresot66", "staff", contact, adults=1, children=0))
    assert "Photo :" in text
    assert "Office de tourisme de Collioure" in text
    assert "le titulaire seul, une fois par site et par an" in text
    assert "04 68 67 93 31" in text


def test_the_family_card_has_no_place_for_a_photo(render: Callable[..., bytes]) -> None:
    assert "Photo" not in words(render("occygene-2020", "family"))


@pytest.mark.parametrize("letter", ["W", "é", "-"])
def test_the_longest_name_stays_on_one_page(render: Callable[..., bytes], letter: str) -> None:
    contact = {"given_name": letter * 60, "family_name": letter * 60, "organisation": letter * 120}
    pdf = render("passresot66", "seasonal", contact, adults=1, children=0)
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    assert len(codes(pdf, SCREEN_DPI)) == 1


def test_a_name_cannot_bring_markup_or_files_into_the_page(render: Callable[..., bytes]) -> None:
    name = '<img src="file:///etc/hostname">'
    pdf = render("occygene-2020", "youth", {"family_name": name}, adults=1, children=0)
    assert name in words(pdf)


def test_the_document_is_tagged_for_screen_readers_with_language_and_title(
    render: Callable[..., bytes],
) -> None:
    reader = PdfReader(io.BytesIO(render("occygene-2020", "family")))
    catalogue: Any = reader.trailer["/Root"]
    assert catalogue["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalogue
    assert catalogue["/Lang"] == "fr"
    assert catalogue["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Bon d’échange – Carte OCC’YGÈNE 2020"
    assert b"pdfuaid:part" in catalogue["/Metadata"].get_data()


def test_every_font_is_embedded(render: Callable[..., bytes]) -> None:
    page: Any = PdfReader(io.BytesIO(render("occygene-2020", "family_bonus"))).pages[0]
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        descriptor = font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object()
        assert "/FontFile2" in descriptor or "/FontFile3" in descriptor
