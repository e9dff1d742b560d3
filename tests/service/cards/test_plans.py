"""A plan of a scan that is made on a platform's first day is kept: it must go by the indexes even then."""

import re
from typing import Any

import pytest

from cards.scan.statements import DRAW_FACTS, LOCK_FACTS, READ_FACTS, RECORD
from chassis.database.prepared import Prepared

NAMED = re.compile(r"%\(\w+\)s")


def plan_of(stage: Any, statement: Prepared) -> str:
    """How an empty database would carry out the statement, whatever its values."""
    with stage.db.transaction() as session:
        connection = session.connection()
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        connection.exec_driver_sql(f"SET LOCAL enable_seqscan = off; {statement.preparation}")
        asked = NAMED.sub("NULL", statement.execution)
        return "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN (COSTS OFF) {asked}"))


@pytest.mark.parametrize("medium", ["qr", "number"])
@pytest.mark.parametrize(
    "facts", [READ_FACTS, LOCK_FACTS, DRAW_FACTS], ids=["quote", "redemption", "with pot"]
)
def test_uses_and_repeats_are_found_by_whom_they_count_and_when(
    stage: Any, facts: dict[str, Prepared], medium: str
) -> None:
    plan = plan_of(stage, facts[medium])
    assert "Seq Scan" not in plan
    found = re.findall(
        r"using (ix_redemptions_\w+)[^\n]*\n\s+Index Cond: \(\(COALESCE\(counted_as, order_id\)", plan
    )
    # For the limits, and for the same scan of seconds ago.
    assert found == ["ix_redemptions_counted"] * 2


def test_a_pot_is_lowered_by_its_key_and_not_by_reading_all_that_are_open(stage: Any) -> None:
    plan = plan_of(stage, RECORD)
    assert "Seq Scan" not in plan
    assert "Index Scan using pk_allowances on allowances" in plan
