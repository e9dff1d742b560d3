"""One database and one role per service on any PostgreSQL server that lets us in as an administrator."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from urllib.parse import quote, unquote, urlsplit

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection, cursor

ADMINISTRATOR = "administrator"
DRIVER = "postgresql+psycopg2"
CONNECT_TIMEOUT_S = 5


def database_url(user: str, password: str, host: str, port: int, database: str) -> str:
    """The URL that services take (`postgresql+psycopg2://…`)."""
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return f"{DRIVER}://{login}@{host}:{port}/{quote(database, safe='')}"


def create_databases(admin_url: str, roles: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Make sure that each service has a database which its own role owns and nobody else may enter.

    `roles`: service → (name of role and database, password); the URLs come back by service.
    May be done again.
    """
    server = urlsplit(admin_url)
    with _administrator(admin_url) as at:
        for name, password in roles.values():
            _ensure_role(at, name, password)
            _ensure_database(at, name)
    host, port = server.hostname or "127.0.0.1", server.port or 5432
    return {
        service: database_url(name, password, host, port, name) for service, (name, password) in roles.items()
    }


def drop_databases(admin_url: str, names: list[str]) -> None:
    """Drop databases and the roles of the same name, whoever is still connected."""
    with _administrator(admin_url) as at:
        for name in names:
            at.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            at.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(name)))


def accepts_logins(url: str) -> bool:
    """Whether the server lets this user in now."""
    try:
        with closing(connect(url)):
            return True
    except psycopg2.OperationalError:
        return False


def connect(url: str) -> connection:
    """A psycopg2 connection for a `postgresql+psycopg2://` URL."""
    parts = urlsplit(url)
    return psycopg2.connect(
        host=parts.hostname,
        port=parts.port or 5432,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        dbname=unquote(parts.path.lstrip("/")),
        connect_timeout=CONNECT_TIMEOUT_S,
    )


@contextmanager
def _administrator(admin_url: str) -> Iterator[cursor]:
    """A cursor outside transactions: CREATE DATABASE cannot run inside one."""
    with closing(connect(admin_url)) as link:
        link.set_isolation_level(ISOLATION_LEVEL_AUTOCOMMIT)
        with link.cursor() as at:
            yield at


def _ensure_role(at: cursor, name: str, password: str) -> None:
    role = sql.Identifier(name)
    try:
        at.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD %s").format(role), (password,))
    except errors.DuplicateObject:
        at.execute(sql.SQL("ALTER ROLE {} LOGIN PASSWORD %s").format(role), (password,))


def _ensure_database(at: cursor, name: str) -> None:
    database = sql.Identifier(name)
    # A managed server's administrator is no superuser: it must belong to a role to give it a database.
    at.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(database))
    try:
        at.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, database))
    except errors.DuplicateDatabase:
        return
    at.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
