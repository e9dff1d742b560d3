"""The tables of a service between histories: as the first day left them, at the price of a few rows."""

import json
from typing import Any

import psycopg2.extensions
from sqlalchemy import MetaData

from cards.models import Base as CardsBase
from cards.scan import models  # noqa: F401 - its tables belong to the same metadata
from chassis.database import tables
from chassis.database.engine import Database
from offers.models import Base as OffersBase
from wallet.models import Base as WalletBase

_METADATA: dict[str, MetaData] = {
    "cards": CardsBase.metadata,
    "wallet": WalletBase.metadata,
    "offers": OffersBase.metadata,
}
# Deleted rows slow every statement down until they are gone; a TRUNCATE costs as much as half a history.
TRUNCATE_EVERY = 50
# Ledger, draws, raises and audit refuse to be emptied, also by their owner: only this file may, and only
# meanwhile.
_REFUSALS = (
    "SELECT array_agg(pg_get_functiondef(oid)) FROM pg_proc "
    "WHERE proname IN ('refuse_changes', 'refuse_audit_changes')"
)
_NOT_KEPT = {"outbox", "audit_entries", "audit_seals"}
_ALLOWED = "SET LOCAL simulation.resets = 'yes'"
_MAY_RESET = "BEGIN\nIF current_setting('simulation.resets', true) = 'yes' THEN RETURN OLD; END IF;"


class Storage:
    """One service's tables, seen from outside by a connection of their owner that never dies or waits."""

    def __init__(self, name: str, owner_url: str) -> None:
        self._database = Database(owner_url, name=f"simulate-{name}-owner", pool_size=1)
        self._link = self._database.engine.raw_connection()
        connection: psycopg2.extensions.connection = self._link.driver_connection  # type: ignore[assignment]
        connection.set_session(autocommit=True)
        self._cursor = connection.cursor()
        own = [table.name for table in _METADATA[name].sorted_tables]
        self._tables = [*own, *(table.name for table in tables.metadata.sorted_tables)]
        self._kept: list[str] = []
        self._resets = 0
        self._refusals: list[str] = self.read(_REFUSALS)[0]
        for refusal in self._refusals:
            self._cursor.execute(refusal.replace("BEGIN", _MAY_RESET, 1))

    def read(self, query: str, *values: Any) -> Any:
        """The one row of a statement."""
        self._cursor.execute(query, values)
        return self._cursor.fetchone()

    def alter(self, statement: str) -> None:
        """Change the tables themselves, as only their owner may."""
        self._cursor.execute(statement)

    def waits(self, backend_pid: int) -> bool:
        """Whether a session of this service waits for another's lock."""
        return bool(self.read("SELECT cardinality(pg_blocking_pids(%s)) > 0", backend_pid)[0])

    def empty(self) -> None:
        """No rows at all."""
        self._cursor.execute(f"BEGIN; {_ALLOWED}; TRUNCATE {', '.join(self._tables)} CASCADE; COMMIT")

    def keep(self) -> None:
        """What stands here now is what `reset` goes back to; all but the outbox, which is on its way, and
        the audit."""
        self._cursor.execute("DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept")
        self._kept = [table for table in self._tables if table not in _NOT_KEPT and self._has_rows(table)]
        for table in self._kept:
            self._cursor.execute(f"CREATE TABLE kept.{table} AS TABLE public.{table}")

    def reset(self) -> None:
        """Back to what was kept."""
        self._resets += 1
        if self._resets % TRUNCATE_EVERY == 0:
            self.empty()
        gone = [f"DELETE FROM {table}" for table in reversed(self._tables)]  # noqa: S608
        back = [f"INSERT INTO {table} SELECT * FROM kept.{table}" for table in self._kept]  # noqa: S608
        self._cursor.execute("; ".join(["BEGIN", _ALLOWED, *gone, *back, "COMMIT"]))

    def close(self) -> None:
        """Everything as it was found, and the connection given back."""
        self._cursor.execute("DROP SCHEMA IF EXISTS kept CASCADE")
        for refusal in self._refusals:
            self._cursor.execute(refusal)
        self._link.close()
        self._database.close()

    def _has_rows(self, table: str) -> bool:
        return bool(self.read(f"SELECT EXISTS (SELECT FROM {table})")[0])  # noqa: S608


def as_json(value: Any) -> str:
    """A text by which two answers are compared to the letter."""
    return json.dumps(value, ensure_ascii=False)
