"""Filling an order in, step by step; what was typed is kept at every step, also on the way back."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from portal.api.client import ApiProblem
from portal.api.communes import find_communes
from portal.api.orders import check_order, place_order
from portal.forms import Typed, nested, posted
from portal.ordering import steps
from portal.ordering.choosing import find_card_type
from portal.ordering.drafts import DraftTooLarge, address_of, forget_draft, keep_draft, open_draft
from portal.ordering.own_orders import keep_order
from portal.pages import api_of, page, redirect
from portal.signed_in import token_of

TEMPLATES = {
    steps.WHO: "ordering/person.html",
    steps.HOUSEHOLD: "ordering/household.html",
    steps.ADDRESS: "ordering/address.html",
    steps.REVIEW: "ordering/review.html",
}
# The API's names for what one field of a page says.
FIELD_OF_PAGE = {
    "holder.birth_place": "holder.birth_place.code",
    "holder.birth_place.insee": "holder.birth_place.code",
    "holder.birth_place.country": "holder.birth_place.code",
}


@dataclass(frozen=True)
class Draft:
    """An order that is being filled in, and what may be filled in."""

    id: str
    typed: Typed
    programme: dict[str, Any]
    card_type: dict[str, Any]

    @property
    def steps(self) -> tuple[str, ...]:
        """The steps of this card."""
        return steps.steps_of(self.card_type)

    @property
    def body(self) -> dict[str, Any]:
        """What was typed so far, as the API's order."""
        typed = {name: value for name, value in self.typed.items() if name != "key"}
        place = typed.pop("holder.birth_place.code", "")
        whole = {"members": [], **nested(typed)}
        if place:
            whole["holder"]["birth_place"] = steps.birth_place(place)
        return whole


async def show_step(request: Request) -> Response:
    """A step with what was typed so far."""
    draft = await _draft(request)
    if draft is None:
        return redirect(request, "/commander", "notice.no_draft")
    return await _page(request, draft, _step(request, draft))


async def take_step(request: Request) -> Response:
    """Keep what was typed, and go on where the rules of this step have nothing against it."""
    draft = await _draft(request)
    typed = await posted(request)
    if draft is None:
        return redirect(request, "/commander", "notice.no_draft")
    step = _step(request, draft)
    kept = {name: value for name, value in draft.typed.items() if not _is_of(step, name)}
    draft = Draft(
        draft.id,
        kept | steps.fields_of(step, draft.card_type["required_fields"], typed),
        draft.programme,
        draft.card_type,
    )
    if "add" in typed:
        return await _kept(request, draft, await _page(request, draft, step, more=1))
    refused = await _refusal(request, draft, step)
    if refused:
        return await _kept(request, draft, await _page(request, draft, step, refused))
    following = draft.steps[draft.steps.index(step) + 1]
    return await _kept(request, draft, redirect(request, address_of(draft.id, following)))


async def send(request: Request) -> Response:
    """Place the order; where a rule says no, its step says it."""
    draft = await _draft(request)
    await posted(request)
    if draft is None:
        return redirect(request, "/commander", "notice.no_draft")
    try:
        order = await place_order(
            api_of(request), draft.body, token=await token_of(request), key=draft.typed["key"]
        )
    except ApiProblem as problem:
        wrong = [steps.step_of(field) for field in problem.fields if field.startswith(("holder", "members"))]
        step = next((one for one in draft.steps if one in wrong), steps.REVIEW)
        return await _page(request, draft, step, _named(problem))
    keep_order(request, order)
    answer = redirect(request, f"/commander/suivi/{order['id']}", "notice.ordered")
    forget_draft(request, answer, draft.id)
    return answer


async def _draft(request: Request) -> Draft | None:
    typed = open_draft(request)
    chosen = await find_card_type(request, typed) if typed else None
    if typed is None or chosen is None:
        return None
    return Draft(request.path_params["draft_id"], typed, *chosen)


def _step(request: Request, draft: Draft) -> str:
    asked: str = request.path_params.get("step", steps.REVIEW)
    return asked if asked in draft.steps else draft.steps[0]


def _is_of(step: str, field: str) -> bool:
    return field.startswith(("holder", "members")) and steps.step_of(field) == step


async def _refusal(request: Request, draft: Draft, step: str) -> ApiProblem | None:
    """What the rules have against this step's fields; those of later steps are not asked for yet."""
    try:
        await check_order(api_of(request), draft.body, token=await token_of(request))
    except ApiProblem as problem:
        problem = _named(problem)
        theirs = {field: rule for field, rule in problem.fields.items() if _is_of(step, field)}
        if theirs or not problem.fields:
            problem.fields = theirs
            return problem
    return None


def _named(problem: ApiProblem) -> ApiProblem:
    problem.fields = {FIELD_OF_PAGE.get(field, field): rule for field, rule in problem.fields.items()}
    return problem


async def _page(
    request: Request, draft: Draft, step: str, refused: ApiProblem | None = None, *, more: int = 0
) -> Response:
    communes = []
    if step in (steps.ADDRESS, steps.REVIEW):
        communes = await find_communes(api_of(request), draft.typed.get("holder.address.postal_code", ""))
    household = draft.card_type["household"]
    shown = max(steps.count_members(draft.typed) + more, household["min_members"] - 1)
    return page(
        request,
        TEMPLATES[step],
        refused.status if refused else 200,
        draft=draft,
        step=step,
        typed=draft.typed,
        refused=refused,
        asked=steps.who_asks(draft.card_type["required_fields"]),
        communes={one["insee"]: one["name"] for one in communes},
        members=min(shown, household["max_members"] - 1),
        members_max=household["max_members"] - 1,
        addresses={one: address_of(draft.id, one) for one in draft.steps},
    )


async def _kept(request: Request, draft: Draft, answer: Response) -> Response:
    try:
        keep_draft(request, answer, draft.id, draft.typed)
    except DraftTooLarge:
        return page(request, "ordering/too_large.html", 422)
    return answer
