"""The one error of devstack: something is missing or did not start, with what to do about it."""

from pathlib import Path


class DevstackError(Exception):
    """Says in one message what is wrong and what the person at the keyboard can do."""


def tail(log_file: Path, max_bytes: int = 3_000) -> str:
    """The last words of a log, for the message about a process that did not start."""
    try:
        return log_file.read_bytes()[-max_bytes:].decode(errors="replace")
    except FileNotFoundError:
        return "(nothing)"
