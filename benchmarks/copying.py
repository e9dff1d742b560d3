"""Rows into tables by COPY, as an administrator: a million cards in minutes."""

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import date, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection

from devstack.servers.databases import connect

BATCH_ROWS = 20_000

Row = Sequence[Any]


@contextmanager
def administrator(admin_url: str, database: str) -> Iterator[connection]:
    """The administrator in one service's database; rows are consistent by construction, so that foreign
    keys are not asked for each of them."""
    url = urlsplit(admin_url)._replace(path=f"/{database}").geturl()
    with closing(connect(url)) as link:
        with link, link.cursor() as at:
            at.execute("SET session_replication_role = replica")
        yield link


def copy_rows(link: connection, table: str, columns: str, rows: Iterable[Row]) -> int:
    """Add the rows; ``columns`` is a comma-separated list. Answers how many there were."""
    remaining, count = iter(rows), 0
    while batch := list(islice(remaining, BATCH_ROWS)):
        lines = io.StringIO("".join(line(row) for row in batch))
        with link, link.cursor() as at:
            # Table and columns are constants of ours.
            at.copy_expert(f"COPY {table} ({columns}) FROM STDIN", lines)
        count += len(batch)
    return count


def line(row: Row) -> str:
    """One line in COPY's text format."""
    return "\t".join(map(_text, row)) + "\n"


def settle_tables(link: connection) -> None:
    """Statistics for the planner and a clean start for autovacuum, as in a database that has lived."""
    link.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
    with link.cursor() as at:
        at.execute("VACUUM ANALYZE")
        at.execute("CHECKPOINT")


def _text(value: Any) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bytes):
        return r"\\x" + value.hex()
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (dict, list)):
        value = json.dumps(value, ensure_ascii=False)
    return str(value).replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n")
