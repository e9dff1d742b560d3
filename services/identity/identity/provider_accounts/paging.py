"""Pages of a provider's devices or staff, newest first: ids sort by time, so the last one is the cursor."""

from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from identity.input_rules import MAX_PAGE, check_optional_text, refuse
from identity.models import Device, Staff

MAX_CURSOR_CHARS = 60
Row = TypeVar("Row", Device, Staff)


def newest_first(
    session: Session, table: type[Row], provider_id: str, cursor: str | None, limit: int
) -> tuple[list[Row], str | None]:
    """Return a page of the provider's rows, and where the next begins."""
    check_optional_text("cursor", cursor, MAX_CURSOR_CHARS)
    if type(limit) is not int or not 1 <= limit <= MAX_PAGE:
        raise refuse("limit", f"1–{MAX_PAGE}")
    query = select(table).where(table.provider_id == provider_id).order_by(table.id.desc()).limit(limit + 1)
    rows = list(session.scalars(query.where(table.id < cursor) if cursor else query))
    page = rows[:limit]
    return page, page[-1].id if len(rows) > limit else None
