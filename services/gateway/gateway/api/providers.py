"""Providers: joining, the geolocated listing, and their follow-up."""

from typing import Any

from contracts.access import access_of
from gateway import spreadsheet
from gateway.call import Call, ask
from gateway.endpoint import Resource
from gateway.schemas.ideas import IdeasAnswer, IdeasQuery
from gateway.schemas.providers import (
    ProviderAnswer,
    ProviderDecisionRequest,
    ProviderRequest,
    ProvidersAnswer,
    ProvidersQuery,
)
from gateway.schemas.statistics import BalanceAnswer, StatisticsAnswer, StatisticsQuery

SHEET_DOC = {"responses": {"200": {"content": {spreadsheet.CSV: {"schema": {"type": "string"}}}}}}

providers = Resource("providers", "Who accepts the card, and where.")


@providers.post(
    "/provider-applications",
    access=access_of("offers.apply_provider"),
    body=ProviderRequest,
    answer=ProviderAnswer,
    status=201,
)
async def apply_provider(call: Call) -> Any:
    """Ask to join; it is free of charge."""
    return await ask(call.services.offers.apply_provider, idempotency_key=call.key, application=call.body)  # type: ignore[arg-type]


@providers.get(
    "/providers", access=access_of("offers.find_providers"), query=ProvidersQuery, answer=ProvidersAnswer
)
async def find_providers(call: Call) -> Any:
    """The listing of providers with a published offer."""
    latitude, longitude = call.query.pop("near") or (None, None)
    search = {**call.query, "latitude": latitude, "longitude": longitude}
    return await ask(call.services.offers.find_providers, search=search)  # type: ignore[arg-type]


@providers.get("/ideas", access=access_of("offers.find_ideas"), query=IdeasQuery, answer=IdeasAnswer)
async def find_ideas(call: Call) -> Any:
    """What a party can afford near a place on a day, nearest first, at list prices."""
    latitude, longitude = call.query.pop("near")
    search = {**call.query, "latitude": latitude, "longitude": longitude}
    return await ask(call.services.offers.find_ideas, search=search)  # type: ignore[arg-type]


@providers.get("/providers/<id:provider_id>", access=access_of("offers.get_provider"), answer=ProviderAnswer)
async def get_provider(call: Call, provider_id: str) -> Any:
    """One provider with its sites and offers."""
    return await ask(call.services.offers.get_provider, provider_id=provider_id)


@providers.post(
    "/providers/<id:provider_id>/decision",
    access=access_of("offers.decide_provider"),
    body=ProviderDecisionRequest,
    answer=ProviderAnswer,
)
async def decide_provider(call: Call, provider_id: str) -> Any:
    """Accept or refuse a provider's application."""
    return await ask(
        call.services.offers.decide_provider, idempotency_key=call.key, provider_id=provider_id, **call.body
    )


@providers.get(
    "/providers/<id:provider_id>/statistics",
    access=access_of("offers.get_statistics"),
    query=StatisticsQuery,
    answer=StatisticsAnswer,
    doc=SHEET_DOC,
)
async def get_statistics(call: Call, provider_id: str) -> Any:
    """The provider's sales by day, offer, card type or site; with `Accept: text/csv` for a spreadsheet."""
    found = await ask(call.services.offers.get_statistics, provider_id=provider_id, **call.query)
    if not spreadsheet.is_asked_for(call.asked.header("Accept") or ""):
        return found
    provider = await ask(call.services.offers.get_provider, provider_id=provider_id)
    return spreadsheet.sales_answer(found, provider, call.query["first_day"], call.query["last_day"])


@providers.get(
    "/providers/<id:provider_id>/balance",
    access=access_of("wallet.get_provider_balance"),
    answer=BalanceAnswer,
)
async def get_balance(call: Call, provider_id: str) -> Any:
    """What the scheme owes the provider."""
    return await ask(call.services.wallet.get_provider_balance, provider_id=provider_id)
