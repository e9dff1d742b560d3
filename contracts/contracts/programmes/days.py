"""Ages, validity days and usage windows: every rule about days, in civil days of the programme's timezone."""

from calendar import monthrange
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from contracts.programmes.shape import CardType, Household, People, Window

PARIS = "Europe/Paris"


def local_day(at: datetime, timezone: str = PARIS) -> date:
    """Return the civil day of an instant (aware)."""
    assert at.tzinfo is not None, "an instant without timezone has no civil day"
    return at.astimezone(ZoneInfo(timezone)).date()


def start_of_day(day: date, timezone: str = PARIS) -> datetime:
    """Return the first instant of a civil day, in UTC."""
    return datetime.combine(day, time.min, ZoneInfo(timezone)).astimezone(UTC)


def age_on(birth_date: date, day: date) -> int:
    """Return the age in full years; who is born on 29 February grows older on 1 March in other years."""
    had_birthday = (day.month, day.day) >= (birth_date.month, birth_date.day)
    return day.year - birth_date.year - (not had_birthday)


def age_allowed(card_type: CardType, birth_date: date, day: date) -> bool:
    """Say whether a holder born then may order this card type on that day."""
    bounds = card_type.age
    return bounds is None or bounds.min <= age_on(birth_date, day) <= bounds.max


def count_household(household: Household, birth_dates: Iterable[date], day: date) -> People:
    """Count the adults and children of a household (holder included) on a day."""
    ages = [age_on(birth_date, day) for birth_date in birth_dates]
    adults = sum(age >= household.adult_age for age in ages)
    return People(adults=adults, children=len(ages) - adults)


def valid_from(card_type: CardType, validated_on: date) -> date:
    """Return a card's first day: when it was validated, but not before the programme starts."""
    return max(validated_on, card_type.validity.earliest)


def valid_until(card_type: CardType, validated_on: date, contract_end: date | None = None) -> date:
    """Return a card's last day, inclusive, never after the programme's end.

    A year from 15 March ends on 14 March; a year from 29 February ends on 28 February.
    Raises ValueError when the rule is `contract_end` and none is given.
    """
    validity = card_type.validity
    if validity.rule == "fixed":
        return validity.latest
    if validity.rule == "duration":
        last = _last_day(valid_from(card_type, validated_on), validity.months, validity.days)
    elif contract_end is None:
        raise ValueError(f"card type {card_type.code} is valid until the contract's end, which is not given")
    else:
        last = contract_end
    return min(last, validity.latest)


def window_bounds(
    window: Window, at: datetime, valid_from: date, valid_until: date, timezone: str = PARIS
) -> tuple[datetime, datetime]:
    """Return, in UTC, the first instant of a limit's window around an instant, and the first after it.

    Days, months and years are civil ones; `validity` goes from the card's first to its last day. A window
    has an end because a visit may be heard of late, when the next window has visits of its own.
    """
    day = local_day(at, timezone)
    month = day.replace(day=1)
    first, next_first = {
        "day": (day, day + timedelta(days=1)),
        "month": (month, (month + timedelta(days=31)).replace(day=1)),
        "year": (date(day.year, 1, 1), date(day.year + 1, 1, 1)),
        "validity": (valid_from, valid_until + timedelta(days=1)),
    }[window]
    return start_of_day(first, timezone), start_of_day(next_first, timezone)


def _last_day(first: date, months: int, days: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    month_days = monthrange(year, month + 1)[1]
    same_day = date(year, month + 1, min(first.day, month_days))
    # Where the month is too short for the day, its own last day already ends the period.
    clamped = first.day > month_days
    return same_day + timedelta(days=days) - timedelta(days=0 if clamped else 1)
