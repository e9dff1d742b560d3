"""Reading the books of services page by page over RPC; bounded memory, no lock, and patience at night."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chassis.calls.client import RpcUnavailable
from contracts.base import BookPage
from contracts.neighbours import Neighbours
from contracts.refusals import Refusal

# A service that restarts or is busy is asked again; when it stays away the whole run begins anew later.
PAGE_RETRY_DELAYS_S = (0.2, 1, 2)

Row = list[Any]


@dataclass(frozen=True)
class Page:
    """Rows of one book with keys beyond ``after``, up to ``until`` (None: to its end)."""

    rows: list[Row]
    after: str
    until: str | None


def pages(
    services: Neighbours, service: str, book: str, after: str = "", until: str | None = None
) -> Iterator[Page]:
    """Every page of the book between two keys; the last one reaches ``until``. At least one, maybe empty."""
    while True:
        answer = _ask(services, service, book, after, until)
        next_after = answer["next_after"]
        yield Page(answer["rows"], after, until if next_after is None else next_after)
        if next_after is None:
            return
        after = next_after


def _ask(services: Neighbours, service: str, book: str, after: str, until: str | None) -> BookPage:
    for delay_s in PAGE_RETRY_DELAYS_S:
        try:
            return _get(services, service, book, after, until)
        except (RpcUnavailable, Refusal) as error:
            if isinstance(error, Refusal) and error.code != "try_again":
                raise
            time.sleep(delay_s)
    return _get(services, service, book, after, until)


def _get(services: Neighbours, service: str, book: str, after: str, until: str | None) -> BookPage:
    page: BookPage = getattr(services, service).get_books(book=book, after=after, until=until)
    return page
