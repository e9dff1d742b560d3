"""What wallet's own nightly check finds on a platform: the money equation, and every other fault."""

import json
import sys
from typing import Any

from devstack.environment import Wiring
from devstack.services import run_in_service


def money_equation(wiring: Wiring) -> dict[str, Any]:
    """The last line that the check prints; raises DevstackError with all it printed where a cent is amiss."""
    return _reconcile(wiring, "--equation")


def count_faults(wiring: Wiring) -> dict[str, int]:
    """How many faults of each kind, on a platform at rest; raises DevstackError where there are any."""
    findings: dict[str, int] = _reconcile(wiring, "--settled-minutes", "0")["findings"]
    return findings


def _reconcile(wiring: Wiring, *options: str) -> dict[str, Any]:
    said = run_in_service(wiring, "wallet", [sys.executable, "-m", "wallet.reconcile", *options])
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found
