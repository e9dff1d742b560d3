"""What every act stands on: the running platform, its API, the narrator, the clock and the cast so far."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from demo.api import Api, Visitor
from demo.narrator import Narrator

PARIS = ZoneInfo("Europe/Paris")
PATIENCE_S = 30.0
POLL_S = 0.1

Found = TypeVar("Found")


class MovesTime(Protocol):
    """The platform's clock."""

    def set_time(self, at: datetime) -> None:
        """Let it be ``at`` (aware) from now on."""


class Platform(Protocol):
    """A running platform, whether of processes or of containers."""

    @property
    def gateway_url(self) -> str: ...

    @property
    def bank_url(self) -> str: ...

    @property
    def mail_folder(self) -> Path: ...

    @property
    def clock(self) -> MovesTime: ...

    def create_officer(self, email: str) -> str:
        """Make the first officer with identity's own tool; the one-time password."""


@dataclass
class Cast:
    """Who and what has come on stage: visitors by role, orders, cards, providers."""

    officer: Visitor
    partners: dict[str, Visitor] = field(default_factory=dict)
    providers: dict[str, dict[str, Any]] = field(default_factory=dict)
    offers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    devices: dict[str, Visitor] = field(default_factory=dict)
    orders: dict[str, dict[str, Any]] = field(default_factory=dict)
    holders: dict[str, Visitor] = field(default_factory=dict)
    vouchers: dict[str, dict[str, str]] = field(default_factory=dict)


@dataclass
class Stage:
    """Handed from act to act."""

    platform: Platform
    api: Api
    tell: Narrator
    documents: Path
    cast: Cast

    def begin(self, title: str, *moment: int) -> None:
        """An act begins at ``moment`` (year, month, day, hour, minute), in Paris."""
        self.tell.act(title, self.move_to(*moment))

    def move_to(self, *moment: int) -> datetime:
        """Let it be ``moment`` in Paris on the whole platform."""
        year, month, day, hour, minute = moment
        at = datetime(year, month, day, hour, minute, tzinfo=PARIS)
        self.platform.clock.set_time(at)
        return at


def eventually(ask: Callable[[], Found | None], what: str) -> Found:
    """What ``ask`` finds, as soon as it finds something; raises TimeoutError with ``what`` was awaited."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        found = ask()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {PATIENCE_S:.0f} s for {what}")
        time.sleep(POLL_S)
