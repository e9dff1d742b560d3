"""What was published is announced again: all that listeners can still tell from what is new, and no more."""

from collections.abc import Callable

import pytest
from sqlalchemy import text

from chassis.database.engine import Database
from chassis.events import replaying
from chassis.events.replaying import replay

# Ten published on as many days until today, one that was never published, one of a time that no inbox knows.
FILL = """
    INSERT INTO outbox (event_id, source, name, payload, created_at, published_at)
    SELECT 'evt_' || n, 'cards', 'happened', '{}', now() - make_interval(days => 10 - n),
        CASE WHEN n = 4 THEN NULL ELSE now() END
    FROM generate_series(1, 10) AS n;
    INSERT INTO outbox (event_id, source, name, payload, created_at, published_at)
    VALUES ('evt_old', 'cards', 'happened', '{}', now() - interval '30 days', now());
"""


def test_all_that_inboxes_remember_is_announced_again(
    database: Callable[[str], Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    db = database("cards")
    assert replay(db) == 0
    with db.transaction() as session:
        session.execute(text(FILL))
    # More than one turn.
    monkeypatch.setattr(replaying, "BATCH_MAX", 4)
    assert replay(db) == 9
    with db.transaction() as session:
        left = session.scalars(text("SELECT event_id FROM outbox WHERE published_at IS NOT NULL")).all()
    assert left == ["evt_old"]
    assert replay(db) == 0
