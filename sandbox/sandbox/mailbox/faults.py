"""Faults on demand: `_faults.json` in the mail folder lists what the next messages run into, in order.

Each entry is an SMTP reply ("451 try again", "550 no such user"), "drop before data" (nothing is kept) or
"drop after data" (the message is kept, but the connection is cut before the sender is told).
"""

import json
import logging
import os
import re
from pathlib import Path

log = logging.getLogger("sandbox.mailbox")

FAULTS_FILE = "_faults.json"
DROP_BEFORE_DATA = "drop before data"
DROP_AFTER_DATA = "drop after data"

_reply = re.compile(r"[45][0-9]{2} [ -~]{1,200}")


def write_faults(folder: Path, faults: list[str]) -> None:
    """Replace the faults to come; raises ValueError for one that cannot be played."""
    for fault in faults:
        if not _is_playable(fault):
            raise ValueError(f"not an SMTP reply nor a drop: {fault!r}")
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{FAULTS_FILE}"
    unfinished.write_text(json.dumps(faults))
    os.replace(unfinished, folder / FAULTS_FILE)


def next_fault(folder: Path) -> str | None:
    """The next fault, left in place."""
    faults = _read_faults(folder)
    return faults[0] if faults else None


def take_fault(folder: Path) -> str | None:
    """The next fault, taken off the list."""
    faults = _read_faults(folder)
    if not faults:
        return None
    write_faults(folder, faults[1:])
    return faults[0]


def _read_faults(folder: Path) -> list[str]:
    try:
        faults = json.loads((folder / FAULTS_FILE).read_text())
    except FileNotFoundError:
        return []
    except ValueError:
        log.warning("the fault file is not JSON: no fault is played")
        return []
    return [fault for fault in faults if _is_playable(fault)] if isinstance(faults, list) else []


def _is_playable(fault: object) -> bool:
    if not isinstance(fault, str):
        return False
    return fault in (DROP_BEFORE_DATA, DROP_AFTER_DATA) or _reply.fullmatch(fault) is not None
