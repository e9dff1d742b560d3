"""Whether the database server archives its log: a restore goes no further than the archive (ADR 0027)."""

from collections.abc import Callable
from math import nan

from sqlalchemy import text

from chassis.database.engine import Database
from chassis.log import failure, get_logger
from chassis.metrics import gauge
from chassis.resting import rest

# The server tries again every minute; whoever is told can do nothing within seconds.
LOOK_EVERY_S = 60.0

log = get_logger()
_fails = gauge(
    "wal_archive_fails", "1 when the database server's last attempt to archive its log failed, 0 when not."
)

_LAST_FAILED = text("""
    SELECT coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) FROM pg_stat_archiver
""")


def archive_fails(database: Database) -> bool:
    """Whether the server's last attempt failed; False for a server that archives nothing."""
    with database.transaction() as session:
        return bool(session.execute(_LAST_FAILED).scalar_one())


def watch_archive(database: Database, is_stopping: Callable[[], bool]) -> None:
    """Tell it until the process stops; not a number while the database cannot be asked."""
    while not is_stopping():
        try:
            _fails.set(archive_fails(database))
        except Exception as error:
            log.warning("archive_not_asked", **failure(error))
            _fails.set(nan)
        rest(LOOK_EVERY_S, is_stopping)
