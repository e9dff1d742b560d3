"""The tables refuse what the rules should never let through, and the migration makes what the models say."""

from collections.abc import Callable
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.database.engine import Database
from offers.models import Base

OTHERS = {
    *("outbox", "inbox", "idempotency_keys", "audit_entries", "audit_seals"),
    *("alembic_version", "chassis_version"),
}


def test_the_migration_makes_the_models_tables(database: Callable[[str], Database]) -> None:
    with database("offers").engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": _is_ours}
        )
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize(
    "change",
    [
        "percent = NULL",
        "percent = 0",
        "kind = 'free'",
        "price_cents = 700",
        "standard_price_cents = 0",
        "audience = 'children'",
        "version = -1",
        "state = 'published'",
        "max_children = -1",
    ],
)
def test_an_offer_that_contradicts_itself_cannot_be_stored(
    desk: Any, owner_database: Any, change: str
) -> None:
    desk.draft(desk.accept()["id"])
    with pytest.raises(IntegrityError), owner_database("offers").transaction() as session:
        session.execute(text(f"UPDATE offers SET {change}"))  # noqa: S608 - the test's own words


def _is_ours(thing: Any, name: str | None, kind: str, _reflected: bool, _other: Any) -> bool:
    table = name if kind == "table" else thing.table.name
    return table not in OTHERS
