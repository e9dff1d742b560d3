"""Which card: what each costs, who may have it, and what will be checked."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from portal.api.programmes import find_programmes
from portal.forms import new_key, posted
from portal.ordering.drafts import address_of, keep_draft, new_draft_id
from portal.ordering.steps import WHO
from portal.pages import api_of, page, redirect


async def show(request: Request) -> Response:
    """Every card that may be ordered on the web site."""
    return page(request, "ordering/choose.html", programmes=await find_programmes(api_of(request)))


async def begin(request: Request) -> Response:
    """A new order of the card that was chosen."""
    typed = await posted(request)
    draft_id = new_draft_id()
    # The key is the order's from its first page on: sent twice, it is placed once.
    chosen = {name: typed.get(name, "") for name in ("programme", "card_type")} | {"key": new_key()}
    answer = redirect(request, address_of(draft_id, WHO))
    keep_draft(request, answer, draft_id, chosen)
    return answer


async def find_card_type(
    request: Request, typed: dict[str, str]
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The programme and the card type of a draft, as the API tells them; None where it does not know them."""
    for programme in await find_programmes(api_of(request)):
        for card_type in programme["card_types"]:
            if (programme["code"], card_type["code"]) == (typed.get("programme"), typed.get("card_type")):
                return programme, card_type
    return None
