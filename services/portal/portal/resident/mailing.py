"""Mails of an order: the voucher once more, and another address for it."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from portal.api import cards, me
from portal.api.client import ApiProblem
from portal.forms import key_of, posted
from portal.pages import api_of, page, redirect
from portal.signed_in import Person, holder


async def ask_voucher(request: Request) -> Response:
    """Where it goes, and how often it may."""
    person = await holder(request)
    return page(request, "resident/voucher.html", card=await _card(request, person), refused=None)


async def send_voucher(request: Request) -> Response:
    """Mail it."""
    typed = await posted(request)
    person = await holder(request)
    card = await _card(request, person)
    try:
        await me.send_voucher_again(api_of(request), person.token, key_of(typed), card["order_id"])
    except ApiProblem as problem:
        return page(request, "resident/voucher.html", problem.status, card=card, refused=problem)
    return redirect(request, f"/mon-espace/cartes/{card['id']}", "resident.voucher_sent")


async def ask_email(request: Request) -> Response:
    """The address that is right."""
    return await _form(request, await holder(request), "resident/email.html")


async def request_email(request: Request) -> Response:
    """Have a code mailed to it."""
    typed = await posted(request)
    person = await holder(request)
    try:
        await me.request_email_change(
            api_of(request), person.token, key_of(typed), _order_id(request), typed.get("email", "")
        )
    except ApiProblem as problem:
        return await _form(request, person, "resident/email.html", typed=typed, refused=problem)
    return await _form(request, person, "resident/email_code.html", typed={"email": typed["email"]})


async def confirm_email(request: Request) -> Response:
    """With the code, the order is the new address's, who signs in with it from now on."""
    typed = await posted(request)
    person = await holder(request)
    try:
        await me.confirm_email_change(
            api_of(request), person.token, key_of(typed), _order_id(request), typed.get("code", "")
        )
    except ApiProblem as problem:
        return await _form(request, person, "resident/email_code.html", typed=typed, refused=problem)
    return redirect(request, "/mon-espace", "resident.email_changed")


async def _form(request: Request, person: Person, template: str, **values: Any) -> Response:
    refused = values.get("refused")
    if refused and refused.status == 404:
        raise refused
    order = await me.get_order(api_of(request), person.token, _order_id(request))
    shown = {"typed": {}, "refused": None} | values
    return page(request, template, refused.status if refused else 200, order=order, **shown)


async def _card(request: Request, person: Person) -> dict[str, Any]:
    return await cards.get_card(api_of(request), person.token, request.path_params["card_id"])


def _order_id(request: Request) -> str:
    order_id: str = request.path_params["order_id"]
    return order_id
