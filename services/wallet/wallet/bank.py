"""The bank: a payment provider with a hosted page, spoken to over HTTPS; nothing of HTTP leaves this module.

API: `POST /api/sessions`, `GET /api/sessions/{id}`, `POST /api/sessions/{id}/refunds`, bearer key. Every call
that creates something carries a reference of ours, so that repeating it creates nothing twice.
"""

import atexit
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast, get_args

import httpx

from chassis.log import get_logger
from chassis.metrics import counter, histogram

# Below the time limit of an RPC (2 s), in which a caller waits for the bank.
TIMEOUT_S = 1.5
CURRENCY = "EUR"
MAX_DESCRIPTION_CHARACTERS = 200
MAX_CONNECTIONS = 10

BankStatus = Literal["pending", "paid", "refused", "expired"]

log = get_logger()
_latency = histogram("bank_call_duration_seconds", "Calls to the bank", ["call"])
_failures = counter("bank_call_failures_total", "Calls that the bank did not answer as it should", ["call"])


class BankUnavailable(Exception):
    """The bank did not answer as it should; the same call may be made again."""


@dataclass(frozen=True, kw_only=True)
class BankSession:
    """What the bank says of a payment; ``merchant_reference`` is our payment's id. Amount in cents."""

    session_id: str
    merchant_reference: str
    amount_cents: int
    status: BankStatus


@dataclass(frozen=True, kw_only=True)
class Bank:
    """How the bank is reached."""

    api_url: str
    api_key: str

    def open_session(
        self, *, payment_id: str, amount_cents: int, description: str, return_url: str, notify_url: str
    ) -> tuple[BankSession, str]:
        """The payment's session and the address of its page; the same one when asked again."""
        request = {
            "merchant_reference": payment_id,
            "amount_cents": amount_cents,
            "currency": CURRENCY,
            "description": description[:MAX_DESCRIPTION_CHARACTERS],
            "return_url": return_url,
            "notify_url": notify_url,
        }
        answer = self._call("open_session", "POST", "/api/sessions", request)
        pay_url = answer.get("pay_url")
        if not isinstance(pay_url, str) or not pay_url.startswith(("https://", "http://")):
            raise BankUnavailable("the answer has no page to pay at")
        return read_session(answer), pay_url

    def get_session(self, session_id: str) -> BankSession:
        """What became of a session."""
        return read_session(self._call("get_session", "GET", f"/api/sessions/{session_id}"))

    def refund(self, *, session_id: str, refund_id: str, amount_cents: int) -> None:
        """Give money back; done once however often it is asked for with one ``refund_id``."""
        request = {"refund_reference": refund_id, "amount_cents": amount_cents}
        self._call("refund", "POST", f"/api/sessions/{session_id}/refunds", request)

    def _call(
        self, name: str, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.api_key}"}
        try:
            with _latency.labels(name).time():
                response = _client(self.api_url).request(method, path, json=body, headers=headers)
            answer = response.json() if response.is_success else None
        except (httpx.HTTPError, ValueError) as error:
            raise _failed(name, error=type(error).__name__) from None
        if not isinstance(answer, dict):
            raise _failed(name, status=response.status_code)
        return answer


def read_session(values: Mapping[str, Any]) -> BankSession:
    """A session out of the bank's JSON; raises BankUnavailable where it has another shape."""
    session_id, reference, status = (values.get(k) for k in ("session_id", "merchant_reference", "status"))
    amount_cents = values.get("amount_cents")
    # `type() is int`, because JSON's true is an int to Python.
    if type(session_id) is not str or type(reference) is not str or type(amount_cents) is not int:
        raise BankUnavailable("the session has another shape")
    if status not in get_args(BankStatus):
        raise BankUnavailable("the session has an unknown status")
    return BankSession(
        session_id=session_id,
        merchant_reference=reference,
        amount_cents=amount_cents,
        status=cast(BankStatus, status),
    )


def _failed(call: str, **why: str | int) -> BankUnavailable:
    _failures.labels(call).inc()
    log.warning("bank_call_failed", call=call, **why)
    return BankUnavailable(call)


@lru_cache(maxsize=4)
def _client(api_url: str) -> httpx.Client:
    """One client a process, because making its TLS context takes longer than the call. It never reads a proxy
    from the environment: the settings are the only configuration."""
    limits = httpx.Limits(max_connections=MAX_CONNECTIONS)
    client = httpx.Client(base_url=api_url, timeout=TIMEOUT_S, limits=limits, trust_env=False)
    atexit.register(client.close)
    return client
