"""Alembic's environment for every service: one connection, one transaction, no configuration file."""

from alembic import context
from sqlalchemy import create_engine

# A migration that waits for a lock behind live traffic gives up and is run again, instead of blocking it.
LOCK_TIMEOUT_MS = 5_000

_attributes = context.config.attributes
engine = create_engine(
    _attributes["database_url"], connect_args={"options": f"-c lock_timeout={LOCK_TIMEOUT_MS}"}
)
with engine.begin() as connection:
    context.configure(connection=connection, version_table=_attributes["version_table"])
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
