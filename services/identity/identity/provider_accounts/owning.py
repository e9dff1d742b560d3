"""Whose provider it is: its manager's, or that of officers who work for one of its programmes."""

from chassis.calls.caller import Caller
from contracts.offers import OffersRpc
from contracts.refusals import Refusal


def check_own_provider(caller: Caller, offers: OffersRpc, provider_id: str) -> None:
    """Refuse another's provider as if it did not exist.

    Asks `offers` for officers, so it must be called outside of any transaction.
    """
    if caller.provider_id is not None:
        if caller.provider_id != provider_id:
            raise Refusal("not_found")
        return
    provider = offers.get_provider(provider_id=provider_id)
    if not caller.works_for(*provider["programmes"]):
        raise Refusal("not_found")
