"""A revision that builds indexes on a database whose cards are being scanned."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

import cards
from chassis.database.migrating import alembic_config
from devstack.servers.backing import Backing

REVISIONS = Path(str(cards.__file__)).parent.parent / "migrations"
BEFORE, BUILDING = "cards_0006", "cards_0007"
BUILT = {"ix_redemptions_counted", "ix_redemptions_of_device", "ix_cards_revoked_for_good"}
INDEXES = """
    SELECT index.relname, state.indisvalid
    FROM pg_index AS state JOIN pg_class AS index ON index.oid = state.indexrelid
    WHERE index.relname = ANY(:names)
"""


@pytest.fixture
def build(stage: Any, backing: Backing) -> Iterator[Callable[[], None]]:
    """Runs the revision, which alone is undone: what the scans of today need of later ones stays. The
    database has everything again in the end."""
    config = alembic_config(backing.owner_urls["cards"], REVISIONS, "alembic_version")
    command.stamp(config, BUILDING)
    command.downgrade(config, BEFORE)
    yield lambda: command.upgrade(config, BUILDING)
    command.upgrade(config, BUILDING)
    command.stamp(config, "head")


def indexes(stage: Any) -> dict[str, bool]:
    """Which are there, and whether each is whole."""
    with stage.db.transaction() as session:
        found = session.execute(text(INDEXES), {"names": [*BUILT, "ix_redemptions_device_id_id"]})
        return {row.relname: row.indisvalid for row in found}


def test_indexes_are_built_anew_where_they_were_given_up_and_scans_go_on_meanwhile(
    stage: Any, build: Callable[[], None]
) -> None:
    assert indexes(stage) == {"ix_redemptions_device_id_id": True}
    card, offer = stage.card(), stage.publish()
    with ThreadPoolExecutor(1) as pool:
        # A scan that does not end: the revision waits for it and gives up.
        with stage.db.transaction() as slow:
            slow.execute(text("UPDATE redemptions SET cancelled_by = NULL WHERE id = 'none'"))
            building = pool.submit(build)
            scans = 0
            while not building.done():
                scans += 1
                stage.redeem(stage.scan(card, offer, gross_cents=4000 + scans))
        assert isinstance(building.exception(), OperationalError)
    assert scans > 1
    assert indexes(stage)["ix_redemptions_counted"] is False

    build()
    assert indexes(stage) == dict.fromkeys(BUILT, True)
    assert len(stage.rows("redemptions")) == scans
