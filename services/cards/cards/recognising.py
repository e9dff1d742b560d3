"""Recognising a card in what a reader or a hand makes of its number or QR text."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from cards.numbering import DIGITS, QR_PREFIX, QR_RANDOM, check_digit
from cards.sealing import Keys, hash_number, hash_qr_text
from contracts.refusals import Refusal

Medium = Literal["qr", "number"]

_QR_TEXT = re.compile(rf"{QR_PREFIX}[A-Z2-7]{{{QR_RANDOM}}}")
# What a reader may put before a text: the symbology (AIM, ISO/IEC 15424), a byte order mark read as Latin-1.
_BEFORE = re.compile(r"(\][A-Za-z][0-9A-Za-z])?(ï»¿)?")
# A reader for a QWERTY keyboard names keys, and an AZERTY system finds its own letters on them: `]Q1OCY1:`
# comes as `$A&OCY&M`. That start tells for certain, because no card's text has it. With the caps lock on,
# digits come right and M as a comma; § and ! are those of Macs and Belgium.
_AZERTY_DIGITS = ("&É\"'(-§È_!ÇÀ", "123456678890")
_AZERTY_LETTERS = ("AQZW?,", "QAWZMM")
_AZERTY_QR = re.compile(rf"(?:\$A.)?OCY[1&]M([A-LN-Z?,2-7É\"'(\-§È]{{{QR_RANDOM}}})")
_AZERTY_NUMBER = re.compile(rf"[{re.escape(_AZERTY_DIGITS[0])}]{{{DIGITS}}}")
_FROM_AZERTY = str.maketrans(*map("".join, zip(_AZERTY_DIGITS, _AZERTY_LETTERS, strict=True)))
_OTHER_KEYBOARD = re.compile(r"(\W..)?OC[YZ]|[^A-Z]*[ÉÈÇÀ]")

CHECKS: dict[str, tuple[str, str]] = {
    "length": (
        "un numéro de carte a 16 chiffres et non {digits} (un code-barres de produit n’en est pas un)",
        "a card’s number has 16 digits, not {digits} (a product’s barcode is none)",
    ),
    "check_digit": (
        "un chiffre est faux ou deux sont inversés, comparez avec le bon",
        "a digit is wrong or two are swapped, compare with the voucher",
    ),
    "qr": (
        "le QR code est incomplet, scannez-le à nouveau",
        "the QR code is not complete, scan it again",
    ),
    "keyboard": (
        "le lecteur est réglé pour un autre clavier que cet appareil, réglez-le ou tapez le numéro",
        "the reader is set to another keyboard than this device, set it or type the number",
    ),
    "form": (
        "scannez le QR code du bon ou tapez les 16 chiffres de la carte",
        "scan the voucher’s QR code or type the card’s 16 digits",
    ),
}


@dataclass(frozen=True, slots=True)
class Recognised:
    """A card's QR text or 16 digits; ``text`` is None where no card can have what was sent, and ``check``
    (of CHECKS) says what to look at, ``digits`` how many there were."""

    medium: Medium
    text: str | None = field(default=None, repr=False)
    check: str = "form"
    digits: int = 0

    def hash_under(self, keys: Keys) -> bytes | None:
        """What the card is found by."""
        if self.text is None:
            return None
        return hash_qr_text(self.text) if self.medium == "qr" else hash_number(keys, self.text)

    def refusal(self, name: str) -> Refusal:
        """Say that no card can have this, and what to check; ``name`` is the field's."""
        check_fr, check_en = (words.format(digits=self.digits) for words in CHECKS[self.check])
        return Refusal("not_a_card_code", field=name, check_fr=check_fr, check_en=check_en)


def recognise(sent: str) -> Recognised:
    """Return the card's QR text or number in ``sent``, whatever a reader or a hand put around it.

    Of a QR text its case, spaces, control and invisible characters do not count; of a number everything that
    is neither letter nor digit.
    """
    if _QR_TEXT.fullmatch(sent):
        return Recognised("qr", sent)
    text = "".join(one for one in sent if not one.isspace() and unicodedata.category(one) not in ("Cc", "Cf"))
    text = _BEFORE.sub("", text, count=1)
    # Full-width letters are letters, and an accent that stands alone belongs to the letter before it.
    upper = unicodedata.normalize("NFKC", text).upper()
    return _read_qr(upper) or _read_number(text, upper)


def _read_qr(upper: str) -> Recognised | None:
    if upper.startswith(QR_PREFIX):
        return Recognised("qr", upper) if _QR_TEXT.fullmatch(upper) else Recognised("qr", check="qr")
    azerty = _AZERTY_QR.fullmatch(upper)
    return Recognised("qr", QR_PREFIX + azerty[1].translate(_FROM_AZERTY)) if azerty else None


def _read_number(text: str, upper: str) -> Recognised:
    signs = [one for one in text if one.isalnum()]
    if _AZERTY_NUMBER.fullmatch(upper):
        digits = upper.translate(_FROM_AZERTY)
    elif signs and all(one.isdecimal() for one in signs):
        digits = "".join(str(unicodedata.decimal(one)) for one in signs)
    else:
        return Recognised("number", check="keyboard" if _OTHER_KEYBOARD.match(upper) else "form")
    if len(digits) != DIGITS:
        return Recognised("number", check="length", digits=len(digits))
    return (
        Recognised("number", digits)
        if check_digit(digits) == "0"
        else Recognised("number", check="check_digit")
    )
