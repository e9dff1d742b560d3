"""Who may act for a provider: its own manager, and the officers who decide about every provider."""

from chassis.calls.caller import Caller
from contracts.refusals import Refusal


def is_officer(caller: Caller) -> bool:
    """Say whether the caller may act for any provider; services may, for the platform itself."""
    return caller.may("providers:decide")


def acts_for(caller: Caller, provider_id: str) -> bool:
    """Say whether the caller may act for this provider."""
    return is_officer(caller) or caller.provider_id == provider_id


def require_acting_for(caller: Caller, provider_id: str) -> None:
    """Another's provider does not exist for the caller."""
    if not acts_for(caller, provider_id):
        raise Refusal("not_found")
