"""Settings of a process with a database; apart, as the gateway need not load SQLAlchemy (13 MB)."""

from dataclasses import dataclass

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from chassis.events.bundles import EVENTS_MAX
from chassis.settings import ProcessSettings

# The values of libpq's target_session_attrs that never lead to a standby.
WRITABLE = ("read-write", "primary")


@dataclass(frozen=True, kw_only=True)
class ServiceSettings(ProcessSettings):
    """A process with a database of its own."""

    database_url: str
    service_public_keys: str
    # More than one only when every listener reads bundles (docs/upgrading.md).
    events_per_message: int = 1

    def problems(self) -> list[str]:
        """See `database_problems`."""
        found = super().problems() + database_problems("DATABASE_URL", self.database_url)
        if not 1 <= self.events_per_message <= EVENTS_MAX:
            found.append(f"EVENTS_PER_MESSAGE must be from 1 to {EVENTS_MAX}")
        return found


def database_problems(name: str, url: str) -> list[str]:
    """psycopg 3 would block every greenthread (ADR 0003), so only psycopg2 URLs are taken; of several hosts
    one may be a standby, which takes no writes.
    """
    if not url.startswith("postgresql+psycopg2://"):
        return [f"{name} must start with postgresql+psycopg2://"]
    try:
        given = make_url(url).query
    except (ArgumentError, ValueError):
        return [f"{name} is no URL; several hosts are given as ?host=one:5432&host=two:5432"]
    if isinstance(given.get("host"), tuple) and given.get("target_session_attrs") not in WRITABLE:
        return [f"{name} names several hosts, so it must say target_session_attrs=read-write or =primary"]
    return []
