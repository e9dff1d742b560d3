"""Runs one service in this process until it is told to stop: nameko's containers without nameko's command."""

import importlib
import inspect
import os
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

import eventlet
from nameko.constants import AMQP_URI_CONFIG_KEY, MAX_WORKERS_CONFIG_KEY
from nameko.runners import ServiceRunner

from chassis import clock
from chassis.broker.watching import Watch
from chassis.calls.access import Access
from chassis.calls.caller import Kind
from chassis.database.books import read_page
from chassis.dependencies import CallContext, CurrentCaller, settings_of
from chassis.entrypoints.rpc import rpc
from chassis.log import configure_logging, get_logger
from chassis.metrics import serve_metrics
from chassis.stopping import end_in_time, on_signal
from contracts.base import BookPage

# Each worker may hold a database connection; the pool is sized from this.
WORKERS_MAX = 16

log = get_logger()


@dataclass(frozen=True)
class _Row:
    """Who may call what every process answers; a service's own table may admit others."""

    scope: None = None
    open_to: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()


class Process:
    """What every service gets from its process, whatever its rules."""

    # The readiness of a service is no secret: the gateway asks for it in nobody's name.
    access: ClassVar[dict[str, Access]] = {
        "ping": _Row(open_to=frozenset(get_args(Kind))),
        "get_books": _Row(),
    }
    caller = CurrentCaller()
    call_context = CallContext()
    queues = Watch()

    @rpc
    def ping(self) -> str:
        """The gateway's readiness asks this of every service."""
        return "pong"

    @rpc
    def get_books(self: Any, *, book: str, after: str, until: str | None) -> BookPage:
        """See `contracts.base.BooksRpc`; a service class names its own books in ``books``."""
        return read_page(
            self.db.transaction,
            {**getattr(self, "books", {}), "message_parked": self.queues.tell_parked},
            book=book,
            after=after,
            until=until,
        )


def service_class(name: str) -> Any:
    """The class in ``<name>.service`` that holds the service's entrypoints."""
    module = importlib.import_module(f"{name}.service")
    return next(
        found
        for _, found in inspect.getmembers(module, inspect.isclass)
        if getattr(found, "name", None) == name and found.__module__ == module.__name__
    )


def run(name: str) -> None:
    """Serve until SIGTERM or SIGINT, then finish what is on its way and stop (`chassis.stopping`)."""
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
    runner.add_service(_in_process(service))
    # Who waits for a broker that is away, or has just begun, has nothing that another would not be given.
    on_signal(lambda *_: os._exit(0))
    runner.start()
    [container] = runner.containers

    def stop(*_: Any) -> None:
        # Not in the green thread: a handler that never yields would not let it begin.
        end_in_time(container.unfinished)
        eventlet.spawn_n(runner.stop)

    on_signal(stop)
    serve_metrics(settings.metrics_port)
    log.info("service_started", service_name=name)
    runner.wait()
    log.info("service_stopped", service_name=name)


def _in_process(service: Any) -> Any:
    """The service's class with what its process adds to it."""
    members = {**vars(service), "access": {**Process.access, **getattr(service, "access", {})}}
    return type(service.__name__, (service, Process), members)
