"""May this caller make this call: judged by the call's row in the service's table before its method runs."""

from typing import Any, Protocol

from chassis.calls.caller import Caller
from contracts.refusals import Refusal


class Access(Protocol):
    """A row: a token must carry ``scope``, unless its kind is one of ``open_to``; ``services`` may call in
    their own name."""

    @property
    def scope(self) -> str | None: ...
    @property
    def open_to(self) -> frozenset[str]: ...
    @property
    def services(self) -> frozenset[str]: ...


class NoAccessRow(Exception):
    """Nobody has said who may call this method: the service must not start."""


def require_row(service: Any, method: str) -> None:
    """Raise NoAccessRow unless the service class says in its ``access`` who may call the method."""
    if method not in getattr(service, "access", {}):
        raise NoAccessRow(f"{service.name}.{method} has no row in the table of who may call what")


def admit(caller: Caller, access: Access) -> None:
    """Refuse with ``not_authenticated`` without a credential, ``not_allowed`` with one that does not do."""
    if caller.kind == "service":
        is_admitted = caller.subject.removeprefix("service:") in access.services
    else:
        is_admitted = access.scope in caller.scopes or caller.kind in access.open_to
    if not is_admitted:
        raise Refusal("not_authenticated" if caller.kind == "anonymous" else "not_allowed")
