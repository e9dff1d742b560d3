"""Whether 14 digits can be a SIRET, an establishment in France (INSEE: SIREN of 9 + NIC of 5)."""

import re

LA_POSTE_SIREN = "356000000"


def is_siret(text: str) -> bool:
    """Say whether the check digits fit; nobody is asked whether the establishment exists."""
    if not re.fullmatch(r"[0-9]{14}", text) or not passes_luhn(text[:9]):
        return False
    # La Poste has more offices than its SIREN has Luhn numbers: their digits sum to a multiple of five.
    return passes_luhn(text) or (text.startswith(LA_POSTE_SIREN) and sum(map(int, text)) % 5 == 0)


def passes_luhn(digits: str) -> bool:
    """Say whether the sum of the digits, every second one from the right doubled, is a multiple of ten."""
    doubled = (int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0
