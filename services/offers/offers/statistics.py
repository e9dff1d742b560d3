"""Sales follow-up: what a provider sold, by day, offer, card type or site."""

from datetime import date
from typing import Any, cast

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from chassis.calls.caller import Caller
from contracts.offers import SalesBy, Statistics, StatisticsRow
from contracts.refusals import Refusal
from offers.access import require_acting_for
from offers.counting import COUNTERS
from offers.input_rules import check_choice, check_day, refuse
from offers.models import Counters, Provider, Sales, SiteSales

MAX_PERIOD_DAYS = 1100
KEYS = {
    "day": Sales.day,
    "offer": Sales.offer_id,
    "card_type": Sales.card_type,
    "site": SiteSales.site_id,
}


def get_statistics(
    session: Session, caller: Caller, *, provider_id: str, first_day: str, last_day: str, by: str
) -> Statistics:
    """Rows in the order of their keys, and their total; days are inclusive, civil Paris; money in cents.

    Refusals: ``not_found`` for another's provider, ``invalid_field``.
    """
    require_acting_for(caller, provider_id)
    check_choice("by", by, tuple(KEYS))
    first, last = _period(first_day, last_day)
    provider = session.get(Provider, provider_id)
    if provider is None or not caller.works_for(*provider.programmes):
        raise Refusal("not_found")
    rows = _rows(session, provider_id, first, last, by)
    return {
        "provider_id": provider_id,
        "by": cast(SalesBy, by),
        "rows": rows,
        "total": _total(rows),
    }


def get_statistics_totals(session: Session) -> dict[str, Any]:
    """Sums of every counter over every provider, for checks."""
    sums: list[Any] = list(session.execute(select(*_sums(Sales))).one())
    return {name: int(value or 0) for name, value in zip(COUNTERS, sums, strict=True)}


def _rows(session: Session, provider_id: str, first: date, last: date, by: str) -> list[StatisticsRow]:
    key = KEYS[by]
    sold = key.class_
    query = (
        select(key, *_sums(sold))
        .where(sold.provider_id == provider_id, sold.day.between(first, last))
        .group_by(key)
        .order_by(key)
    )
    rows = [_row(row) for row in session.execute(query)]
    # A redemption that was cancelled leaves nothing behind, not even a line of zeros.
    return [row for row in rows if any(cast(dict[str, Any], row)[name] for name in COUNTERS)]


def _sums(sold: type[Counters]) -> list[Any]:
    return [func.sum(getattr(sold, name)) for name in COUNTERS]


def _row(row: Row[Any]) -> StatisticsRow:
    key, sums = row[0], cast(list[Any], row[1:])
    counters = {name: int(value) for name, value in zip(COUNTERS, sums, strict=True)}
    return cast(StatisticsRow, {"key": str(key), **counters})


def _total(rows: list[StatisticsRow]) -> StatisticsRow:
    dicts = [cast(dict[str, Any], row) for row in rows]
    sums = {name: sum(row[name] for row in dicts) for name in COUNTERS}
    return cast(StatisticsRow, {"key": "total", **sums})


def _period(first_day: str, last_day: str) -> tuple[date, date]:
    first, last = check_day("from", first_day), check_day("to", last_day)
    if not 0 <= (last - first).days <= MAX_PERIOD_DAYS:
        most = MAX_PERIOD_DAYS
        raise refuse("to", f"de 0 à {most} jours après « from »", f"0 to {most} days after “from”")
    return first, last
