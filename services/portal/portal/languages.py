"""The languages of the pages: sentences from catalogues, and amounts, days and numbers as each has them."""

from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent
from babel.support import Translations

# Where the cards are used.
ZONE = ZoneInfo("Europe/Paris")
LOCALES = Path(__file__).parent / "locale"
# French first: it is what an unknown visitor gets.
CODES = ("fr", "en")


class Language:
    """One language: ``say`` a sentence by its name, and write values as people of this language do."""

    def __init__(self, code: str, locale: str) -> None:
        self.code, self.locale = code, Locale.parse(locale)
        self._said = _catalogue(code)

    def say(self, name: str, **values: Any) -> str:
        """The sentence of this name, with the values at their places."""
        said = self._said.gettext(name)
        return said % values if values else said

    def count(self, name: str, number: int) -> str:
        """The sentence of this name for so many."""
        return self._said.ngettext(name, name, number) % {
            "number": format_decimal(number, locale=self.locale)
        }

    def text(self, both: dict[str, str] | None) -> str:
        """A text of the API, which has them in French and English."""
        return (both or {}).get(self.code) or (both or {}).get("fr", "")

    def money(self, cents: int) -> str:
        """An amount of euro cents."""
        return format_currency(Decimal(cents) / 100, "EUR", locale=self.locale)

    def day(self, iso: str) -> str:
        """A civil day, from its ISO form."""
        return self._day(date.fromisoformat(iso), "long")

    def moment(self, iso: str) -> str:
        """A day and the time of it in Paris, from an instant of the API."""
        local = datetime.fromisoformat(iso).astimezone(ZONE)
        time = format_time(local.time(), "short", locale=self.locale)
        return self.say("days.at", day=self._day(local.date(), "long"), time=time)

    def season_day(self, month_day: str) -> str:
        """A day of any year, from ``07-14``."""
        # A leap year, so that there is a 29 February.
        return self._day(date.fromisoformat(f"2020-{month_day}"), "d MMMM")

    def _day(self, day: date, form: str) -> str:
        written = format_date(day, form, locale=self.locale)
        # French counts the first of a month as "first", which the forms of CLDR do not know.
        return f"1er{written[1:]}" if self.code == "fr" and day.day == 1 else written

    def distance(self, km: float) -> str:
        """A distance in kilometres, to a hundred metres."""
        return self.say("distance.km", km=format_decimal(round(km, 1), locale=self.locale))

    def percent(self, percent: int) -> str:
        """A share of a hundred."""
        return format_percent(percent / 100, locale=self.locale)


def _catalogue(code: str) -> Translations:
    """Every file of this language, compiled when the process starts, so that no compiled file lags behind."""
    whole = Translations()
    for path in sorted((LOCALES / code / "LC_MESSAGES").glob("*.po")):
        compiled = BytesIO()
        with path.open("rb") as file:
            write_mo(compiled, read_po(file, locale=code))
        compiled.seek(0)
        # Each has the header with the language's plural forms.
        read = Translations(compiled)
        whole.plural = read.plural
        whole.merge(read)
    return whole


# Day before month in English too, as everywhere in Europe.
LANGUAGES = {"fr": Language("fr", "fr_FR"), "en": Language("en", "en_GB")}


def language_of(asked: str | None, kept: str | None, preferred: str) -> Language:
    """The language asked for in the address, else the one kept, else the browser's, else French."""
    wanted = [asked, kept, *(part.split(";")[0].strip()[:2].lower() for part in preferred.split(","))]
    return LANGUAGES[next((code for code in wanted if code in LANGUAGES), CODES[0])]
