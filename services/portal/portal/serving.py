"""The portal's process: one event loop; more capacity is more processes."""

import logging
import os
from socket import socket

from uvicorn import Config, Server

from chassis.log import get_logger
from chassis.metrics import serve_metrics
from chassis.settings import read_settings
from chassis.stopping import on_signal
from portal.app import create_app
from portal.settings import Settings
from portal.streams import Streams

# For pages on their way when the portal stops; longer than any call of the API.
GRACEFUL_TIMEOUT_S = 10
CONNECTIONS_MAX = 2_000

log = get_logger()


class _Server(Server):
    """Ends the streams first: whoever is connected is waited for."""

    def __init__(self, config: Config, streams: Streams) -> None:
        super().__init__(config)
        self._streams = streams

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Answer the last."""
        self._streams.stop()
        await super().shutdown(sockets)


def run() -> None:
    """Serve until SIGTERM or SIGINT, then answer who is connected; raises SettingsError."""
    settings = read_settings(Settings, os.environ)
    streams = Streams()
    app = create_app(settings, streams)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    config = Config(
        app,
        host=settings.http_host,
        port=settings.http_port,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        limit_concurrency=CONNECTIONS_MAX,
        timeout_graceful_shutdown=GRACEFUL_TIMEOUT_S,
    )
    # The server raises the signal again once it has ended: that is no failure.
    on_signal(lambda *_: None)
    serve_metrics(settings.metrics_port)
    log.info("service_started", service_name="portal")
    _Server(config, streams).run()
    log.info("service_stopped", service_name="portal")
