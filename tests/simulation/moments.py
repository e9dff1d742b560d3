"""When things happen in a history: its days, its pauses, and when a device says that a visit took place."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")
# Late visits of a history's first day were in another month, when the first cards were valid already.
CARDS_MADE = datetime(2027, 5, 20, 8, tzinfo=UTC)
FIRST_DAY = datetime(2027, 6, 1, 8, tzinfo=UTC)
# The sea's pot ended yesterday: visits of before may still be heard of, and then no more (mostly).
AFTER_THE_SEA = (datetime(2027, 10, 1, 8, tzinfo=UTC), *(datetime(2027, 10, 4, 8, tzinfo=UTC),) * 2)
AFTER_ALL = datetime(2028, 1, 4, 8, tzinfo=UTC)
LATE_WINDOW = timedelta(days=3)
AHEAD_MAX = timedelta(minutes=2)
# From within the window of a repeat (20 s), past the time in which a device may undo (5 min) and the one in
# which a late visit is heard of, to another month.
PAUSES = (
    *(timedelta(seconds=2), timedelta(seconds=30), timedelta(minutes=6)),
    *(timedelta(days=1), timedelta(days=4), timedelta(days=31)),
)
_INSTANT = timedelta(microseconds=1)


def civil_day(at: datetime) -> date:
    """The programme's day of an instant."""
    return at.astimezone(PARIS).date()


def _ago(**span: float) -> Callable[[datetime], datetime]:
    return lambda now: now - timedelta(**span)


def _midnight(now: datetime) -> datetime:
    return datetime.combine(civil_day(now), time.min, PARIS).astimezone(UTC)


# Now, as most say; seconds to days ago; this side and that of midnight and of what is too late; a clock that
# is ahead, a little and too far.
SEEN: tuple[Callable[[datetime], datetime | None], ...] = (
    *(lambda _: None,) * 16,
    *(_ago(seconds=5), _ago(minutes=10), _ago(hours=11), _ago(days=1), _ago(days=2)),
    *(_midnight, lambda now: _midnight(now) - _INSTANT),
    *(lambda now: now - LATE_WINDOW, lambda now: now - LATE_WINDOW - _INSTANT),
    *(_ago(minutes=-1), _ago(minutes=-3)),
)
# How far from a visit the same is seen again: within the window of a repeat, before or after, at its edges.
SEEN_AGAIN = tuple(timedelta(seconds=s) for s in (0, 0, 5, -5, 19.999999, -19.999999, 20, -20))
# Longer than the window of a repeat.
A_WHILE = timedelta(minutes=1)
# How long before or after its revocation a card is seen.
SEEN_REVOKED = (-_INSTANT, timedelta(), _INSTANT, timedelta(minutes=-10), timedelta(days=-1))
