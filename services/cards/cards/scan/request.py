"""Reading a scan's body: every value is checked here again, for money depends on it."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cards.input_rules import invalid, read_instant
from cards.recognising import Medium, Recognised, recognise
from cards.scan.desk import Visit
from cards.sealing import Keys
from contracts.cards import PARTY_MAX, READ_MAX, ScanRequest
from contracts.programmes import Programme
from contracts.programmes.days import local_day
from contracts.programmes.shape import People
from contracts.writing import span

MAX_GROSS_CENTS = 10_000_000
MAX_TEXT_LENGTH = 100
# A device's clock may be a little off; how long a scan may have waited for the network, the programme says.
MAX_AHEAD = timedelta(minutes=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A scan that is well formed. ``card_hash`` is None where no card can have what was read as ``card``."""

    card: Recognised
    card_hash: bytes | None = field(repr=False)
    card_code: str | None = field(repr=False)
    offer_id: str
    party: People
    gross_cents: int
    pay_cents: int
    occurred_at: datetime | None
    second_visit: bool

    @property
    def medium(self) -> Medium:
        """Whether the QR code was read or the number typed."""
        return self.card.medium

    @property
    def needs_code(self) -> bool:
        """A number can be overheard: it never spends from a pot without the voucher's code."""
        return self.medium == "number" and self.pay_cents > 0


def read_scan(scan: ScanRequest, keys: Keys) -> Scan:
    """Return the scan's values; refuses with ``invalid_field`` and the field's name."""
    card = recognise(_text(scan.get("card"), "card", READ_MAX))
    code, occurred_at = scan.get("card_code"), scan.get("occurred_at")
    return Scan(
        card=card,
        card_hash=card.hash_under(keys),
        card_code=None if code is None else _text(code, "card_code").strip(),
        offer_id=_text(scan.get("offer_id"), "offer_id"),
        party=_party(scan.get("party")),
        gross_cents=_whole(scan.get("gross_cents"), "gross_cents", MAX_GROSS_CENTS),
        pay_cents=_whole(scan.get("pay_cents") or 0, "pay_cents", MAX_GROSS_CENTS),
        occurred_at=None if occurred_at is None else read_instant(occurred_at, "occurred_at"),
        second_visit=_flag(scan.get("second_visit"), "second_visit"),
    )


def as_read(scan: ScanRequest, read: Scan) -> dict[str, Any]:
    """The request as it was understood: a number spaced otherwise makes no other request."""
    code = {"card_code": read.card_code} if "card_code" in scan else {}
    return {**scan, "card": read.card.text or scan["card"], **code}


def visit_of(scan: Scan, programme: Programme, at: datetime) -> Visit:
    """When the visit took place: now, or when the device says, no later than now and as far back as the
    programme takes."""
    earliest = at - timedelta(seconds=programme.late_window_s)
    moment = at if scan.occurred_at is None else min(max(scan.occurred_at, earliest), at)
    return Visit(at=moment, day=local_day(moment, programme.timezone), is_late=moment < at)


def check_occurred_at(scan: Scan, programme: Programme, at: datetime) -> None:
    """The device's time must be near ours. Judged with the rules, not with the form: a stored answer is
    given again however late its key comes back."""
    moment, window = scan.occurred_at, timedelta(seconds=programme.late_window_s)
    if moment is not None and not at - window <= moment <= at + MAX_AHEAD:
        past = span(programme.late_window_s)
        raise invalid(
            "occurred_at",
            f"au plus {past['fr']} dans le passé et 2 minutes dans le futur",
            f"at most {past['en']} ago and 2 minutes ahead",
        )


def _party(party: Any) -> People:
    if not isinstance(party, dict):
        raise invalid("party", "adultes et enfants", "adults and children")
    people = People(
        adults=_whole(party.get("adults"), "party.adults", PARTY_MAX),
        children=_whole(party.get("children"), "party.children", PARTY_MAX),
    )
    if people.adults + people.children == 0:
        raise invalid("party", "au moins une personne", "at least one person")
    return people


def _flag(value: Any, name: str) -> bool:
    if value not in (True, False, None):
        raise invalid(name, "vrai ou faux", "true or false")
    return bool(value)


def _whole(value: Any, name: str, maximum: int) -> int:
    # bool is an int in Python, and a price of `true` is nobody's intention.
    if type(value) is not int or not 0 <= value <= maximum:
        raise invalid(name, f"un nombre entier de 0 à {maximum}", f"a whole number from 0 to {maximum}")
    return value


def _text(value: Any, name: str, maximum: int = MAX_TEXT_LENGTH) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= maximum or "\0" in value:
        raise invalid(name, f"de 1 à {maximum} caractères", f"1 to {maximum} characters")
    return value
