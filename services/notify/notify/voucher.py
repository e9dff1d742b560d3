"""The voucher: one A4 page as tagged PDF (PDF/UA-1), French with English beneath, QR code included."""

import logging
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

import segno
from weasyprint import HTML
from weasyprint.logger import LOGGER
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher

from contracts.base import Text
from contracts.cards import VoucherView
from contracts.identity import Contact
from contracts.printable import as_printed, is_mark
from contracts.programmes import CardType, Programme
from contracts.programmes.rules import limits_of, pot_amount_cents
from notify import wording
from notify.palettes import palette_of
from notify.templating import render

PDF_VARIANT = "pdf/ua-1"
QR_ERROR_LEVEL = "q"
# The quiet zone that ISO/IEC 18004 asks for, in modules on each side.
QR_QUIET_MODULES = 4
# Names from this many letters on are set in a smaller style; a Chinese one counts twice, an accent never.
SIZES = ((110, "utmost"), (70, "endless"), (34, "very-long"), (20, "long"), (0, "usual"))


@dataclass(frozen=True, kw_only=True)
class PotLine:
    """A pot as the voucher tells it."""

    label: Text
    amount: Text
    until: Text


def render_voucher(programme: Programme, card: VoucherView, contact: Contact) -> bytes:
    """The voucher as PDF; it needs neither network nor files, but the fonts of the machine."""
    html = voucher_html(programme, card, contact)
    page = HTML(string=html, url_fetcher=URLFetcher(allowed_protocols=["data"]))
    pdf = page.write_pdf(pdf_variant=PDF_VARIANT, font_config=_fonts())
    assert isinstance(pdf, bytes)
    return pdf


def voucher_html(programme: Programme, card: VoucherView, contact: Contact) -> str:
    """The voucher as the HTML page that is made into PDF."""
    card_type = programme.card_types[card["card_type"]]
    organisation = contact["organisation"]
    first, last = (date.fromisoformat(card[key]) for key in ("valid_from", "valid_until"))
    return render(
        "voucher.html.j2",
        programme=programme,
        card_type=card_type,
        palette=palette_of(programme.code),
        name=as_printed(f"{contact['given_name']} {contact['family_name']}"),
        organisation=as_printed(organisation) if organisation else None,
        style=_style,
        household=_household(card),
        period=wording.period(first, last),
        number=wording.grouped(card["number"]),
        code=card["card_code"],
        qr=qr_data_uri(card["qr_text"]),
        pots=pot_lines(programme, card_type, card, first),
        covered=wording.covered(card_type.party),
        limits=wording.limits(limits_of(programme, card_type.code)),
        # The photo is a check like any other: whoever must show one fixes it here.
        photo=any(check.kind == "photo" for check in card_type.checks),
    )


def qr_data_uri(text: str) -> str:
    """The QR code as an SVG data URI, quiet zone included."""
    code = segno.make(text, error=QR_ERROR_LEVEL, boost_error=False, micro=False)
    return str(code.svg_data_uri(border=QR_QUIET_MODULES, dark="#000", light="#fff", omitsize=True))


def pot_lines(
    programme: Programme, card_type: CardType, card: VoucherView, first_day: date
) -> Sequence[PotLine]:
    """The pots credited for the household; one that closed before the card began was never credited."""
    pots = [programme.pots[code] for code in card_type.pots]
    persons = card["adults"] + card["children"]
    return [
        PotLine(
            label=pot.label,
            amount=wording.euros(pot_amount_cents(pot, persons)),
            until=wording.day(pot.spend_until),
        )
        for pot in pots
        if pot.spend_until >= first_day
    ]


def voucher_filename(programme: str) -> str:
    """The document's name as an attachment."""
    return f"bon-{programme}.pdf"


def _household(card: VoucherView) -> Text | None:
    """Nothing for somebody alone: the holder's name says it."""
    if card["adults"] + card["children"] == 1:
        return None
    return wording.people(card["adults"], card["children"])


def _style(text: str) -> str:
    """The style classes of a text: its size, so that any name fits on the page, and whether it has marks."""
    letters = sum(_breadth(char) for char in text)
    size = next(name for least, name in SIZES if letters >= least)
    return f"{size} marked" if any(is_mark(char) for char in text) else size


def _breadth(char: str) -> int:
    if is_mark(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


@cache
def _fonts() -> FontConfiguration:
    # Reading the machine's fonts costs more than a voucher: once a process is enough.
    return FontConfiguration()


def _say_no_letter(record: logging.LogRecord) -> bool:
    # WeasyPrint quotes the letter that no font has, and that letter is a part of somebody's name.
    if record.getMessage().startswith(".notdef"):
        record.msg, record.args = "voucher_letter_without_glyph", None
    return True


LOGGER.addFilter(_say_no_letter)
