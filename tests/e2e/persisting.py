"""Clients as they must be: many at once, and each comes back with the same key until it has an answer."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

import httpx

from demo.api import Visitor

PATIENCE_S = 60.0
# A client may come back at once: what is refused meanwhile is counted nowhere.
PAUSE_S = 0.1

Input = TypeVar("Input")
Output = TypeVar("Output")


def redeem_surely(device: Visitor, body: dict[str, Any], key: str) -> httpx.Response:
    """The answer to a redemption; after a 503, a time limit or a broken connection it asks again."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        answer = _try(device, body, key)
        if answer is not None and answer.status_code != 503:
            return answer
        assert time.monotonic() < deadline, f"no answer within {PATIENCE_S:.0f} s"
        time.sleep(PAUSE_S)


def all_at_once(act: Callable[[Input], Output], inputs: Sequence[Input]) -> list[Output]:
    """Do it for every input in a thread of its own, all starting in the same moment; answers in order."""
    start = Barrier(len(inputs))

    def act_with_the_others(one: Input) -> Output:
        start.wait()
        return act(one)

    with ThreadPoolExecutor(len(inputs)) as threads:
        return list(threads.map(act_with_the_others, inputs))


def _try(device: Visitor, body: dict[str, Any], key: str) -> httpx.Response | None:
    try:
        return device.send("POST", "/v1/redemptions", key=key, json=body)
    except httpx.TransportError:
        return None
