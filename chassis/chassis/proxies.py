"""Who asks, where our own proxies stand in front."""

from collections.abc import Iterable, Iterator


def forwarded_for(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[str]:
    """The ``X-Forwarded-For`` headers of an ASGI request."""
    return (value.decode("latin-1") for name, value in headers if name == b"x-forwarded-for")


def address_behind(forwarded: Iterable[str], proxies_in_front: int) -> str | None:
    """The caller's address out of the ``X-Forwarded-For`` headers: the oldest of the last
    ``proxies_in_front`` entries, those that our own proxies wrote. Whatever stands before them a stranger may
    have sent. None where there are fewer, or no proxies."""
    entries = [entry.strip() for entry in ",".join(forwarded).split(",") if entry.strip()]
    return entries[-proxies_in_front] if 0 < proxies_in_front <= len(entries) else None
