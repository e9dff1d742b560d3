"""A revision that builds indexes on a database whose cards are being scanned."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

import cards
from chassis.database.migrating import alembic_config, migrate
from devstack.servers.backing import Backing

REVISIONS = Path(str(cards.__file__)).parent.parent / "migrations"
BUILT = {"ix_redemptions_counted", "ix_redemptions_of_device", "ix_cards_revoked_for_good"}
INDEXES = """
    SELECT index.relname, state.indisvalid
    FROM pg_index AS state JOIN pg_class AS index ON index.oid = state.indexrelid
    WHERE index.relname = ANY(:names)
"""


@pytest.fixture
def before_the_indexes(stage: Any, backing: Backing) -> Iterator[str]:
    """The database as it was before; the URL of its owner. It has everything again in the end."""
    owner_url = backing.owner_urls["cards"]
    command.downgrade(alembic_config(owner_url, REVISIONS, "alembic_version"), "cards_0006")
    yield owner_url
    migrate(owner_url, "cards")


def indexes(stage: Any) -> dict[str, bool]:
    """Which are there, and whether each is whole."""
    with stage.db.transaction() as session:
        found = session.execute(text(INDEXES), {"names": [*BUILT, "ix_redemptions_device_id_id"]})
        return {row.relname: row.indisvalid for row in found}


def test_indexes_are_built_anew_where_they_were_given_up_and_scans_go_on_meanwhile(
    stage: Any, before_the_indexes: str
) -> None:
    assert indexes(stage) == {"ix_redemptions_device_id_id": True}
    card, offer = stage.card(), stage.publish()
    with ThreadPoolExecutor(1) as pool:
        # A scan that does not end: the revision waits for it and gives up.
        with stage.db.transaction() as slow:
            slow.execute(text("UPDATE redemptions SET cancelled_by = NULL WHERE id = 'none'"))
            building = pool.submit(migrate, before_the_indexes, "cards")
            scans = 0
            while not building.done():
                scans += 1
                stage.redeem(stage.scan(card, offer, gross_cents=4000 + scans))
        assert isinstance(building.exception(), OperationalError)
    assert scans > 1
    assert indexes(stage)["ix_redemptions_counted"] is False

    migrate(before_the_indexes, "cards")
    assert indexes(stage) == dict.fromkeys(BUILT, True)
    assert len(stage.rows("redemptions")) == scans
