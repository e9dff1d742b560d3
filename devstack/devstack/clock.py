"""The movable clock: one small file (CLOCK_FILE) holding the seconds to add to real time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from devstack.host.pids import replace_text


@dataclass(frozen=True)
class Clock:
    """The clock of one running platform; every service process reads the same file."""

    file: Path

    def offset_s(self) -> float:
        """Seconds added to real time."""
        try:
            return float(self.file.read_text())
        except FileNotFoundError:
            return 0.0

    def now(self) -> datetime:
        """The platform's time, aware UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.offset_s())

    def set_time(self, at: datetime) -> None:
        """Let the platform's time be `at` (aware) from now on; it goes on ticking."""
        if at.tzinfo is None:
            raise ValueError("the clock is set with an aware datetime")
        replace_text(self.file, f"{(at - datetime.now(UTC)).total_seconds():.6f}", mode=0o644)

    def advance(self, by: timedelta) -> None:
        """Move the platform's time by a duration."""
        self.set_time(self.now() + by)

    def reset(self) -> None:
        """Back to real time."""
        self.file.unlink(missing_ok=True)


def clock_of(folder: Path) -> Clock:
    """The clock file of a platform's folder."""
    return Clock(folder / "clock")


def set_time(folder: Path, at: datetime) -> None:
    """Let the time of the platform in `folder` be `at` (aware)."""
    clock_of(folder).set_time(at)


def reset(folder: Path) -> None:
    """Give the platform in `folder` real time again."""
    clock_of(folder).reset()
