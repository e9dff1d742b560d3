"""Following an order: what it waits for, its payment, and that the voucher is on its way."""

from starlette.requests import Request
from starlette.responses import Response

from portal.api.client import ApiProblem
from portal.api.orders import get_order, start_payment
from portal.api.programmes import find_programmes
from portal.forms import key_of, posted
from portal.ordering.own_orders import secret_of
from portal.pages import api_of, page
from portal.signed_in import SignInNeeded, token_of


async def show(request: Request) -> Response:
    """How the order stands, for whoever placed it with this browser or signs in as its holder."""
    return await _page(request)


async def pay(request: Request) -> Response:
    """To the bank's page. A link and a refresh lead there, no redirect: browsers hold the answer to a form
    against `form-action`, which is this site alone."""
    typed = await posted(request)
    order_id = request.path_params["order_id"]
    try:
        payment = await start_payment(
            api_of(request),
            order_id,
            token=await token_of(request),
            secret=secret_of(request, order_id),
            key=key_of(typed),
        )
    except ApiProblem as problem:
        if problem.status in (401, 403, 404):
            raise
        return await _page(request, problem)
    if payment["redirect_url"] is None:
        return await _page(request)
    return page(request, "ordering/to_bank.html", bank_url=payment["redirect_url"])


async def _page(request: Request, refused: ApiProblem | None = None) -> Response:
    order_id = request.path_params["order_id"]
    token, secret = await token_of(request), secret_of(request, order_id)
    if token is None and secret is None:
        raise SignInNeeded("holder")
    order = await get_order(api_of(request), order_id, token=token, secret=secret)
    programmes = await find_programmes(api_of(request))
    card_types = {(p["code"], c["code"]): c for p in programmes for c in p["card_types"]}
    return page(
        request,
        "ordering/follow.html",
        refused.status if refused else 200,
        order=order,
        card_type=card_types.get((order["programme"], order["card_type"])),
        refused=refused,
        waits=_waits(order),
    )


def _waits(order: dict[str, object]) -> bool:
    """Whether something will happen by itself, so that the page is worth reading again."""
    return order["state"] == "placed"
