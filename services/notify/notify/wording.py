"""How days, sums, numbers and people are written, in French and in English."""

from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from contracts.base import Text
from contracts.programmes import UsageLimit
from contracts.programmes.shape import People

NBSP = "\u00a0"
_MONTHS_FR = (
    *("janvier", "février", "mars", "avril", "mai", "juin"),
    *("juillet", "août", "septembre", "octobre", "novembre", "décembre"),
)
_MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_FRENCH_SIGNS = str.maketrans(",.", "\u202f,")
_PER: dict[str, Text] = {
    "provider": {"fr": "par prestataire", "en": "per provider"},
    "site": {"fr": "par site", "en": "per site"},
    "offer": {"fr": "par offre", "en": "per offer"},
}
_WINDOW: dict[str, Text] = {
    "day": {"fr": "par jour", "en": "a day"},
    "month": {"fr": "par mois", "en": "a month"},
    "year": {"fr": "par an", "en": "a year"},
    "validity": {"fr": "pendant la validité de la carte", "en": "while the card is valid"},
}


def day(value: date) -> Text:
    """`6 juillet 2020`, `6 July 2020`; the first of a month is `1er` in French."""
    number = "1er" if value.day == 1 else str(value.day)
    return {
        "fr": NBSP.join((number, _MONTHS_FR[value.month - 1], str(value.year))),
        "en": NBSP.join((str(value.day), _MONTHS_EN[value.month - 1], str(value.year))),
    }


def period(first: date, last: date) -> Text:
    """`du 6 juillet 2020 au 30 juin 2021`, both days inclusive."""
    start, end = day(first), day(last)
    return {"fr": f"du {start['fr']} au {end['fr']}", "en": f"from {start['en']} to {end['en']}"}


def moment(rfc3339: str, timezone: str) -> Text:
    """`11 juillet 2020 à 10 h 05`, in civil time of the timezone."""
    local = datetime.fromisoformat(rfc3339).astimezone(ZoneInfo(timezone))
    on = day(local.date())
    return {
        "fr": f"{on['fr']} à {NBSP.join((str(local.hour), 'h', f'{local.minute:02}'))}",
        "en": f"{on['en']} at {local.hour}:{local.minute:02}",
    }


def euros(cents: int) -> Text:
    """`1 234,50 €` and `€1,234.50`; whole euros without cents. `cents` may be negative."""
    sign, rest = ("−" if cents < 0 else ""), abs(cents)
    english = f"{rest // 100:,}" + (f".{rest % 100:02}" if rest % 100 else "")
    french = english.translate(_FRENCH_SIGNS)
    return {"fr": f"{sign}{french}{NBSP}€", "en": f"{sign}€{english}"}


def grouped(number: str) -> str:
    """The card number in groups of four figures."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def phone(number: str) -> str:
    """`04 68 67 93 31` for a French number, the number itself for any other."""
    national = "0" + number.removeprefix("+33")
    if not number.startswith("+33") or len(national) != 10:
        return number
    return NBSP.join(national[start : start + 2] for start in range(0, 10, 2))


def people(adults: int, children: int) -> Text:
    """`2 adultes et 3 enfants`; nobody of a kind is left out."""
    french = [_count(adults, "adulte", "adultes"), _count(children, "enfant", "enfants")]
    english = [_count(adults, "adult", "adults"), _count(children, "child", "children")]
    return {"fr": " et ".join(filter(None, french)), "en": " and ".join(filter(None, english))}


def covered(party: People) -> Text:
    """Whom one use of the card covers."""
    if party.adults == 1 and party.children == 0:
        return {"fr": "le titulaire seul", "en": "the holder alone"}
    who = people(party.adults, party.children)
    return {"fr": f"{who['fr']} au plus par visite", "en": f"at most {who['en']} a visit"}


def limits(found: Iterable[UsageLimit]) -> list[Text]:
    """`une fois par site et par an`, one for each limit."""
    return [_limit(limit) for limit in found]


def untranslated(text: str) -> Text:
    """What reads the same in both languages: a name, an id, an address."""
    return {"fr": text, "en": text}


def _limit(limit: UsageLimit) -> Text:
    times_fr = "une fois" if limit.max == 1 else f"{limit.max} fois"
    times_en = {1: "once", 2: "twice"}.get(limit.max, f"{limit.max} times")
    place, window = _PER[limit.per], _WINDOW[limit.window]
    joint = " " if limit.window == "validity" else " et "
    return {
        "fr": f"{times_fr} {place['fr']}{joint}{window['fr']}",
        "en": f"{times_en} {place['en']} {window['en']}",
    }


def _count(number: int, one: str, many: str) -> str:
    return f"{number}{NBSP}{one if number == 1 else many}" if number else ""
