"""The listing of providers: who accepts the card, by place, category, card type and day, and on a map."""

from contextlib import suppress
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from portal.api.client import ApiProblem
from portal.api.programmes import find_programmes
from portal.api.providers import find_providers, find_sites
from portal.map.drawing import draw
from portal.map.outlines import REGION
from portal.map.view import View, around, read_view
from portal.pages import api_of, page
from portal.visitor.places import Place, find_place

ADDRESS = "/prestataires"
# The filters of the page; all but the place have the API's own names.
FILTERS = ("place", "radius_km", "programme", "category", "card_type", "open_on", "pot_accepted")
# A page of the listing stays far below 60 KB of HTML.
PROVIDERS_A_PAGE = 20
UNPROCESSABLE = 422


async def show(request: Request) -> Response:
    """A page of the listing; where the API refuses a filter, its rule stands at the field."""
    api, asked = api_of(request), request.query_params
    typed = {name: asked.get(name, "").strip() for name in FILTERS}
    # Partner sites and older links know the place as coordinates only.
    place = await find_place(api, typed["place"] or asked.get("near", "").strip())
    typed["place"] = place.typed
    programmes = await find_programmes(api)
    found: dict[str, Any] = {"providers": [], "next_cursor": None}
    problem, drawn = None, None
    if not place.is_unclear:
        search = {name: value for name, value in typed.items() if value and name != "place"}
        search |= {"near": place.near} if place.near else {}
        try:
            listed = search | ({"cursor": asked["cursor"]} if asked.get("cursor") else {})
            found = await find_providers(api, listed | {"limit": str(PROVIDERS_A_PAGE)})
            view = read_view(asked.get("view", "")) or _view(place, typed["radius_km"])
            sites = await find_sites(api, search)
            drawn = draw(sites, view, ADDRESS, _given(typed), request.app.state.tiles)
        except ApiProblem as error:
            problem = error
    refused = problem.status if problem else UNPROCESSABLE if place.mistake or place.refused else None
    return page(
        request,
        "visitor/listing.html",
        status=refused or 200,
        programmes=programmes,
        categories=labels(programmes, "categories"),
        card_types=labels(programmes, "card_types"),
        providers=found["providers"],
        next_page=_next_page(request, typed, found["next_cursor"]),
        typed=typed,
        place=place,
        choices=[(name, f"{ADDRESS}?{urlencode(_given(typed) | {'place': name})}") for name in place.choices],
        map=drawn,
        problem=problem,
        broken=problem.fields if problem else {},
    )


def labels(programmes: list[dict[str, Any]], of: str) -> dict[str, dict[str, str]]:
    """Each code of ``categories`` or ``card_types`` once, with its label in both languages."""
    return {one["code"]: one["label"] for programme in reversed(programmes) for one in programme[of]}


def _given(typed: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in typed.items() if text}


def _view(place: Place, radius_km: str) -> View:
    """All of the region, or the place that was asked for with what is around it."""
    if place.point is None:
        return REGION
    radius = None
    with suppress(ValueError):
        radius = float(radius_km)
    return around(place.point, radius)


def _next_page(request: Request, typed: dict[str, str], cursor: str | None) -> str | None:
    if cursor is None:
        return None
    view = request.query_params.get("view")
    return f"{ADDRESS}?" + urlencode(_given(typed) | ({"view": view} if view else {}) | {"cursor": cursor})
