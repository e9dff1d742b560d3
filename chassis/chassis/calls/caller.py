"""Who calls: what the signed token says, and what it allows."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["anonymous", "partner", "device", "staff", "holder", "service"]


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The caller of an RPC; ``subject`` is its id (``service:<name>`` for calls between services)."""

    kind: Kind
    subject: str
    scopes: frozenset[str] = field(default_factory=frozenset)
    role: str | None = None
    provider_id: str | None = None
    site_id: str | None = None
    programmes: tuple[str, ...] = ()
    organisation: str | None = None
    channel: str | None = None

    def may(self, scope: str) -> bool:
        """Services act for the platform itself and need no scope."""
        return self.kind == "service" or scope in self.scopes

    def works_for(self, *programmes: str) -> bool:
        """Whether one of these is the caller's business; whose account names none works for all."""
        return not self.programmes or not set(programmes).isdisjoint(self.programmes)


ANONYMOUS = Caller(kind="anonymous", subject="anonymous")


def service_caller(name: str) -> Caller:
    """A call that a service makes in nobody else's name."""
    return Caller(kind="service", subject=f"service:{name}")
