"""What a service class declares to be given: settings, database, other services, its caller."""

from collections.abc import Callable
from functools import partial
from os import environ
from typing import Any

from nameko.extensions import DependencyProvider
from nameko.rpc import Rpc as NamekoRpc

from chassis.audit.sealing import seal_always
from chassis.broker.confirms import ConfirmedPublisher
from chassis.calls.caller import ANONYMOUS, Caller
from chassis.calls.client import RpcClient
from chassis.calls.client import Services as BoundServices
from chassis.calls.signing import Signer
from chassis.calls.tokens import Keys, TokenError
from chassis.database import engine as database
from chassis.database.archive import watch_archive
from chassis.database.pruning import prune
from chassis.database.settings import ServiceSettings
from chassis.events.relay import relay
from chassis.log import bind_call_id, get_logger
from chassis.settings import ProcessSettings, read_settings
from chassis.work import current_work

log = get_logger()


def settings_shape(service: Any) -> type[ServiceSettings]:
    """The settings that the service class declares."""
    shapes = (value.shape for value in vars(service).values() if isinstance(value, SettingsOf))
    return next(shapes, ServiceSettings)


def settings_of(service: Any) -> ServiceSettings:
    """The process's settings, in the shape that its service class declares."""
    return read_settings(settings_shape(service), environ)


class SettingsOf(DependencyProvider):
    """``settings = SettingsOf(Settings)``: the environment, read once."""

    def __init__(self, shape: type[ServiceSettings]) -> None:
        self.shape = shape

    def setup(self) -> None:
        """Read the environment before the service serves."""
        self.value = read_settings(self.shape, environ)

    def get_dependency(self, worker_ctx: Any) -> ProcessSettings:
        """The settings."""
        return self.value


class Loaded(DependencyProvider):
    """``programmes = Loaded(lambda settings: …)``: something built once from the settings."""

    def __init__(self, load: Callable[[Any], Any]) -> None:
        self.load = load

    def setup(self) -> None:
        """Build it before the service serves, so that a mistake stops the start."""
        self.value = self.load(settings_of(self.container.service_cls))

    def get_dependency(self, worker_ctx: Any) -> Any:
        """What was built."""
        return self.value


class Database(DependencyProvider):
    """``db = Database()``: ``self.db.transaction()`` is the unit of work. Its loops run beside."""

    def setup(self) -> None:
        """One pool a process: every worker and every loop may hold a connection."""
        settings = settings_of(self.container.service_cls)
        self.database = database.Database(
            settings.database_url,
            name=self.container.service_name,
            pool_size=self.container.max_workers + 8,
        )
        self.publisher = ConfirmedPublisher(settings.amqp_uri)
        self.events_per_message = settings.events_per_message
        self.stopping = False

    def start(self) -> None:
        """Begin to publish the outbox, to delete what is old, to seal the audit and to watch the archive."""
        loops = {
            "relay": partial(relay, self.database, self.publisher, self.events_per_message),
            "prune": partial(prune, self.database),
            "seal": partial(seal_always, self.database),
            "archive": partial(watch_archive, self.database),
        }
        self.loops = [
            self.container.spawn_managed_thread(partial(self._run, name, loop), identifier=name)
            for name, loop in loops.items()
        ]

    def stop(self) -> None:
        """Finish the batch on its way, then let the connections go."""
        self.stopping = True
        for loop in self.loops:
            loop.wait()
        self.database.close()
        self.publisher.close()

    def kill(self) -> None:
        """Leave at once: what is not marked as published is published again by the next process."""
        self.stopping = True

    def get_dependency(self, worker_ctx: Any) -> database.Database:
        """The database."""
        return self.database

    def _run(self, name: str, loop: Callable[[Callable[[], bool]], None]) -> None:
        current_work.set(name)
        loop(lambda: self.stopping)


class CallContext(DependencyProvider):
    """Binds the call id that came along to every log line and event of the worker."""

    def worker_setup(self, worker_ctx: Any) -> None:
        """Runs in the worker's own greenthread, before its method."""
        worker_ctx.data["call_id"] = bind_call_id(worker_ctx.data.get("call_id"))


class CurrentCaller(DependencyProvider):
    """``caller = CurrentCaller()``: who calls, by the signed token that came along."""

    def setup(self) -> None:
        """Local keys: no call to anybody."""
        self.keys = _keys(self.container)

    def get_dependency(self, worker_ctx: Any) -> Caller:
        """The caller; one whose token is not valid is anonymous and refused where it matters."""
        return _caller(self.keys, worker_ctx)


class Services(DependencyProvider):
    """``services = Services()``: the other services, called with this call's token and id."""

    def setup(self) -> None:
        """One pool of connections a process."""
        settings = settings_of(self.container.service_cls)
        self.keys = _keys(self.container)
        self.services = BoundServices(
            RpcClient(settings.amqp_uri), Signer(settings.service_signing_key, self.container.service_name)
        )

    def get_dependency(self, worker_ctx: Any) -> BoundServices:
        """In the caller's name; an anonymous caller never borrows this service's rights."""
        data = worker_ctx.data
        bound = self.services.bind(call_id=data.get("call_id"))
        # Events and loops are the platform's own doing; so is a call from another service.
        is_call = isinstance(worker_ctx.entrypoint, NamekoRpc)
        if not is_call or _caller(self.keys, worker_ctx).kind == "service":
            return bound.as_service()
        return bound.bind(token=data.get("token"))


def _keys(container: Any) -> Keys:
    settings = settings_of(container.service_cls)
    return Keys(settings.token_public_keys, settings.service_public_keys, container.service_name)


def _caller(keys: Keys, worker_ctx: Any) -> Caller:
    """Verified once a call, for whichever dependency asks first."""
    if not hasattr(worker_ctx, "caller"):
        worker_ctx.caller = _verified(keys, worker_ctx.data.get("token"))
    found: Caller = worker_ctx.caller
    return found


def _verified(keys: Keys, token: Any) -> Caller:
    try:
        return ANONYMOUS if token is None else keys.verify(token)
    except TokenError:
        return ANONYMOUS
