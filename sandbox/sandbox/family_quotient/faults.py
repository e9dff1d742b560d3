"""Faults on demand: a list of misbehaviours that the next calls run into, one each, in order."""

from collections import deque
from dataclasses import dataclass
from threading import Lock
from typing import Any

faults_max = 1000
delay_s_max = 60


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong: a wait if any, then the connection cut, a raw body, a status, or a right answer."""

    status: int | None = None
    retry_after_s: int | None = None
    delay_s: float = 0.0
    body: str | None = None
    drop: bool = False


no_fault = Fault()


class FaultQueue:
    """The faults still to come; safe to use from several threads."""

    def __init__(self) -> None:
        self._faults: deque[Fault] = deque()
        self._lock = Lock()

    def replace(self, faults: list[Fault]) -> None:
        """Forget what was to come and take these."""
        with self._lock:
            self._faults = deque(faults)

    def take(self) -> Fault:
        """The next fault, or `no_fault`."""
        with self._lock:
            return self._faults.popleft() if self._faults else no_fault


def read_faults(body: Any) -> list[Fault]:
    """The faults of a JSON list such as `[{"status": 429, "retry_after_s": 2}, {"drop": true}]`.

    Raises ValueError naming the entry that cannot be read.
    """
    if not isinstance(body, list) or len(body) > faults_max:
        raise ValueError(f"a list of at most {faults_max} faults is expected")
    return [_fault(number, entry) for number, entry in enumerate(body)]


def _fault(number: int, entry: Any) -> Fault:
    try:
        fault = Fault(**entry)
        in_range = 0 <= fault.delay_s <= delay_s_max and (fault.status is None or 400 <= fault.status <= 599)
    except TypeError as error:
        raise ValueError(f"fault {number}: {error}") from error
    if not in_range or not isinstance(fault.drop, bool) or not isinstance(fault.body, str | None):
        raise ValueError(f"fault {number}: status 400–599, delay_s 0–{delay_s_max}, body text, drop true")
    return fault
