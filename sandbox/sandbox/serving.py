"""How each part of the outside world runs: its settings, its port, its ready line, its end."""

import logging
import os
import signal
import socket
import sys
from types import FrameType
from typing import Any

from flask import Flask
from waitress import create_server

log = logging.getLogger("sandbox")

request_body_bytes_max = 1_000_000
threads = 16


def read_settings(*names: str) -> dict[str, str]:
    """The values of these environment variables; ends the process naming all that are missing."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        sys.exit(f"Missing environment variables: {', '.join(missing)}")
    return {name: os.environ[name] for name in names}


def bind_host() -> str:
    """The address to listen on: loopback, unless SANDBOX_HOST says otherwise (a container needs 0.0.0.0)."""
    return os.environ.get("SANDBOX_HOST", "127.0.0.1")


def begin() -> None:
    """Start logging to stderr and end at once, without a farewell, on SIGTERM and SIGINT."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)


def serve_http(name: str, app: Flask, port: int) -> None:
    """Serve the app until the process is ended; port 0 takes a free one, which the ready line tells."""
    server = create_server(
        app,
        host=bind_host(),
        port=port,
        threads=threads,
        ident=None,
        max_request_body_size=request_body_bytes_max,
    )
    log.info("%s ready on http://%s:%d", name, server.effective_host, int(server.effective_port))
    server.run()


def drop_connection(environ: dict[str, Any]) -> None:
    """Cut the connection of this waitress request, so that the caller gets no answer at all."""
    # WSGI has no word for hanging up; the bound method that waitress lends us leads to the channel's socket.
    channel = environ["waitress.client_disconnected"].__self__
    channel.socket.shutdown(socket.SHUT_RDWR)


def _end(signal_number: int, frame: FrameType | None) -> None:
    # Nothing needs saving: mails are written atomically and everything else lives in memory.
    os._exit(0)
