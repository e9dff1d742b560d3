"""What is printed on a card: its number with a check digit, its QR text and its code."""

import base64
import secrets
from dataclasses import dataclass, field

DIGITS = 16
QR_PREFIX = "OCY1:"
QR_RANDOM_BYTES = 16
# In base32, without its filling.
QR_RANDOM = 26
CODE_DIGITS = 4
# H. Michael Damm's totally anti-symmetric quasigroup of order 10 (dissertation, Marburg 2004): every
# wrong digit and every swap of neighbours is found.
_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)


@dataclass(frozen=True, slots=True)
class Printed:
    """What the voucher shows and nobody else may learn; ``repr`` keeps it out of logs."""

    number: str = field(repr=False)
    qr_text: str = field(repr=False)
    card_code: str = field(repr=False)


def draw_printed() -> Printed:
    """Return a new random number (15 digits and a check digit), QR text (128 bits) and 4-digit code."""
    digits = f"{secrets.randbelow(10 ** (DIGITS - 1)):0{DIGITS - 1}d}"
    qr = base64.b32encode(secrets.token_bytes(QR_RANDOM_BYTES)).decode().rstrip("=")
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    return Printed(digits + check_digit(digits), QR_PREFIX + qr, code)


def check_digit(digits: str) -> str:
    """Return the Damm check digit; digits that already end in theirs give "0"."""
    interim = 0
    for digit in digits:
        interim = int(_DAMM[interim][int(digit)])
    return str(interim)


def group(number: str) -> str:
    """Return the number in groups of four, as people read it."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))
