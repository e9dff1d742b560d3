"""Who asks, where our own proxies stand in front."""

from collections.abc import Iterable


def address_behind(forwarded: Iterable[str], proxies_in_front: int) -> str | None:
    """The caller's address out of the ``X-Forwarded-For`` headers: the oldest of the last
    ``proxies_in_front`` entries, those that our own proxies wrote. Whatever stands before them a stranger may
    have sent. None where there are fewer, or no proxies."""
    entries = [entry.strip() for entry in ",".join(forwarded).split(",") if entry.strip()]
    return entries[-proxies_in_front] if 0 < proxies_in_front <= len(entries) else None
