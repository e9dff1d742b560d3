"""The listing of providers: who accepts the card, by place, category, card type and day."""

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from portal.api.client import ApiProblem
from portal.api.programmes import find_programmes
from portal.api.providers import find_providers
from portal.pages import api_of, page

# The filters of the page by the API's own names.
FILTERS = ("programme", "category", "card_type", "near", "radius_km", "open_on")
# A page of the listing stays far below 60 KB of HTML.
PROVIDERS_A_PAGE = 20


async def show(request: Request) -> Response:
    """A page of the listing; where the API refuses a filter, its rule stands at the field."""
    typed = {name: request.query_params.get(name, "").strip() for name in FILTERS}
    search = {name: value for name, value in typed.items() if value} | {"limit": str(PROVIDERS_A_PAGE)}
    if cursor := request.query_params.get("cursor"):
        search["cursor"] = cursor
    programmes = await find_programmes(api_of(request))
    found: dict[str, Any] = {"providers": [], "next_cursor": None}
    problem = None
    try:
        found = await find_providers(api_of(request), search)
    except ApiProblem as error:
        problem = error
    return page(
        request,
        "visitor/listing.html",
        status=problem.status if problem else 200,
        programmes=programmes,
        categories=labels(programmes, "categories"),
        card_types=labels(programmes, "card_types"),
        providers=found["providers"],
        next_page=_next_page(typed, found["next_cursor"]),
        typed=typed,
        problem=problem,
        broken=problem.fields if problem else {},
    )


def labels(programmes: list[dict[str, Any]], of: str) -> dict[str, dict[str, str]]:
    """Each code of ``categories`` or ``card_types`` once, with its label in both languages."""
    return {one["code"]: one["label"] for programme in reversed(programmes) for one in programme[of]}


def _next_page(typed: dict[str, str], cursor: str | None) -> str | None:
    if cursor is None:
        return None
    return "/prestataires?" + urlencode(
        {name: text for name, text in typed.items() if text} | {"cursor": cursor}
    )
