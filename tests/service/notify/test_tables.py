"""The migration makes what the models say, and the tables refuse a message that contradicts itself."""

from collections.abc import Callable

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from chassis.database.engine import Database
from notify.models import Base

OWN = set(Base.metadata.tables)


def test_the_migration_makes_the_models_tables(db: Database) -> None:
    def is_ours(_thing: object, name: str | None, kind: str, *_rest: object) -> bool:
        return kind != "table" or name in OWN

    with db.engine.connect() as connection:
        options = {"compare_type": True, "include_object": is_ours}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize(
    "change", ["state = 'sent'", "sent_at = now()", "state = 'lost'", "kind = 'advert'", "attempts = -1"]
)
@pytest.mark.usefixtures("voucher_due")
def test_a_message_that_contradicts_itself_cannot_be_stored(
    owner_database: Callable[[str], Database], change: str
) -> None:
    with pytest.raises(IntegrityError), owner_database("notify").transaction() as session:
        session.execute(text(f"UPDATE messages SET {change}"))  # noqa: S608
