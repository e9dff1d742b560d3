"""A card is lost: nobody may use it any more, and a new one takes its place."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from portal.api import cards
from portal.api.client import ApiProblem
from portal.forms import key_of, posted
from portal.pages import api_of, page, redirect
from portal.signed_in import holder


async def ask_loss(request: Request) -> Response:
    """Why it shall be blocked, and that this is for good."""
    return await _form(request, "resident/loss.html")


async def revoke(request: Request) -> Response:
    """Block it; its page then offers a new one."""
    typed = await posted(request)
    person, card_id = await holder(request), request.path_params["card_id"]
    try:
        await cards.revoke(api_of(request), person.token, key_of(typed), card_id, typed.get("reason", ""))
    except ApiProblem as problem:
        return await _form(request, "resident/loss.html", typed=typed, refused=problem)
    return redirect(request, f"/mon-espace/cartes/{card_id}/remplacement", "resident.blocked")


async def ask_new(request: Request) -> Response:
    """What a new card keeps of the old one."""
    return await _form(request, "resident/replacement.html")


async def reissue(request: Request) -> Response:
    """Make the new card, and show it."""
    typed = await posted(request)
    person = await holder(request)
    try:
        new = await cards.reissue(
            api_of(request), person.token, key_of(typed), request.path_params["card_id"]
        )
    except ApiProblem as problem:
        return await _form(request, "resident/replacement.html", typed=typed, refused=problem)
    return redirect(request, f"/mon-espace/cartes/{new['id']}", "resident.reissued")


async def _form(request: Request, template: str, **values: Any) -> Response:
    refused = values.get("refused")
    if refused and refused.status == 404:
        raise refused
    person = await holder(request)
    card = await cards.get_card(api_of(request), person.token, request.path_params["card_id"])
    shown = {"typed": {}, "refused": None} | values
    return page(request, template, refused.status if refused else 200, card=card, **shown)
