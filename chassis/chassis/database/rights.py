"""Rights: the role that a service runs as owns nothing and holds what its `rights.py` names (ADR 0023)."""

from collections.abc import Mapping
from importlib import import_module

from sqlalchemy import create_engine, make_url

# Of a table that is never corrected but by another row.
APPEND_ONLY = "SELECT, INSERT"

# The tables of the chassis, which every service has.
RIGHTS = {
    "outbox": "SELECT, INSERT, UPDATE (published_at), DELETE",
    "inbox": "SELECT, INSERT, DELETE",
    "idempotency_keys": "SELECT, INSERT, UPDATE (answer)",
    "audit_entries": APPEND_ONLY,
    "audit_seals": APPEND_ONLY,
}


def rights_of(name: str) -> dict[str, str]:
    """A service's tables, each with what GRANT gives: the chassis's and those of its module ``rights``."""
    return {**RIGHTS, **import_module(f"{name}.rights").RIGHTS}


def grant(owner_url: str, service_url: str, rights: Mapping[str, str]) -> None:
    """Give the user of ``service_url`` these rights in the owner's database and take every other; safe to
    repeat, also while the service runs.
    """
    engine = create_engine(owner_url)
    quoted = engine.dialect.identifier_preparer.quote
    database, role = (quoted(str(name)) for name in (engine.url.database, make_url(service_url).username))
    with engine.begin() as connection:
        for statement in _statements(database, role, rights):
            connection.exec_driver_sql(statement)
    engine.dispose()


def _statements(database: str, role: str, rights: Mapping[str, str]) -> list[str]:
    return [
        f"GRANT CONNECT ON DATABASE {database} TO {role}",
        f"GRANT USAGE ON SCHEMA public TO {role}",
        # Takes the rights to single columns too. In one transaction: nobody sees the moment in between.
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role}",
        *(f"GRANT {privileges} ON {table} TO {role}" for table, privileges in rights.items()),
    ]
