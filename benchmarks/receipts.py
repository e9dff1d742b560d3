"""What a receipt by mail costs: measured by itself, since mails go out when the desks are quiet too."""

import time
from contextlib import closing
from dataclasses import dataclass

from benchmarks.machine import cpu_seconds, spent
from benchmarks.stage import Platform
from devstack.servers.databases import connect

MAILS = 200
TIMEOUT_S = 60.0
POLL_S = 0.1

_RELEASE = """
    UPDATE messages SET due_at = now()
    WHERE id IN (SELECT id FROM messages WHERE kind = 'receipt' AND state = 'due' ORDER BY id LIMIT %s)
"""
# A message that is being sent has its time moved by minutes, one that was put off by a day.
_WAITING = "SELECT count(*) FROM messages WHERE state = 'due' AND due_at < now() + interval '1 hour'"
_SENT = "SELECT count(*) FROM messages WHERE state = 'sent'"


@dataclass(frozen=True)
class Receipts:
    """Processor time of all processes for each mail sent, and how many a second."""

    cpu_ms_each: float
    per_s: float


def measure(platform: Platform) -> Receipts | None:
    """Let some receipts go to the mailbox; None when there are none to send."""
    with closing(connect(platform.stack.database_url("notify"))) as link:
        link.autocommit = True
        with link.cursor() as at:
            before, began = cpu_seconds(platform.folder), time.monotonic()
            at.execute(_RELEASE, (MAILS,))
            while _count(at, _WAITING) and time.monotonic() - began < TIMEOUT_S:
                time.sleep(POLL_S)
            took_s = time.monotonic() - began
            used_s = sum(spent(before, cpu_seconds(platform.folder)).values())
            sent = _count(at, _SENT)
    return Receipts(1000 * used_s / sent, sent / took_s) if sent else None


def _count(at: object, statement: str) -> int:
    at.execute(statement)  # type: ignore[attr-defined]
    return int(at.fetchone()[0])  # type: ignore[attr-defined]
