"""Looked at when all other end-to-end tests are done, kills included: who did what, and that it all holds."""

import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis.audit.verifying import verify
from chassis.database.engine import Database
from devstack.host.ports import wait_until
from devstack.secrets import DATABASE_SERVICES
from devstack.services import run_in_service
from devstack.stack import Stack
from tests.audited import everything_audited
from tests.e2e.quiet import rows
from tests.e2e.test_what_is_left_behind import what_it_tells

# Each act with the table that it writes, in the service's own database: one entry for each row, and no other.
TOLD = {
    "cards": (
        "SELECT id, 'redemption_recorded' FROM redemptions UNION ALL "
        "SELECT id, 'redemption_cancelled' FROM redemptions WHERE cancelled_at IS NOT NULL UNION ALL "
        "SELECT id, 'order_placed' FROM orders UNION ALL SELECT id, 'card_validated' FROM cards UNION ALL "
        "SELECT id, 'card_revoked' FROM cards WHERE revoked_at IS NOT NULL"
    ),
    "wallet": (
        "SELECT source_id, 'pot_credited' FROM transfers WHERE kind = 'pot_credit' UNION ALL "
        "SELECT source_id, 'payment_paid' FROM transfers WHERE kind = 'payment' UNION ALL "
        "SELECT source_id, 'refund_requested' FROM transfers WHERE kind = 'refund' UNION ALL "
        "SELECT redemption_id, 'wallet_debited' FROM debits WHERE NOT voided"
    ),
    "identity": (
        "SELECT id, 'check_decided' FROM checks WHERE decided_at IS NOT NULL UNION ALL "
        "SELECT id, 'staff_created' FROM staff UNION ALL SELECT id, 'partner_created' FROM partners "
        "UNION ALL SELECT id, 'device_created' FROM devices"
    ),
    "offers": "SELECT id, 'provider_applied' FROM providers UNION ALL SELECT id, 'offer_drafted' FROM offers",
}
DIFFERENCE = """
    WITH told (object, act) AS ({told}),
         entries AS (SELECT object, act FROM audit_entries WHERE act IN (SELECT act FROM told))
    (TABLE told EXCEPT ALL TABLE entries) UNION ALL (TABLE entries EXCEPT ALL TABLE told)
"""


@pytest.mark.parametrize("service", DATABASE_SERVICES)
def test_the_audit_of_a_platform_that_was_killed_again_and_again_verifies(
    platform: Stack, service: str
) -> None:
    command = [sys.executable, "-m", "chassis", "verify-audit", service]
    said = run_in_service(platform.wiring, service, command)
    assert said.startswith(f"{service}: ")
    assert service == "notify" or ": 0 entries" not in said


@pytest.mark.parametrize("service", TOLD)
def test_each_act_has_its_entry_and_each_entry_its_act(platform: Stack, service: str) -> None:
    assert rows(platform, service, text(DIFFERENCE.format(told=TOLD[service]))) == []
    assert rows(platform, service, text(TOLD[service])) != []


@pytest.mark.parametrize("service", TOLD)
def test_no_entry_tells_a_card_an_address_or_a_quotient(
    platform: Stack, service: str, tmp_path: Path
) -> None:
    database = Database(platform.database_url(service), pool_size=1)
    said = tmp_path / "audit"
    said.write_text(everything_audited(database))
    database.close()
    assert what_it_tells(said) == set()


@pytest.mark.parametrize("service", DATABASE_SERVICES)
def test_everything_is_sealed_by_the_running_processes(platform: Stack, service: str) -> None:
    database = Database(platform.database_url(service), pool_size=1)
    assert wait_until(lambda: verify(database).unsealed == 0, 30.0, 0.5)
    database.close()
