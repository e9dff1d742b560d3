"""Delays that grow: what did not work is tried again, each time after twice as long."""

from datetime import timedelta

# Enough to reach any longest delay, and no more: powers of two must stay finite.
_MAX_DOUBLINGS = 30


def delay(times_tried: int, first_s: int, max_s: int) -> timedelta:
    """``first_s`` after the first try, then twice as long each time, never longer than ``max_s``."""
    return timedelta(seconds=min(first_s * 2 ** min(times_tried, _MAX_DOUBLINGS), max_s))
