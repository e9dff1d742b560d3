"""Periods of any year: which months they touch, and whether they hold on a day, here and in SQL."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute

from contracts.base import Season

ALL_MONTHS = frozenset(range(1, 13))


def months_of(season: Iterable[Season]) -> frozenset[int]:
    """Return the months (1–12) with at least one day in a period; no period at all means all year."""
    months: set[int] = set()
    for period in season:
        months |= _months_of_period(period)
    return frozenset(months) or ALL_MONTHS


def holds_on(column: InstrumentedAttribute[list[Season]], day: date) -> ColumnElement[bool]:
    """Return the SQL condition that one of the column's periods holds on the day; none holds all year."""
    month_day = literal(f"{day:%m-%d}")
    period = func.jsonb_array_elements(column, type_=JSONB).column_valued("period")
    start, end = period["from"].astext, period["to"].astext
    inside = case(
        (start <= end, and_(month_day >= start, month_day <= end)),
        # After its end comes its start: the period spans the new year.
        else_=or_(month_day >= start, month_day <= end),
    )
    covered = select(true()).where(inside).correlate(column.class_).exists()
    return or_(func.jsonb_array_length(column) == 0, covered)


def _months_of_period(period: Season) -> set[int]:
    first, last = int(period["from"][:2]), int(period["to"][:2])
    if period["from"] <= period["to"]:
        return set(range(first, last + 1))
    return set(range(first, 13)) | set(range(1, last + 1))
