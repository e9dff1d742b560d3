"""Offers of providers: drafted, published, withdrawn."""

from typing import Any

from contracts.access import access_of
from gateway.call import Call, ask
from gateway.endpoint import Resource
from gateway.schemas.offers import OfferAnswer, OfferRequest

offers = Resource("offers", "What providers grant, checked against the programme's rules when published.")


@offers.post(
    "/providers/<id:provider_id>/offers",
    access=access_of("offers.create_offer"),
    body=OfferRequest,
    answer=OfferAnswer,
    status=201,
)
async def create_offer(call: Call, provider_id: str) -> Any:
    """Draft an offer."""
    return await ask(
        call.services.offers.create_offer,
        idempotency_key=call.key,
        provider_id=provider_id,
        offer=call.body,  # type: ignore[arg-type]
    )


@offers.post(
    "/providers/<id:provider_id>/offers/<id:offer_id>/publication",
    access=access_of("offers.publish_offer"),
    answer=OfferAnswer,
)
async def publish_offer(call: Call, provider_id: str, offer_id: str) -> Any:
    """Publish an offer that respects the programme's rules."""
    return await ask(
        call.services.offers.publish_offer,
        idempotency_key=call.key,
        provider_id=provider_id,
        offer_id=offer_id,
    )


@offers.post(
    "/providers/<id:provider_id>/offers/<id:offer_id>/withdrawal",
    access=access_of("offers.withdraw_offer"),
    answer=OfferAnswer,
)
async def withdraw_offer(call: Call, provider_id: str, offer_id: str) -> Any:
    """The offer may no longer be redeemed."""
    return await ask(
        call.services.offers.withdraw_offer,
        idempotency_key=call.key,
        provider_id=provider_id,
        offer_id=offer_id,
    )
