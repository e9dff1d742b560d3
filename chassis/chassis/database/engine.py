"""The database: one engine a process, short transactions, limits that keep a lock from spreading."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from sqlalchemy import Connection, MetaData, create_engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, TimeoutError
from sqlalchemy.orm import Session

from chassis.database.sends import Sends
from chassis.metrics import histogram
from chassis.work import current_work

# Each limit is shorter than the one of its caller: lock < statement < RPC < gateway < client.
LOCK_TIMEOUT_MS = 500
STATEMENT_TIMEOUT_MS = 1_000
IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000
CONNECT_TIMEOUT_S = 2
POOL_WAIT_S = 1
# Server shutting down or starting, too many connections; before these: lock not available, query cancelled,
# deadlock, serialization failure.
AWAY_SQLSTATES = {"57P01", "57P02", "57P03", "53300"}
# A server that was the primary when we came and is a standby now: the connection is of no use any more.
READ_ONLY_SQLSTATE = "25006"
TRANSIENT_SQLSTATES = {"55P03", "57014", "40P01", "40001"} | AWAY_SQLSTATES

# The mark that an announcement leaves on its session.
ANNOUNCED = "announced"

_seconds = histogram(
    "database_transaction_seconds",
    "From a transaction's begin to its end, the wait for a connection included.",
    ("work",),
)

_NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


def metadata_for() -> MetaData:
    """A service's own MetaData, with constraint names that migrations can rely on."""
    return MetaData(naming_convention=_NAMING)


class Database:
    """A service's database; ``transaction()`` is its unit of work."""

    # Set when a transaction with an announcement was committed; the relay of this process clears it.
    announced = False

    def __init__(self, url: str, *, name: str = "occygene", pool_size: int = 20) -> None:
        options = (
            f"-c lock_timeout={LOCK_TIMEOUT_MS} -c statement_timeout={STATEMENT_TIMEOUT_MS} "
            f"-c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS} -c timezone=UTC "
            # A statement after a lock must see what the lock waited for, whatever a server's default is.
            r"-c default_transaction_isolation=read\ committed "
            # Prepared statements keep their plan; by itself the server planned the scan's anew each time.
            "-c plan_cache_mode=force_generic_plan"
        )
        self.engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            # The same few connections again and again: their plans and caches are warm.
            pool_use_lifo=True,
            pool_timeout=POOL_WAIT_S,
            # Values of a failed statement may be personal data: they never reach a log.
            hide_parameters=True,
            connect_args={
                "options": options,
                "connect_timeout": CONNECT_TIMEOUT_S,
                "application_name": name,
                "keepalives_idle": 10,
                "tcp_user_timeout": 5_000,
            },
        )
        event.listen(self.engine, "handle_error", _leave_a_standby)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session whose work is committed at the end of the block, or not at all."""
        with _measured():
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                yield session
            self.announced = self.announced or ANNOUNCED in session.info

    @contextmanager
    def sends(self) -> Iterator[Sends]:
        """A transaction in few round trips, committed at the end of the block where it was not before."""
        with _measured():
            with self.engine.connect() as connection, _begun_by_us(connection):
                sends = Sends(connection)
                try:
                    yield sends
                    sends.finish()
                except BaseException:
                    sends.roll_back()
                    raise
            self.announced = self.announced or sends.announces

    def close(self) -> None:
        """Give every connection back to the server."""
        self.engine.dispose()


@contextmanager
def _measured() -> Iterator[None]:
    started = monotonic()
    try:
        yield
    finally:
        _seconds.labels(current_work.get()).observe(monotonic() - started)


@contextmanager
def _begun_by_us(connection: Connection) -> Iterator[None]:
    """The driver sends no BEGIN while the block runs. SQLAlchemy's AUTOCOMMIT would do the same, and have the
    isolation level said to the server each time: a round trip."""
    driver: Any = connection.connection.dbapi_connection
    driver.autocommit = True
    try:
        yield
    finally:
        if not driver.closed:
            driver.autocommit = False


def is_transient(error: BaseException) -> bool:
    """True where the same call may well succeed in a moment: a lock, a lost connection, a full pool."""
    return is_away(error) or sqlstate(error) in TRANSIENT_SQLSTATES


def is_away(error: BaseException) -> bool:
    """True where nobody's call would succeed now: no connection can be had, or it was lost."""
    if isinstance(error, TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = sqlstate(error)
    return error.connection_invalidated or state in AWAY_SQLSTATES or _never_connected(error, state)


def _leave_a_standby(failed: ExceptionContext) -> None:
    """The pool forgets its connections, so that the next ones go to whichever server takes writes."""
    if getattr(failed.original_exception, "pgcode", None) == READ_ONLY_SQLSTATE:
        failed.is_disconnect = True


def sqlstate(error: BaseException) -> str | None:
    """What the server calls the error; None where it is none of its."""
    return getattr(error.orig, "pgcode", None) if isinstance(error, DBAPIError) else None


def _never_connected(error: DBAPIError, state: str | None) -> bool:
    return type(error).__name__ == "OperationalError" and state is None
