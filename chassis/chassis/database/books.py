"""Books: what a service tells the reconciliation of its own rows, a page at a time, along an index.

A page is two statements: the next keys, then the rows of these keys. No statement locks a row, and the next
page begins where the last one ended, however many rows there are. Keys are compared by the database only, so
whoever asks hands them back as they came.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis.clock import now, rfc3339
from contracts.base import BookPage
from contracts.refusals import Refusal

PAGE_KEYS = 1_000
# A page takes some milliseconds; on a machine that is busy otherwise nobody waits for it but the night.
PAGE_STATEMENT_TIMEOUT_S = 1.8


@dataclass(frozen=True)
class Keys:
    """Where keys are walked: an index must begin with ``column``, after what ``where`` holds fixed."""

    table: str
    column: str
    where: str = ""


@dataclass(frozen=True, kw_only=True)
class Book:
    """``rows`` is SQL for the rows of ``:keys`` (and ``:now``, the domain's time), the key first; a row with
    nothing to say may be left out. ``page``: how many keys at a time."""

    keys: tuple[Keys, ...]
    rows: str
    page: int = PAGE_KEYS


# What is found elsewhere than in the database: rows, the key first, all at once.
Told = Callable[[], list[list[Any]]]

# An event that its outbox still holds after a day: object, nothing expected, one found.
EVENT_UNSENT = Book(
    keys=(
        Keys(
            "outbox",
            "event_id",
            "published_at IS NULL AND created_at < clock_timestamp() - interval '1 day'",
        ),
    ),
    rows="SELECT event_id, 0, 1 FROM outbox WHERE event_id = ANY(:keys)",
)
COMMON: Mapping[str, Book] = {"event_unsent": EVENT_UNSENT}


def read_page(
    transaction: Callable[[], AbstractContextManager[Session]],
    books: Mapping[str, Book | Told],
    *,
    book: str,
    after: str,
    until: str | None,
) -> BookPage:
    """Return the rows of the next keys beyond ``after`` (first: ''), up to ``until`` inclusive.

    Refuses ``not_found`` for an unknown book.
    """
    asked = books.get(book) or COMMON.get(book)
    if asked is None:
        raise Refusal("not_found")
    if not isinstance(asked, Book):
        return {"rows": asked(), "next_after": None}
    with transaction() as session:
        session.execute(text(f"SET LOCAL statement_timeout = '{int(PAGE_STATEMENT_TIMEOUT_S * 1000)}ms'"))
        keys = list(session.scalars(text(_next_keys(asked, until)), _bound(asked, after, until)))
        found = session.execute(text(asked.rows), {"keys": keys, "now": now()}).all() if keys else []
    next_after = keys[-1] if len(keys) == asked.page else None
    return {"rows": [[_plain(value) for value in row] for row in found], "next_after": next_after}


def _next_keys(book: Book, until: str | None) -> str:
    parts = " UNION ".join(f"({_keys_of(keys, until)})" for keys in book.keys)
    return f"SELECT key FROM ({parts}) AS next_keys ORDER BY key LIMIT :count"  # noqa: S608 - constants


def _keys_of(keys: Keys, until: str | None) -> str:
    conditions = [f"{keys.column} > :after", keys.where, f"{keys.column} <= :until" if until else ""]
    where = " AND ".join(condition for condition in conditions if condition)
    # Each part is walked along its own index and stops after a page.
    return (
        f"SELECT DISTINCT {keys.column} AS key FROM {keys.table} WHERE {where} "  # noqa: S608 - constants
        f"ORDER BY {keys.column} LIMIT :count"
    )


def _bound(book: Book, after: str, until: str | None) -> dict[str, Any]:
    return {"after": after, "count": book.page} | ({"until": until} if until else {})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, date):
        return value.isoformat()
    return int(value) if isinstance(value, Decimal) else value
