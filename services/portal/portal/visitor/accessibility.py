"""The accessibility statement (RGAA 4.1): the state, what was tested and how, contact, ways of redress."""

from starlette.requests import Request
from starlette.responses import Response

from portal.pages import page


async def show(request: Request) -> Response:
    """The statement."""
    return page(request, "visitor/accessibility.html")
