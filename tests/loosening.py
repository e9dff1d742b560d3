"""Taking a constraint off a table so that a fault can be seeded, and putting it back afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text

from chassis.database.engine import Database

TRIGGERS = """
    DO $$ DECLARE its_name text; BEGIN
        FOR its_name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
            EXECUTE format('ALTER TABLE %I {does} TRIGGER USER', its_name);
        END LOOP;
    END $$
"""
EMPTY = """
    DO $$ BEGIN EXECUTE (
        SELECT 'TRUNCATE ' || string_agg(format('%I', tablename), ', ') || ' CASCADE' FROM pg_tables
        WHERE schemaname = 'public' AND tablename NOT LIKE '%version');
    END $$
"""


def run(database: Database, *statements: str) -> None:
    """SQL, in one transaction."""
    with database.transaction() as session:
        for statement in statements:
            session.execute(text(statement))


@contextmanager
def changeable(database: Database) -> Iterator[None]:
    """Within the block history may be changed by hand."""
    run(database, TRIGGERS.format(does="DISABLE"))
    try:
        yield
    finally:
        run(database, TRIGGERS.format(does="ENABLE"))


@contextmanager
def loosened(database: Database, name: str) -> Iterator[None]:
    """Within the block ``table.constraint`` or ``index`` is gone; the database is empty afterwards."""
    table, _, constraint = name.rpartition(".")
    put_back = _definition(database, table, constraint)
    run(
        database, f"ALTER TABLE {table} DROP CONSTRAINT {constraint}" if table else f"DROP INDEX {constraint}"
    )
    try:
        yield
    finally:
        run(database, EMPTY, put_back)


def _definition(database: Database, table: str, name: str) -> str:
    with database.transaction() as session:
        if not table:
            return str(
                session.scalar(text("SELECT indexdef FROM pg_indexes WHERE indexname = :n"), {"n": name})
            )
        found = session.scalar(
            text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :n"), {"n": name}
        )
    return f"ALTER TABLE {table} ADD CONSTRAINT {name} {found}"
