"""The audit after a run: every chain holds, and each redemption and cancellation has its one entry."""

from collections import Counter
from collections.abc import Iterator, Mapping

from sqlalchemy import text

from chassis.audit.verifying import Broken, verify
from chassis.database.engine import Database
from tests.chaos.books import Books

_TOLD = text("SELECT object, act FROM audit_entries WHERE starts_with(act, 'redemption_')")


def amiss(urls: Mapping[str, str], books: Books) -> Iterator[str]:
    """A line for each chain that does not hold, and for each act that was told never or twice."""
    for service, url in urls.items():
        database = Database(url, name="chaos-audit", pool_size=1)
        try:
            verify(database)
        except Broken as broken:
            yield f"{service}: {broken}"
        if service == "cards":
            yield from _untold(database, books)
        database.close()


def _untold(database: Database, books: Books) -> Iterator[str]:
    with database.transaction() as session:
        told = Counter((row.object, row.act) for row in session.execute(_TOLD))
    done = {(one.id, "redemption_recorded") for one in books.redemptions.values()}
    done |= {(one.id, "redemption_cancelled") for one in books.redemptions.values() if one.cancelled}
    for act in sorted(done | told.keys()):
        if told[act] != (act in done):
            yield f"{act[1]} of {act[0]}: {told[act]} entries"
