"""A database, its owner and a role per service on any PostgreSQL server that lets us in as administrator."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import psycopg2
from psycopg2 import errors, sql
from psycopg2.extensions import ISOLATION_LEVEL_AUTOCOMMIT, connection, cursor
from sqlalchemy import make_url

ADMINISTRATOR = "administrator"
DRIVER = "postgresql+psycopg2"
CONNECT_TIMEOUT_S = 5


def database_url(user: str, password: str, host: str, port: int, database: str) -> str:
    """The URL that services take (`postgresql+psycopg2://…`)."""
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    return f"{DRIVER}://{login}@{host}:{port}/{quote(database, safe='')}"


@dataclass(frozen=True, kw_only=True)
class Account:
    """A service's database and the role it runs as, both called `name`, and the role that owns it."""

    name: str
    password: str = field(repr=False)
    owner_password: str = field(repr=False)

    @property
    def owner(self) -> str:
        """Who owns the database and all that is in it (ADR 0023)."""
        return f"{self.name}_owner"


@dataclass(frozen=True, kw_only=True)
class DatabaseUrls:
    """How the running service enters its database, and how `prepare` does; both may be the same."""

    service: str = field(repr=False)
    owner: str = field(repr=False)


def create_databases(admin_url: str, accounts: Mapping[str, Account]) -> dict[str, DatabaseUrls]:
    """Make sure that each service has a database with an owner, and a role that owns nothing; nobody else may
    enter, and the role only once `prepare` has let it in. Keys are services. May be done again.
    """
    with _administrator(admin_url) as at:
        for account in accounts.values():
            _ensure_role(at, account.name, account.password)
            _ensure_role(at, account.owner, account.owner_password)
            _ensure_database(at, account)
    return {
        service: DatabaseUrls(
            service=_entered_by(admin_url, account.name, account.password, account.name),
            owner=_entered_by(admin_url, account.owner, account.owner_password, account.name),
        )
        for service, account in accounts.items()
    }


def close_maintenance_databases(admin_url: str) -> None:
    """On a server that is only ours: what every role may enter by default is the administrator's alone."""
    with _administrator(admin_url) as at:
        at.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")


def drop_databases(admin_url: str, names: list[str]) -> None:
    """Drop databases with their roles, whoever is still connected."""
    with _administrator(admin_url) as at:
        for name in names:
            at.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            for role in (name, f"{name}_owner"):
                at.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


def accepts_logins(url: str) -> bool:
    """Whether the server lets this user in now."""
    try:
        with closing(connect(url)):
            return True
    except psycopg2.OperationalError:
        return False


def connect(url: str) -> connection:
    """A psycopg2 connection for a `postgresql+psycopg2://` URL, its several hosts and TLS included."""
    read = make_url(url)
    _, options = read.get_dialect()().create_connect_args(read)
    opened: connection = psycopg2.connect(**{"connect_timeout": CONNECT_TIMEOUT_S, **options})
    return opened


def _entered_by(admin_url: str, user: str, password: str, database: str) -> str:
    """The same server or servers, reached in the same way, as another user."""
    url = make_url(admin_url).set(username=user, password=password, database=database)
    return url.render_as_string(hide_password=False)


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


def _ensure_database(at: cursor, account: Account) -> None:
    database, owner = sql.Identifier(account.name), sql.Identifier(account.owner)
    # A managed server's administrator is no superuser: it must belong to a role to give it a database.
    at.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(owner))
    try:
        at.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, owner))
    except errors.DuplicateDatabase:
        return
    at.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
