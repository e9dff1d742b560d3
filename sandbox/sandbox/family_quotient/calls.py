"""Counts the calls and limits how fast they may come; keeps times and statuses, never who was asked about."""

import time
from collections import deque
from datetime import datetime
from threading import Lock

calls_per_s_max = 20
calls_kept_max = 10_000


class CallLimit:
    """At most `calls_per_s_max` calls in any second, for the one token that the API knows."""

    def __init__(self) -> None:
        self._recent_s: deque[float] = deque()
        self._lock = Lock()

    def admit(self) -> bool:
        """Whether one more call fits; a call that does not fit is not counted."""
        now_s = time.monotonic()
        with self._lock:
            while self._recent_s and now_s - self._recent_s[0] >= 1.0:
                self._recent_s.popleft()
            if len(self._recent_s) >= calls_per_s_max:
                return False
            self._recent_s.append(now_s)
            return True


class CallRecord:
    """How many calls came, and when the latest of them did."""

    def __init__(self) -> None:
        self._calls: deque[dict[str, str | int]] = deque(maxlen=calls_kept_max)
        self._count = 0
        self._lock = Lock()

    def add(self, at: datetime, outcome: int | str) -> None:
        """Count a call that ended with this HTTP status, or `dropped`."""
        with self._lock:
            self._count += 1
            self._calls.append({"at": at.isoformat(timespec="milliseconds"), "outcome": outcome})

    def view(self) -> dict[str, object]:
        """`{count, calls: [{at, outcome}]}`."""
        with self._lock:
            return {"count": self._count, "calls": list(self._calls)}
