"""Tells merchants what became of a payment, in the background, again and again until they answer 2xx."""

import heapq
import itertools
import logging
import time
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from threading import Condition, Thread
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from sandbox import clock
from sandbox.bank.signing import sign, signature_header

log = logging.getLogger("sandbox.bank")

attempts_max = 5
retry_delay_s = 1.0
answer_timeout_s = 5.0
workers = 4
waiting_max = 10_000


@dataclass(order=True, frozen=True, kw_only=True)
class _Delivery:
    due_s: float  # on the monotonic clock: moving the story's time must not hold back or hurry a notification
    sequence: int
    session_id: str = field(compare=False)
    url: str = field(compare=False)
    body: bytes = field(compare=False)
    attempt: int = field(compare=False, default=1)


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


# The merchant is on this machine: neither a proxy nor a redirect may carry the message elsewhere.
_opener = build_opener(ProxyHandler({}), _NoRedirect())


class Notifier:
    """A queue of notifications by due time and the threads that send them."""

    def __init__(
        self, *, secret: str, first_retry_delay_s: float = retry_delay_s, merchant_url: str | None = None
    ) -> None:
        """`merchant_url`: where the bank reaches the merchant (no path), when browsers reach it elsewhere."""
        self._secret = secret
        self._merchant_url = merchant_url
        self._first_retry_delay_s = first_retry_delay_s
        self._waiting: list[_Delivery] = []
        self._sequence = itertools.count()
        self._changed = Condition()
        for _ in range(workers):
            Thread(target=self._work, daemon=True).start()

    def schedule(self, session_id: str, url: str, body: bytes, *, delay_s: float = 0.0) -> None:
        """Send this JSON body to the merchant after the delay, at most `attempts_max` times."""
        due_s = time.monotonic() + delay_s
        reached = self._reached(url)
        self._put(
            _Delivery(
                due_s=due_s, sequence=next(self._sequence), session_id=session_id, url=reached, body=body
            )
        )

    def _reached(self, url: str) -> str:
        return f"{self._merchant_url.rstrip('/')}{urlsplit(url).path}" if self._merchant_url else url

    def _put(self, delivery: _Delivery) -> None:
        with self._changed:
            if len(self._waiting) >= waiting_max:
                log.warning("notification given up, too many waiting session=%s", delivery.session_id)
                return
            heapq.heappush(self._waiting, delivery)
            self._changed.notify()

    def _take_due(self) -> _Delivery:
        with self._changed:
            while True:
                wait_s = self._waiting[0].due_s - time.monotonic() if self._waiting else None
                if wait_s is not None and wait_s <= 0:
                    return heapq.heappop(self._waiting)
                self._changed.wait(wait_s)

    def _work(self) -> None:
        while True:
            delivery = self._take_due()
            outcome = self._send(delivery)
            log.info("notification session=%s attempt=%d %s", delivery.session_id, delivery.attempt, outcome)
            if outcome != "answered" and delivery.attempt < attempts_max:
                self._put(self._again(delivery))

    def _send(self, delivery: _Delivery) -> str:
        at_s = int(clock.now().timestamp())
        headers = {
            "Content-Type": "application/json",
            signature_header: sign(self._secret, at_s, delivery.body),
        }
        request = Request(delivery.url, data=delivery.body, headers=headers, method="POST")  # noqa: S310
        try:
            with _opener.open(request, timeout=answer_timeout_s):
                return "answered"
        except HTTPError as error:
            error.close()
            return f"refused with {error.code}"
        except (OSError, HTTPException, ValueError) as error:
            return f"failed: {type(error).__name__}"

    def _again(self, delivery: _Delivery) -> _Delivery:
        delay_s = self._first_retry_delay_s * 2 ** (delivery.attempt - 1)
        return replace(delivery, due_s=time.monotonic() + delay_s, attempt=delivery.attempt + 1)
