"""What the clients know: an append-only file for each of them, written before anything is asked and after."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Note:
    """One request that was answered for good: a yes, or a no that is no "try again".

    ``act`` is redeem, read again (by another device), cancel, replay (a key again), reuse (a key with another
    request), order, accept, revoke, correct (an address) or confirm; ``answer`` is the body to the byte, as
    text; ``tries`` is how often it was sent.
    """

    act: str
    key: str
    caller: str
    path: str
    request: dict[str, Any]
    status: int
    answer: str
    tries: int

    @property
    def said(self) -> dict[str, Any]:
        """The answer, read."""
        read: dict[str, Any] = json.loads(self.answer)
        return read


class Journal:
    """One client's own file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")

    def ask(self, key: str, path: str) -> None:
        """About to be sent."""
        self._write({"asked": key, "path": path})

    def note(self, note: Note) -> None:
        """Answered for good."""
        self._write(asdict(note))

    def close(self) -> None:
        """The client has gone."""
        self._file.close()

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()


def read_notes(folder: Path) -> list[Note]:
    """Every client's answers."""
    return [Note(**line) for line in _lines(folder) if "act" in line]


def read_unanswered(folder: Path) -> set[str]:
    """The keys that were asked and never answered."""
    lines = list(_lines(folder))
    return {line["asked"] for line in lines if "asked" in line} - {
        line["key"] for line in lines if "act" in line
    }


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8") as file:
            yield from map(json.loads, file)
