"""Checks of applications: the officer's queue and decisions."""

from typing import Any

from contracts.access import access_of
from gateway.call import Call, ask
from gateway.endpoint import Resource
from gateway.schemas.checks import ChecksAnswer, ChecksQuery, DecisionRequest
from gateway.schemas.orders import CheckAnswer

checks = Resource("checks", "What must be verified before a card is made.")


@checks.get("/checks", access=access_of("identity.find_checks"), query=ChecksQuery, answer=ChecksAnswer)
async def find_checks(call: Call) -> Any:
    """The checks that wait for a decision, oldest first."""
    return await ask(call.services.identity.find_checks, **call.query)


@checks.post(
    "/checks/<id:check_id>/decision",
    access=access_of("identity.decide_check"),
    body=DecisionRequest,
    answer=CheckAnswer,
)
async def decide_check(call: Call, check_id: str) -> Any:
    """Accept or refuse a check."""
    return await ask(
        call.services.identity.decide_check, idempotency_key=call.key, check_id=check_id, **call.body
    )
