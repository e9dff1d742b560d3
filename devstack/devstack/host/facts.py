"""A fact of this machine: what was found, and what of it is in the way."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

ASK_TIMEOUT_S = 15.0


@dataclass(frozen=True)
class Fact:
    """`found` is for the page; `trouble`, where there is any, says what is wrong and what to do."""

    found: str
    trouble: str = ""


def said(command: Sequence[str], environment: Mapping[str, str] | None = None) -> str | None:
    """What a program answers; None where there is none, or it fails or does not come back."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=ASK_TIMEOUT_S,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
