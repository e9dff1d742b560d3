"""Runs one service in this process until it is told to stop: nameko's containers without nameko's command."""

import importlib
import inspect
import signal
from typing import Any

import eventlet
from nameko.constants import AMQP_URI_CONFIG_KEY, MAX_WORKERS_CONFIG_KEY
from nameko.runners import ServiceRunner

from chassis import clock
from chassis.dependencies import CallContext, settings_of
from chassis.entrypoints.rpc import rpc
from chassis.log import configure_logging, get_logger
from chassis.metrics import serve_metrics
from chassis.watching import Watch

# Each worker may hold a database connection; the pool is sized from this.
WORKERS_MAX = 16

log = get_logger()


class Process:
    """What every service gets from its process, whatever its rules."""

    call_context = CallContext()
    watch = Watch()

    @rpc
    def ping(self) -> str:
        """The gateway's readiness asks this of every service."""
        return "pong"


def service_class(name: str) -> Any:
    """The class in ``<name>.service`` that holds the service's entrypoints."""
    module = importlib.import_module(f"{name}.service")
    return next(
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if getattr(found, "name", None) == name and found.__module__ == module.__name__
    )


def run(name: str) -> None:
    """Serve until SIGTERM or SIGINT, then finish the calls on their way and stop."""
    service = service_class(name)
    settings = settings_of(service)
    configure_logging(name, settings.log_level)
    clock.use_offset_file(settings.clock_file)
    runner = ServiceRunner(
        {
            AMQP_URI_CONFIG_KEY: settings.amqp_uri,
            MAX_WORKERS_CONFIG_KEY: WORKERS_MAX,
            "ACCEPT": ["json"],
            "SERVICE_CONTAINER_CLS": "chassis.container.Container",
        }
    )
    runner.add_service(type(service.__name__, (service, Process), dict(vars(service))))
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: eventlet.spawn_n(runner.stop))
    runner.start()
    serve_metrics(settings.metrics_port)
    log.info("service_started", service_name=name)
    runner.wait()
    log.info("service_stopped", service_name=name)
