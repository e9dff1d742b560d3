"""Who may read the books."""

from chassis.calls.caller import Caller
from contracts.refusals import Refusal


def require_provider(caller: Caller, provider_id: str) -> None:
    """A provider's own staff and officers; to everybody else the provider does not exist."""
    if caller.provider_id not in (None, provider_id):
        raise Refusal("not_found")
