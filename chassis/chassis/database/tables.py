"""The tables that every service has, in its own database: outbox, inbox, idempotency keys, audit."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Identity,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    func,
    text,
)

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

# Who did what. ``tx`` is the transaction that wrote the entry; the chain is in order of ``tx``, then ``seq``.
# ``details`` is json, not jsonb, so that its text stays as it was written.
audit_entries = Table(
    "audit_entries",
    metadata,
    Column("tx", BigInteger, primary_key=True, server_default=text("pg_current_xact_id()::text::bigint")),
    Column("seq", BigInteger, Identity(always=True), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("actor", Text, nullable=False),
    Column("act", Text, nullable=False),
    Column("object", Text, nullable=False, index=True),
    Column("details", JSON, nullable=False),
    Column("call_id", Text),
)

# The chain: each seal holds the hashes of the entries with ``from_tx <= tx < to_tx`` and the hash of the seal
# before it (`chassis.audit.sealing`).
audit_seals = Table(
    "audit_seals",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("from_tx", BigInteger, nullable=False),
    Column("to_tx", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("sealed_at", DateTime(timezone=True), nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
