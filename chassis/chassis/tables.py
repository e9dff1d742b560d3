"""The three tables that every service has, in its own database: outbox, inbox, idempotency keys."""

from sqlalchemy import JSON, BigInteger, Column, DateTime, Identity, Index, MetaData, Table, Text, func

metadata = MetaData()

# What this service announced. A row is written in the transaction that caused it and published afterwards.
outbox = Table(
    "outbox",
    metadata,
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("event_id", Text, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("call_id", Text),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("published_at", DateTime(timezone=True)),
)
# The relay asks for the unpublished rows many times a second: this index holds only those.
Index("ix_outbox_unpublished", outbox.c.seq, postgresql_where=outbox.c.published_at.is_(None))

# What this service has heard: the bus delivers at least once, this key makes it once.
inbox = Table(
    "inbox",
    metadata,
    Column("consumer", Text, primary_key=True),
    Column("event_id", Text, primary_key=True),
    Column("received_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)

# What callers asked for and were answered. The answer is json, not jsonb, so that a replay is equal
# to the letter.
idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("answer", JSON),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
)
