"""What stands in the databases: so that a test can say that nothing at all was changed."""

from sqlalchemy import NullPool, create_engine, text

from devstack.secrets import DATABASE_SERVICES
from devstack.stack import Stack

# Refused scans and tries to sign in are kept on purpose: they slow down whoever guesses.
KEPT_OF_REFUSALS = frozenset({"cards.refused_scans", "identity.sign_in_attempts"})
# Written a while after what they seal, whoever asks meanwhile; the entries themselves are compared.
SEALS = frozenset(f"{service}.audit_seals" for service in DATABASE_SERVICES)
# The bank is asked again for pending payments while the tests go on: only their number counts.
ASKED_FOR = frozenset({"wallet.payments"})
_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")


def contents(platform: Stack) -> dict[str, tuple[int, int]]:
    """``service.table`` → how many rows, and a sum over all that stands in them."""
    found: dict[str, tuple[int, int]] = {}
    for service in DATABASE_SERVICES:
        engine = create_engine(platform.owner_url(service), poolclass=NullPool)
        with engine.connect().execution_options(postgresql_readonly=True) as connection:
            for table in connection.execute(_TABLES).scalars().all():
                name = f"{service}.{table}"
                if name not in KEPT_OF_REFUSALS | SEALS:
                    query = (
                        f'SELECT count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM "{table}" t'  # noqa: S608
                    )
                    rows, total = connection.execute(text(query)).one()
                    found[name] = (rows, 0 if name in ASKED_FOR else int(total))
    return found
