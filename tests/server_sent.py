"""Server-sent events as a page reads them (WHATWG HTML, section 9.2)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass
class Told:
    """An event; ``name`` is "" where only an id or a time to come again was said."""

    name: str = ""
    id: str = ""
    retry_ms: int = 0
    data: Any = None


def told_by(lines: Sequence[str]) -> Told | None:
    """The event of the lines up to an empty one; None for a comment."""
    told = Told()
    for line in lines:
        field, _, value = line.partition(":")
        match field:
            case "id":
                told.id = value.strip()
            case "event":
                told.name = value.strip()
            case "retry":
                told.retry_ms = int(value)
            case "data":
                told.data = json.loads(value)
    return told if told != Told() else None
