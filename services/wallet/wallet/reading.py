"""Who may read the books."""

from chassis.caller import Caller
from contracts.refusals import Refusal


def require_provider(caller: Caller, provider_id: str) -> None:
    """A provider's own staff and officers; to everybody else the provider does not exist."""
    caller.require("statistics:read")
    if caller.provider_id not in (None, provider_id):
        raise Refusal("not_found")


def require_bookkeeper(caller: Caller) -> None:
    """Officers and the platform itself."""
    if caller.kind != "service" and caller.role != "officer":
        raise Refusal("not_authenticated" if caller.kind == "anonymous" else "not_allowed")
