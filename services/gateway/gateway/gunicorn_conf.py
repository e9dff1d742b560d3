"""How gunicorn runs the gateway: one worker of threads a process; more capacity is more processes."""

import logging
import os
from typing import Any

from chassis.metrics import serve_metrics

bind = f"0.0.0.0:{os.environ.get('HTTP_PORT', '8000')}"
# gunicorn's threads, with problems for what it refuses itself.
worker_class = "gateway.worker.Worker"
workers = 1
threads = int(os.environ.get("HTTP_THREADS") or "16")
worker_connections = 1000
keepalive = 15
# Longer than any call: the broker's time limits end it first.
timeout = 30
graceful_timeout = 10
limit_request_line = 4094
limit_request_fields = 50
limit_request_field_size = 8190
max_requests = 0
# The application writes its own log line for every request.
accesslog = None
errorlog = "-"
# Its warnings quote request lines, which may hold a query string.
loglevel = "error"
# The worker's heartbeat file must not wait for a disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108 - memory, not a shared file


def post_worker_init(worker: Any) -> None:
    """Metrics belong to the process that counts, so they are served after the fork; gunicorn's own words
    leave as JSON like ours."""
    words = logging.getLogger("gunicorn.error")
    words.handlers.clear()
    words.propagate = True
    serve_metrics(int(os.environ["METRICS_PORT"]))
