"""Searching texts for secrets: in the forms in which one might be written, whole or packed."""

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

# Shorter ones are looked for as whole values only: four digits stand in many a number.
LONG = 7
PACKED = 8
NUMBER = re.compile(r"\d{16}")
GAPS = (" ", "\u00a0", "\u202f", "-", "%20", "+")
QR_PREFIX = "OCY1:"


def forms_of(secret: str) -> set[str]:
    """How a long secret may stand in a text, in lower case but for what is packed."""
    escaped = json.dumps(secret)[1:-1]
    plain = {
        secret,
        escaped,
        json.dumps(escaped)[1:-1],
        quote(secret, safe=""),
        quote_plus(secret),
        repr(secret)[1:-1],
    }
    if NUMBER.fullmatch(secret):
        plain |= {gap.join(secret[start : start + 4] for start in range(0, 16, 4)) for gap in GAPS}
    if secret.startswith(QR_PREFIX):
        plain |= {secret.removeprefix(QR_PREFIX)}
    return {form.lower() for form in plain}


def packed_forms_of(secret: str) -> set[str]:
    """Its base64 wherever it begins in what was packed: three shifts, without the ends that others share."""
    raw = secret.encode()
    found: set[str] = set()
    for shift in range(3) if len(raw) >= PACKED else ():
        for pack in (b64encode, urlsafe_b64encode):
            text = pack(b"\0" * shift + raw).decode().rstrip("=")
            whole = len(text) if (shift + len(raw)) % 3 == 0 else len(text) - 1
            found.add(text[(0, 2, 3)[shift] : whole])
    return found


def tells(secret: str, text: str, lowered: str) -> bool:
    """Whether the text holds the secret; ``lowered`` is the text in lower case."""
    if len(secret) < LONG:
        found = re.escape(secret)
        return (
            re.search(rf"(?:^|=\s*|:\s+|[\"'>])\s*{found}\s*(?:$|[\"',;<])", text, re.MULTILINE) is not None
        )
    return any(form in lowered for form in forms_of(secret)) or any(
        form in text for form in packed_forms_of(secret)
    )


def said_in(log: str) -> set[str]:
    """What a log says, each value once: of JSON lines their texts and long numbers, others as they are."""
    found: set[str] = set()
    for line in log.splitlines():
        try:
            found |= set(_leaves(json.loads(line)))
        except ValueError:
            found.add(line)
    return found


def told(secrets: dict[str, Iterable[str]], values: Iterable[str]) -> set[str]:
    """``kind: where`` for each secret, by kind, that stands in one of the values; never the secret itself."""
    listed = sorted(values)
    text = "\n".join(listed)
    lowered = text.lower()
    hit = {
        (kind, secret) for kind, found in secrets.items() for secret in found if tells(secret, text, lowered)
    }
    return {
        f"{kind}: {value.replace(secret, '…')[:200]}"
        for kind, secret in hit
        for value in listed
        if tells(secret, value, value.lower())
    }


def _leaves(said: object) -> Iterator[str]:
    if isinstance(said, dict):
        for name, value in said.items():
            yield str(name)
            yield from _leaves(value)
    elif isinstance(said, list):
        for value in said:
            yield from _leaves(value)
    elif isinstance(said, str):
        yield said
    elif isinstance(said, int) and abs(said) >= 10**LONG:
        yield str(said)
