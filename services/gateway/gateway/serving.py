"""The gateway's process: one event loop; more capacity is more processes."""

import asyncio
import logging
import os
import resource
import socket
from collections.abc import Callable
from email.utils import formatdate
from select import select
from time import time

import uvloop
from uvicorn import Config
from uvicorn.server import ServerState

from chassis.log import get_logger
from chassis.metrics import serve_metrics
from chassis.settings import read_settings
from chassis.stopping import SIGNALS
from gateway.app import Application
from gateway.protocol import KEEPALIVE_S, Connection
from gateway.settings import Settings

BACKLOG = 2_048
# For requests on their way when the gateway stops; longer than any call.
GRACEFUL_TIMEOUT_S = 10
LOOK_S = 0.02

log = get_logger()


def run(create: Callable[[Settings], Application]) -> None:
    """Serve until SIGTERM or SIGINT, then answer who is connected; raises SettingsError."""
    settings = read_settings(Settings, os.environ)
    app = create(settings)
    # Each stream holds a file for hours.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, _listener(settings), settings.metrics_port))


def _listener(settings: Settings) -> socket.socket:
    listener = socket.socket(socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Several gateways may share a port: the kernel gives each connection to one of those that still listen.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, settings.http_reuse_port)
    listener.bind((settings.http_host, settings.http_port))
    return listener


async def _serve(app: Application, listener: socket.socket, metrics_port: int) -> None:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in SIGNALS:
        loop.add_signal_handler(number, stop.set)
    state = ServerState()
    # Its warnings tell of each broken request; its own log would not be ours.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    config = Config(
        app,
        http=Connection,
        ws="none",
        lifespan="off",
        timeout_keep_alive=KEEPALIVE_S,
        log_config=None,
        access_log=False,
    )
    server = await loop.create_server(
        lambda: Connection(config, state, {}, loop), sock=listener, backlog=BACKLOG
    )
    dating = asyncio.create_task(_date(state))
    serve_metrics(metrics_port)
    log.info("service_started", service_name="gateway")
    await stop.wait()
    await _accept_all(listener)
    server.close()
    await _answer_the_last(state)
    dating.cancel()
    log.info("service_stopped", service_name="gateway")


async def _accept_all(listener: socket.socket) -> None:
    """Take in who has connected already: the kernel would hang up on them, while the next goes to another."""
    for _ in range(BACKLOG):
        if not select([listener], [], [], 0)[0]:
            return
        # libuv takes one in each turn.
        await asyncio.sleep(0)


async def _answer_the_last(state: ServerState) -> None:
    for connection in list(state.connections):
        connection.shutdown()
    try:
        async with asyncio.timeout(GRACEFUL_TIMEOUT_S):
            while state.connections or state.tasks:
                await asyncio.sleep(LOOK_S)
    except TimeoutError:
        log.error("stop_cut_short", unfinished=[f"{len(state.tasks)} requests"])


async def _date(state: ServerState) -> None:
    """RFC 9110 §6.6.1, made once a second for all answers of it."""
    while True:
        state.default_headers = [(b"date", formatdate(time(), usegmt=True).encode())]
        await asyncio.sleep(1)
