"""The money equation of a platform, found by wallet's own nightly check."""

import json
import sys
from typing import Any

from devstack.environment import Wiring
from devstack.services import run_in_service


def money_equation(wiring: Wiring) -> dict[str, Any]:
    """The last line that the check prints; raises DevstackError with all it printed where a cent is amiss."""
    said = run_in_service(wiring, "wallet", [sys.executable, "-m", "wallet.reconcile"])
    found: dict[str, Any] = json.loads(said.splitlines()[-1])
    return found
