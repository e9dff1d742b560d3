"""The portal as a process of its own, in front of whatever gateway a test has."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
from cryptography.fernet import Fernet

from devstack.host.ports import LOOPBACK, answers, free_port, wait_until

PATIENCE_S = 30.0


@contextmanager
def process(argv: Sequence[str], port: int, log_file: Path, **variables: str) -> Iterator[None]:
    """A program that listens on a port, until the block ends."""
    with log_file.open("wb") as log:
        running = subprocess.Popen(argv, env=os.environ | variables, stdout=log, stderr=log)
    try:
        assert wait_until(lambda: answers(port), PATIENCE_S), log_file.read_text()
        yield
    finally:
        running.terminate()
        assert running.wait(PATIENCE_S) in (0, -15)


@contextmanager
def portal(gateway_url: str, folder: Path, **variables: str) -> Iterator[httpx.Client]:
    """A browser at the portal's first page, without cookies of anybody else."""
    port, metrics_port = free_port(), free_port()
    environment = {
        "ENVIRONMENT": "development",
        "GATEWAY_URL": gateway_url,
        "SESSION_KEYS": Fernet.generate_key().decode(),
        "HTTP_PORT": str(port),
        "HTTP_HOST": LOOPBACK,
        "METRICS_PORT": str(metrics_port),
        **variables,
    }
    argv = [sys.executable, "-m", "portal"]
    with (
        process(argv, port, folder / "portal.log", **environment),
        httpx.Client(base_url=f"http://{LOOPBACK}:{port}", trust_env=False) as browser,
    ):
        # As every browser says of a form of the same site.
        browser.headers["Sec-Fetch-Site"] = "same-origin"
        browser.headers["X-Metrics"] = f"http://{LOOPBACK}:{metrics_port}/metrics"
        yield browser
