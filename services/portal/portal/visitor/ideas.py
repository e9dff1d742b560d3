"""What to do with so much money, near a place, on a day: ideas for a party."""

import re
from typing import Any, NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from portal.api.client import ApiProblem
from portal.api.programmes import find_programmes
from portal.api.providers import find_ideas
from portal.pages import api_of, page
from portal.visitor.listing import UNPROCESSABLE, labels
from portal.visitor.places import find_place

ADDRESS = "/idees"
FIRST_TYPED = {
    "place": "",
    "radius_km": "20",
    "budget": "18",
    "pot": "",
    "adults": "2",
    "children_ages": "",
    "on": "",
    "programme": "",
    "card_type": "",
}
# Fields of the page that the API knows under another name; its amounts are in cents.
AMOUNTS = {"budget": "budget_cents", "pot": "pot_cents"}
OURS = {api: ours for ours, api in AMOUNTS.items()}
IDEAS_A_PAGE = 20
_EUROS = re.compile(r"([0-9]{1,7})(?:[.,]([0-9]{1,2}))? ?€?")


class Refused(NamedTuple):
    """The API's "no" by the names of this page's fields."""

    message: dict[str, str]
    fields: dict[str, dict[str, str]]


async def show(request: Request) -> Response:
    """The form, and under it what was found; where the API refuses a field, its rule stands there."""
    api, asked = api_of(request), request.query_params
    is_asked = any(name in asked for name in FIRST_TYPED)
    typed = {name: asked.get(name, "" if is_asked else first).strip() for name, first in FIRST_TYPED.items()}
    place = await find_place(api, typed["place"])
    programmes = await find_programmes(api)
    typed |= {"place": place.typed, "programme": typed["programme"] or _first(programmes)}
    found: dict[str, Any] | None = None
    refused = None
    status = UNPROCESSABLE if place.mistake or place.refused else 200
    if is_asked and not place.is_unclear:
        search = _search(typed) | ({"near": place.near} if place.near else {})
        try:
            found = await find_ideas(api, search | _cursor(asked.get("cursor")))
        except ApiProblem as problem:
            refused, status = _refused(problem), problem.status
    return page(
        request,
        "visitor/ideas.html",
        status=status,
        programmes=programmes,
        card_types=labels(programmes, "card_types"),
        categories=labels(programmes, "categories"),
        typed=typed,
        place=place,
        choices=[(name, f"{ADDRESS}?{urlencode(_given(typed) | {'place': name})}") for name in place.choices],
        found=found,
        budget_cents=cents(typed["budget"]),
        next_page=_next_page(typed, found["next_cursor"] if found else None),
        refused=refused,
    )


def cents(euros: str) -> str:
    """``18,50`` as the API has it; what is no amount stays as it is, so that the API refuses it."""
    match = _EUROS.fullmatch(euros)
    return str(int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))) if match else euros


def _first(programmes: list[dict[str, Any]]) -> str:
    return programmes[0]["code"] if programmes else ""


def _search(typed: dict[str, str]) -> dict[str, str]:
    search = {name: text for name, text in _given(typed).items() if name not in ("place", *AMOUNTS)}
    amounts = {api: cents(typed[ours]) for ours, api in AMOUNTS.items() if typed[ours]}
    if "children_ages" in search:
        search["children_ages"] = re.sub(r"[\s,;]+", ",", search["children_ages"])
    return search | amounts | {"limit": str(IDEAS_A_PAGE)}


def _given(typed: dict[str, str]) -> dict[str, str]:
    return {name: text for name, text in typed.items() if text}


def _cursor(cursor: str | None) -> dict[str, str]:
    return {"cursor": cursor} if cursor else {}


def _refused(problem: ApiProblem) -> Refused:
    names = {name: name.split(".")[0] for name in problem.fields}
    return Refused(
        problem.message, {OURS.get(names[name], names[name]): rule for name, rule in problem.fields.items()}
    )


def _next_page(typed: dict[str, str], cursor: str | None) -> str | None:
    return f"{ADDRESS}?{urlencode(_given(typed) | {'cursor': cursor})}" if cursor else None
