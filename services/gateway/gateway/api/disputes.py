"""Disputes: "that wasn't me", said by a holder of a visit and decided by an officer."""

from typing import Any

from contracts.access import access_of
from gateway.call import Call, ask
from gateway.endpoint import Resource
from gateway.schemas.disputes import (
    DisputeAnswer,
    DisputeDecisionRequest,
    DisputeRequest,
    DisputesAnswer,
    DisputesQuery,
)

disputes = Resource("disputes", "Visits that a holder says were not theirs; the pots wait, the card goes on.")


@disputes.post(
    "/me/visits/<id:redemption_id>/dispute",
    access=access_of("cards.dispute_visit"),
    body=DisputeRequest,
    answer=DisputeAnswer,
)
async def dispute_visit(call: Call, redemption_id: str) -> Any:
    """Say within 60 days of a visit that it was not yours: until an officer has decided, the household's pots
    pay nothing; the card's reductions hold. Once for each visit: said again, it answers the same dispute."""
    return await ask(
        call.services.cards.dispute_visit,
        idempotency_key=call.key,
        redemption_id=redemption_id,
        **call.body,
    )


@disputes.get(
    "/disputes", access=access_of("cards.find_disputes"), query=DisputesQuery, answer=DisputesAnswer
)
async def find_disputes(call: Call) -> Any:
    """Disputes, oldest first; those that wait for a decision unless another state is asked for."""
    return await ask(call.services.cards.find_disputes, **call.query)


@disputes.post(
    "/disputes/<id:dispute_id>/decision",
    access=access_of("cards.decide_dispute"),
    body=DisputeDecisionRequest,
    answer=DisputeAnswer,
)
async def decide_dispute(call: Call, dispute_id: str) -> Any:
    """Uphold a dispute, which cancels the redemption, or reject it. Either way the pots pay again, unless
    another dispute of the household is open."""
    return await ask(
        call.services.cards.decide_dispute, idempotency_key=call.key, dispute_id=dispute_id, **call.body
    )
