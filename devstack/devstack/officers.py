"""The first officer of a platform, made by identity's own command-line tool."""

import sys

from devstack.environment import Wiring
from devstack.errors import DevstackError
from devstack.services import run_in_service


def create_officer(wiring: Wiring, email: str) -> str:
    """Create the officer and give back the one-time password, which is the last word that the tool prints."""
    said = run_in_service(
        wiring, "identity", [sys.executable, "-m", "identity.create_officer", "--email", email]
    )
    if not said.split():
        raise DevstackError("identity.create_officer printed no password.")
    return said.split()[-1]
