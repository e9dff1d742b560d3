"""What the relay reads of an outbox in which much was published since the last vacuum."""

from collections.abc import Callable

from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from chassis.database.engine import Database
from chassis.events.relay import _DONE, _UNPUBLISHED, BATCH_MAX

# Of these some hundred pages are left behind; a batch that is read by itself takes a few.
PUBLISHED = 20 * BATCH_MAX
PAGES_MAX = 40
ANNOUNCE = text("""
    INSERT INTO outbox (event_id, source, name, payload)
    SELECT 'evt_' || n, 'cards', 'redemption_recorded', json_build_object('filling', repeat('x', 500))
    FROM generate_series(:first, :last) AS n
""")


def test_the_relay_does_not_read_again_what_was_published(database: Callable[[str], Database]) -> None:
    db = database("cards")
    announce(db, 1, PUBLISHED)
    while publish(db):
        pass
    announce(db, PUBLISHED + 1, PUBLISHED + 3)
    # Who looks first marks what nobody needs any more.
    assert pages_read(db)[1] == 3
    assert pages_read(db)[0] < PAGES_MAX


def announce(db: Database, first: int, last: int) -> None:
    with db.transaction() as session:
        session.execute(ANNOUNCE, {"first": first, "last": last})


def publish(db: Database) -> int:
    """A batch, as the relay does; how many it was."""
    with db.transaction() as session:
        seqs = [row.seq for row in session.execute(_UNPUBLISHED)]
        session.execute(_DONE, {"seqs": seqs})
    return len(seqs)


def pages_read(db: Database) -> tuple[int, int]:
    """By the relay's question: pages, and rows found."""
    compiled = _UNPUBLISHED.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})  # type: ignore[no-untyped-call]
    with db.transaction() as session:
        explain = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {compiled}")
        (told,) = session.execute(explain).scalar_one()
    return told["Plan"]["Shared Hit Blocks"] + told["Plan"]["Shared Read Blocks"], told["Plan"]["Actual Rows"]
