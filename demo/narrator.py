"""Tells the story on the terminal: who did what, what it cost, and what each service did meanwhile."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

SERVICES = ("gateway", "identity", "cards", "wallet", "offers", "notify")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


def euros(cents: int) -> str:
    """``1234`` → ``12.34 €``."""
    return f"{cents / 100:,.2f} €"


class Narrator:
    """Prints, and reads the services' own logs to say what they did in each act."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._read_until: dict[Path, int] = {}
        self._act = 0

    def act(self, title: str, at: datetime) -> None:
        """A new act begins at a moment of the story."""
        self._act += 1
        day = f"{at.day} {_MONTHS[at.month - 1]} {at.year}, {at:%H:%M}"
        print(f"\n━━ {self._act}. {title}  ({day}, Paris)\n", flush=True)

    def say(self, sentence: str) -> None:
        """Somebody does something."""
        print(f"   {sentence}", flush=True)

    def detail(self, sentence: str) -> None:
        """What came of it."""
        print(f"      → {sentence}", flush=True)

    def services(self) -> None:
        """What each service did since this was last said, from its own log."""
        print(flush=True)
        for service in SERVICES:
            told = Counter(self._new_lines(service))
            if told:
                deeds = ", ".join(f"{deed} ×{times}" if times > 1 else deed for deed, times in told.items())
                print(f"      [{service:8}] {deeds}", flush=True)

    def _new_lines(self, service: str) -> Iterator[str]:
        for log in sorted(self._logs.glob(f"{service}*.log")):
            with log.open("rb") as lines:
                lines.seek(self._read_until.get(log, 0))
                for line in lines:
                    yield from _deeds(line)
                self._read_until[log] = lines.tell()


def _deeds(line: bytes) -> Iterator[str]:
    """A line may tell of many events: they are published and handled in batches."""
    try:
        entry = json.loads(line)
    except ValueError:
        return
    match entry.get("event"):
        case "events_published":
            for name, events in entry["events"].items():
                yield from [f"announced {name}"] * len(events)
        case "events_handled":
            yield from [f"heard {entry['event_name']}"] * len(entry["events"])
        case "request_answered" if entry.get("route") != "/v1/oauth/token":
            yield f"{entry['method']} {entry['route']}"
