"""Alembic's environment for every service: one connection, no configuration file."""

from alembic import context
from sqlalchemy import create_engine

# A migration that waits for a lock behind live traffic gives up and is run again, instead of blocking it.
LOCK_TIMEOUT_MS = 5_000

_attributes = context.config.attributes
engine = create_engine(
    _attributes["database_url"], connect_args={"options": f"-c lock_timeout={LOCK_TIMEOUT_MS}"}
)
with engine.connect() as connection:
    # Each revision in its own transaction, so that one which builds an index can do so outside of any.
    context.configure(
        connection=connection, version_table=_attributes["version_table"], transaction_per_migration=True
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
