"""A provider's page: what it offers, when it is open, and where it is."""

from starlette.requests import Request
from starlette.responses import Response

from portal.api.programmes import find_programmes
from portal.api.providers import get_provider
from portal.pages import api_of, page
from portal.visitor.listing import labels


async def show(request: Request) -> Response:
    """One provider; who is not accepted has no page."""
    provider = await get_provider(api_of(request), request.path_params["provider_id"])
    programmes = await find_programmes(api_of(request))
    return page(
        request,
        "visitor/provider.html",
        provider=provider,
        offers=[offer for offer in provider["offers"] if offer["state"] == "published"],
        sites={site["id"]: site["name"] for site in provider["sites"]},
        categories=labels(programmes, "categories"),
        card_types=labels(programmes, "card_types"),
    )
