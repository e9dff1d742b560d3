"""The one clock: domain time, which tests and the demo may move, and real time, which nobody moves."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

OFFSET_BYTES_MAX = 64
_offset_file: Path | None = None


def use_offset_file(path: Path | None) -> None:
    """Add the number of seconds in ``path`` to every ``now()``; an absent file means 0.

    Every process of a stack reads the same file, so moving the clock moves all of them. Settings refuse
    an offset file in production.
    """
    global _offset_file
    _offset_file = path


def now() -> datetime:
    """The moment in which the domain lives; aware UTC."""
    return real_now() + _offset()


def real_now() -> datetime:
    """The machine's own time, for leases, retries and ages of technical rows; aware UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """``2020-07-06T07:00:00.123456Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_rfc3339(text: str) -> datetime:
    """The instant that a text with its offset names; in UTC, as PostgreSQL knows no offset beyond 15:59.

    Raises ValueError.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError("no instant with its offset")


def _offset() -> timedelta:
    if _offset_file is None:
        return timedelta()
    # Read anew each time, since two changes may be closer than a file's times tell; without the layers of
    # `open`, as a scan asks for the time often (11 µs, now 4).
    try:
        file = os.open(_offset_file, os.O_RDONLY)
    except FileNotFoundError:
        return timedelta()
    try:
        return timedelta(seconds=float(os.read(file, OFFSET_BYTES_MAX) or 0))
    finally:
        os.close(file)
