"""What clients were answered between two moments, by how long their journals were."""

import json
from collections.abc import Mapping
from pathlib import Path

from tests.chaos.journal import Note

# How many bytes of each journal's whole lines there are.
Marks = Mapping[Path, int]


def marks(folder: Path) -> Marks:
    """Until now; a client may be in the middle of a line."""
    return {path: path.read_bytes().rfind(b"\n") + 1 for path in folder.glob("*.jsonl")}


def answers(folder: Path, since: Marks, until: Marks | None) -> list[Note]:
    """The answers between two marks; ``until`` None: until now."""
    ends = marks(folder) if until is None else until
    found: list[Note] = []
    for path, end in ends.items():
        lines = path.read_bytes()[since.get(path, 0) : end].splitlines()
        found += [Note(**line) for line in map(json.loads, lines) if "act" in line]
    return found
