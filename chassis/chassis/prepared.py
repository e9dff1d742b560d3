"""Prepared statements: parsed and planned once a connection, for what is asked hundreds of times a second."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import CursorResult
from sqlalchemy.orm import Session

# ``:name``, but not the second colon of a ``::cast``.
_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")
_KNOWN = "prepared"
# A plan is kept (`plan_cache_mode`, in `chassis.database`) until its tables are analysed again. Made on a
# platform's first day it would read whole tables, all empty then, and go on doing so while they fill.
_BY_INDEX = "SET LOCAL enable_seqscan = off"


@dataclass(frozen=True)
class Prepared:
    """A statement with ``:name`` parameters under a name of its own (ADR 0020).

    The server infers each parameter's type from where it stands; a CAST says it where nothing else does.
    """

    name: str
    sql: str = field(repr=False)
    preparation: str = field(init=False, repr=False)
    execution: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = list(dict.fromkeys(_PARAMETER.findall(self.sql)))
        numbered = _PARAMETER.sub(lambda found: f"${names.index(found[1]) + 1}", self.sql)
        given = ", ".join(f"%({name})s" for name in names)
        object.__setattr__(self, "preparation", f"{_BY_INDEX}; PREPARE {self.name} AS {numbered}")
        object.__setattr__(self, "execution", f"EXECUTE {self.name} ({given})")


def execute(session: Session, statement: Prepared, values: Mapping[str, Any]) -> CursorResult[Any]:
    """Run the statement in the session's transaction; its connection learns and plans it the first time."""
    connection = session.connection()
    known: set[str] = connection.info.setdefault(_KNOWN, set())
    if statement.name not in known:
        connection.exec_driver_sql(statement.preparation)
        known.add(statement.name)
    return connection.exec_driver_sql(statement.execution, dict(values))
