"""How long scans take and how they end, as the provider's device sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from chassis.metrics import counter, histogram
from contracts.refusals import Refusal
from gateway.problems import status_of

# A reader may send more before it, in any case, and for another keyboard `OCY&M`.
OF_A_QR_TEXT = "OCY"

redemption_seconds = histogram(
    "redemption_duration_seconds",
    "Redemptions from the request's first line to the service's answer.",
    ("outcome", "medium", "pot"),
)
refusals_total = counter("redemption_refusals_total", "Refused redemptions.", ("code",))


@dataclass
class Scan:
    """What came of a scan."""

    answer: Any = None


@contextmanager
def measured(started: float, body: dict[str, Any]) -> Iterator[Scan]:
    """Observe the redemption inside, of a request that began at ``started`` (of `perf_counter`).

    Outcomes are accepted, already_counted, refused and error.
    """
    scan, outcome = Scan(), "error"
    try:
        yield scan
        outcome = "already_counted" if scan.answer["already_counted"] else "accepted"
    except Refusal as refusal:
        outcome = "refused" if status_of(refusal.code) < 500 else "error"
        refusals_total.labels(refusal.code).inc()
        raise
    finally:
        medium = "qr" if OF_A_QR_TEXT in body["card"].upper() else "number"
        pot = "yes" if body.get("pay_cents") else "no"
        redemption_seconds.labels(outcome, medium, pot).observe(perf_counter() - started)
