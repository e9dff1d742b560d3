"""Metrics in Prometheus' form, served with the liveness answer on each process's internal port."""

import threading
from collections.abc import Callable, Iterable, Sequence
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import Counter, Gauge, Histogram, make_wsgi_app

# From half a millisecond, because a good scan takes a few, to five seconds, the client's patience;
# 0.3 is the limit of the scan's objective (deploy/prometheus/rules/scans.yml).
LATENCY_BUCKETS_S = (
    *(0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03),
    *(0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0),
)


def counter(name: str, text: str, labels: Sequence[str] = ()) -> Counter:
    """A number that only grows; the name ends in ``_total``."""
    return Counter(name, text, labels)


def gauge(name: str, text: str, labels: Sequence[str] = ()) -> Gauge:
    """A number that goes up and down; the name ends in its unit."""
    return Gauge(name, text, labels)


def histogram(name: str, text: str, labels: Sequence[str] = ()) -> Histogram:
    """Durations in seconds; the name ends in ``_seconds``."""
    return Histogram(name, text, labels, buckets=LATENCY_BUCKETS_S)


def serve_metrics(port: int, is_healthy: Callable[[], bool] = lambda: True) -> None:
    """Serve ``/metrics`` and ``/healthz`` on every interface of the internal port, in the background."""
    metrics_app = make_wsgi_app()

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/healthz":
            status = "200 OK" if is_healthy() else "503 Service Unavailable"
            start_response(status, [("Content-Type", "text/plain")])
            return [status.encode()]
        # Without an Accept header the client library would answer 500 to some probes.
        environ.setdefault("HTTP_ACCEPT", "text/plain")
        body: Iterable[bytes] = metrics_app(environ, start_response)
        return body

    server = make_server("0.0.0.0", port, app, _Server, _Quiet)  # noqa: S104 - the internal port
    threading.Thread(target=server.serve_forever, daemon=True).start()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Probes every few seconds are no news."""
