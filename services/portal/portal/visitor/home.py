"""The first page: the programmes, what their cards cost and bring."""

from starlette.requests import Request
from starlette.responses import Response

from portal.api.programmes import find_programmes
from portal.pages import api_of, page


async def show(request: Request) -> Response:
    """Every programme on sale or in use."""
    return page(request, "visitor/home.html", programmes=await find_programmes(api_of(request)))
